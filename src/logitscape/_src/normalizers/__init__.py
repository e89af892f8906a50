"""Normalizers, logits [n] -> Probs: a file per family, and the two functions that make probabilities from weights."""

"""Losses of probabilities, `(Probs, target) -> scalar`, and of logits, `(logits, target) -> scalar`: a file per family."""

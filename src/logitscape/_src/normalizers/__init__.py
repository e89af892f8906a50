"""Normalizers, which turn logits [n] into probabilities: one file for each family of formulas."""

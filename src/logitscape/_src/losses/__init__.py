"""Losses, which measure a prediction against a target: one file for each family of formulas.

Losses of probabilities are functions `(Probs, target) -> scalar`, losses of logits
`(logits, target) -> scalar`.
"""

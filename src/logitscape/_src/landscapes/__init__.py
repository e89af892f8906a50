"""Slices of logit space, and the values and gradients of objectives on them."""

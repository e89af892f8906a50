"""Gradient flow and descent in logit space: how long a wrong model takes to correct itself."""

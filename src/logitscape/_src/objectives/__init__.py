"""A normalizer and a loss as one objective, from a spec, from functions, for a batch."""

"""Hostile calls at every public door: each ends in a result or in an error that helps."""

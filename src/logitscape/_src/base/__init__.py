"""Foundations that every other room uses: argument checks, files, dtypes, elementary functions."""

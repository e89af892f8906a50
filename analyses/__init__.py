"""The analyses behind the figures: `python -m analyses [NAME ...]` runs them."""

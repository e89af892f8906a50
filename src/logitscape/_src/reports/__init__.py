"""Diagnoses and comparisons of objectives, as tables, pages, figures and files."""

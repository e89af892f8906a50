"""Diagnoses and comparisons as a table, a page, a figure, a file."""

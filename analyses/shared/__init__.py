"""Code that more than one analysis uses."""

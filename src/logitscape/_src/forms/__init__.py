"""The forms in which losses come, and losses of other frameworks."""

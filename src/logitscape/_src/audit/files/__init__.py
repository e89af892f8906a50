"""Dumps of logits and labels in the files that people have, read in blocks of rows."""

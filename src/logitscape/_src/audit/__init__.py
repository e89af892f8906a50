"""Audits: what the logits and labels of a real model say about it and about its loss."""

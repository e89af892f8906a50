"""The implementation, in one folder (room) per step.

A room imports only from those before it in the order of docs/architecture.md.
"""

"""The explorer: one page that answers by moving, made of the engine's numbers."""

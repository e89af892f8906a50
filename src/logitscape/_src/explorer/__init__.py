"""The explorer: one page that answers by moving, made of numbers that the engine computed before."""

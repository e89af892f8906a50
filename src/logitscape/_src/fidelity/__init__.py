"""Fused losses compared with the dense form that they stand for; every fault has a name."""

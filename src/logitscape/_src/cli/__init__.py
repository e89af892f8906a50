"""The command `logitscape`. It imports JAX only for what computes."""

from .app import main as main

"""The command `logitscape`; only those commands that compute import JAX."""

from .app import main as main

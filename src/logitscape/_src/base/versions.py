"""The version of the package, and those of the software that its results depend on.

The import of this module does not import JAX, so that the command line starts fast.
"""

__version__ = "0.1.0"


def versions() -> dict[str, str]:
    """Return the versions that results depend on, and the name of JAX's backend."""
    from importlib.metadata import version

    import jax

    packages = ("logitscape", "jax", "jaxlib", "numpy")
    installed = {name: version(name) for name in packages}
    return {**installed, "backend": jax.default_backend()}

"""The version of the package, and those of the software that determines its numbers.

This module does not import JAX when it is imported, so that the command line starts fast.
"""

__version__ = "0.1.0"

PACKAGES = ("logitscape", "jax", "jaxlib", "numpy")


def versions() -> dict[str, str]:
    """Version of each package that the numbers depend on, by name, and JAX's backend."""
    # Only a report needs the versions, and the imports take a while.
    from importlib.metadata import version

    import jax

    versions_by_name = {name: version(name) for name in PACKAGES}
    return versions_by_name | {"backend": jax.default_backend()}

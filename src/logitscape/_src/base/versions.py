"""The versions of what the numbers depend on."""

import jax


def versions() -> dict[str, str]:
    """Of what the answers depend on."""
    from importlib.metadata import version

    return {
        name: version(name) for name in ("logitscape", "jax", "jaxlib", "numpy")
    } | {"backend": jax.default_backend()}

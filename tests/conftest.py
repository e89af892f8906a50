"""Settings of every test: float64, and an error for anything that JAX would otherwise promote in silence.

Nothing here imports logitscape: the import hook that checks every annotated shape is installed later.
"""

import os

import jax

os.environ.setdefault("MPLBACKEND", "Agg")
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

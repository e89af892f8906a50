"""Loss landscapes over logits: every normalizer beside every loss, swept, measured and drawn.

>>> import jax, logitscape as ls
>>> loss = ls.objective("softmax + cross_entropy")
>>> jax.grad(loss)(jax.numpy.array([0.0, 0.0]), jax.numpy.array([1.0, 0.0])).tolist()
[-0.5, 0.5]

The names of the package are listed in `__init__.pyi`. Each is imported when it is first
used, so that the command line starts without JAX.
"""

from ._src.base.working_folder import leave_it_out

# Before anything else is imported: a file of the user's may have its name.
leave_it_out()

import lazy_loader  # noqa: E402

from ._src.base.versions import __version__ as __version__  # noqa: E402

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

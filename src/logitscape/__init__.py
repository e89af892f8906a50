"""Loss landscapes over logits: every normalizer beside every loss, swept, measured and drawn.

>>> import jax, logitscape as ls
>>> loss = ls.objective("softmax + cross_entropy")
>>> jax.grad(loss)(jax.numpy.array([0.0, 0.0]), jax.numpy.array([1.0, 0.0]))
Array([-0.5,  0.5], dtype=float32)
"""

from .batches import value_and_grad as value_and_grad
from .catalog import LOGIT_LOSSES as LOGIT_LOSSES
from .catalog import LOSSES as LOSSES
from .catalog import NORMALIZERS as NORMALIZERS
from .catalog import PROBABILITY_LOSSES as PROBABILITY_LOSSES
from .diagnosis.along_rays import GradientLaws as GradientLaws
from .diagnosis.along_rays import gradient_law as gradient_law
from .diagnosis.along_rays import gradient_laws as gradient_laws
from .forms import drop_in as drop_in
from .forms import per_example as per_example
from .landscape import Landscape as Landscape
from .objectives import Objective as Objective
from .objectives import compose as compose
from .objectives import loss as loss
from .objectives import normalizer as normalizer
from .objectives import objective as objective
from .simplex import Probs as Probs
from .simplex import normalize as normalize
from .simplex import normalize_powers as normalize_powers
from .slices import Slice as Slice
from .slices import box as box
from .slices import plane as plane
from .slices import points as points
from .slices import ray as ray
from .slices import simplex_plane as simplex_plane
from .streams import summarize as summarize
from .streams import sweep_to as sweep_to
from .sweeps import sweep as sweep

__version__ = "0.1.0"

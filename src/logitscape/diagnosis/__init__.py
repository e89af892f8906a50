"""One question a file, each answered by measuring."""

from .gradient_law import find_law as find_law
from .gradient_law import fit_law as fit_law
from .law import Kind as Kind
from .law import Law as Law

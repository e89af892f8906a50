"""Functions that take axes and arrays and draw; nothing is computed or saved here.

Not imported by `import logitscape`: matplotlib is for those who draw. Every function looks its best under
`plt.style.context("logitscape.styles.paper")`.
"""

from .atlas import law_legend as law_legend
from .atlas import law_table as law_table
from .fields import norm_bar as norm_bar
from .fields import plane_field as plane_field
from .fields import simplex_field as simplex_field
from .landscape import plot as plot
from .lines import hatch_spans as hatch_spans
from .lines import labelled_curves as labelled_curves
from .matrices import matrix as matrix
from .style import GROWTHS as GROWTHS
from .style import LAWS as LAWS
from .style import LOSS_STYLES as LOSS_STYLES
from .style import NORMALIZER_STYLES as NORMALIZER_STYLES
from .style import ink_on as ink_on
from .style import settled as settled
from .style import settled_digits as settled_digits
from .style import settled_log10 as settled_log10
from .style import style_of as style_of

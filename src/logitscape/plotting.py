"""Functions that draw arrays on matplotlib axes; they compute nothing and save nothing.

`import logitscape` does not import matplotlib; this module does. The figures look best with the
style of this package: `plt.style.context("logitscape.styles.paper")`.
"""

from ._src.plotting.fields import norm_bar as norm_bar
from ._src.plotting.fields import plane_field as plane_field
from ._src.plotting.fields import simplex_field as simplex_field
from ._src.plotting.landscape import plot as plot
from ._src.plotting.law_table import law_legend as law_legend
from ._src.plotting.law_table import law_table as law_table
from ._src.plotting.lines import hatch_spans as hatch_spans
from ._src.plotting.lines import labelled_curves as labelled_curves
from ._src.plotting.matrices import matrix as matrix
from ._src.plotting.style import GROWTHS as GROWTHS
from ._src.plotting.style import LAWS as LAWS
from ._src.plotting.style import LOSS_STYLES as LOSS_STYLES
from ._src.plotting.style import NORMALIZER_STYLES as NORMALIZER_STYLES
from ._src.plotting.style import ink_on as ink_on
from ._src.plotting.style import settled as settled
from ._src.plotting.style import settled_digits as settled_digits
from ._src.plotting.style import settled_log10 as settled_log10
from ._src.plotting.style import style_of as style_of

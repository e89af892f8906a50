"""Functions that draw on matplotlib axes, the user's own or those of a new figure.

Each of them takes `ax=`, `labels=` for the language of its texts, `style=` and `size=`, and obeys
the current settings of matplotlib; the style of this package, `logitscape.styles.paper`, decides
what these leave open. `save` writes a figure and the numbers that it shows.

`import logitscape` does not import matplotlib; this module does.
"""

from ._src.plotting.drawn import drawn as drawn
from ._src.plotting.fields import norm_bar as norm_bar
from ._src.plotting.fields import plane_field as plane_field
from ._src.plotting.fields import simplex_field as simplex_field
from ._src.plotting.landscape import plot as plot
from ._src.plotting.law_table import law_legend as law_legend
from ._src.plotting.law_table import law_table as law_table
from ._src.plotting.lines import hatch_spans as hatch_spans
from ._src.plotting.lines import labelled_curves as labelled_curves
from ._src.plotting.matrices import matrix as matrix
from ._src.plotting.parameter_map import parameter_map as parameter_map
from ._src.plotting.saving import save as save
from ._src.plotting.style import GROWTHS as GROWTHS
from ._src.plotting.style import LAWS as LAWS
from ._src.plotting.style import LOSS_STYLES as LOSS_STYLES
from ._src.plotting.style import NORMALIZER_STYLES as NORMALIZER_STYLES
from ._src.plotting.style import ink_on as ink_on
from ._src.plotting.style import settled as settled
from ._src.plotting.style import settled_digits as settled_digits
from ._src.plotting.style import settled_log10 as settled_log10
from ._src.plotting.style import style_of as style_of

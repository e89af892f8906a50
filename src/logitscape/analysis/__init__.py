"""What every analysis script ends with: `analysis.main(__file__, compute, findings, draw)`.

A script answers one question and is named after it. `python -m logitscape.analysis [NAME ...]` runs all of
`analyses/`, or some, and prints what they found; each also runs by itself. One whose measurement takes
minutes is a study and ends with `analysis.study(__file__, measure, findings, draw)`: its results are kept,
and `python -m logitscape.analysis.studies [--quick] [NAME ...]` measures them.
"""

from .script import main as main
from .study import Plan as Plan
from .study import study as study

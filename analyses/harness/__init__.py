"""What every analysis ends with: `harness.main(__file__, compute, findings, draw)`.

An analysis answers one question and is named after it: `analyses/NAME.py`, or `analyses/NAME/main.py` with its
chapters beside it. `python -m analyses [NAME ...]` runs all, or some, and prints what they found. One whose
measurement takes minutes is a study and ends with `harness.study(__file__, measure, findings, draw)`: its results
are kept, and `python -m analyses --measure [NAME ...]` makes them anew.
"""

from .script import main as main
from .study import StudyRun as StudyRun
from .study import study as study

"""The last line of every analysis: `harness.main(__file__, compute, findings, draw)`.

An analysis answers one question and is named after it. It is either the file `analyses/NAME.py`
or the folder `analyses/NAME/`, with `main.py` and further chapters in it.
`python -m analyses [NAME ...]` runs the named analyses, or all of them, and prints their findings.

An analysis whose measurement takes minutes is a study. It ends with
`harness.study(__file__, measure, findings, draw)`: its results are stored, and
`python -m analyses --measure [NAME ...]` measures them again.
"""

from .script import main as main
from .study import StudyRun as StudyRun
from .study import study as study

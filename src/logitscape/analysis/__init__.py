"""What every analysis script ends with: `analysis.main(__file__, compute, findings, draw)`.

A script answers one question and is named after it. `python -m logitscape.analysis [NAME ...]` runs all of
`analyses/`, or some, and prints what they found; each also runs by itself.
"""

from .script import main as main

"""Tsitouras' Runge-Kutta method of order 5 with an error estimate of order 4.

Source: Tsitouras, "Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying
assumption", Computers & Mathematics with Applications 62 (2011), Table 1. The numbers are written
out here, as nothing else is needed of a solver library.
"""

from typing import Any

import numpy as np

_ROWS: tuple[tuple[float, ...], ...] = (
    (),
    (0.161,),
    (-0.008480655492356989, 0.335480655492357),
    (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
    (
        5.325864828439257,
        -11.748883564062828,
        7.4955393428898365,
        -0.09249506636175525,
    ),
    (
        5.86145544294642,
        -12.92096931784711,
        8.159367898576159,
        -0.071584973281401,
        -0.028269050394068383,
    ),
    (
        0.09646076681806523,
        0.01,
        0.4798896504144996,
        1.379008574103742,
        -3.290069515436081,
        2.324710524099774,
    ),
)

STAGES: Any = np.array([[*row, *[0.0] * (len(_ROWS) - len(row))] for row in _ROWS])
"""[7, 7]: stage i starts from y + h sum_j STAGES[i, j] f_j. The last stage is the next point."""

ERROR: Any = np.array(
    [
        0.0017800110522257773,
        0.0008164344596567463,
        -0.007880878010261994,
        0.1447110071732629,
        -0.5823571654525552,
        0.45808210592918686,
        -0.015151515151515152,
    ]
)
"""[7]: the error of a step is about h sum_j ERROR[j] f_j."""

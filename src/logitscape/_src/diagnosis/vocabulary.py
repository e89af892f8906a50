"""Names of questions and verdicts on which several modules rely.

`verdicts/` lists them all.
"""

CONSISTENCY = "consistency"
BOUNDS = "bounds"

UNDECIDED = "undecided"
NOT_ASKED = "not asked"
NOT_MEASURED = "could not be measured"
JUMPS = "jumps"
CONVEX = "convex (certified)"
NO_NEGATIVE_CURVATURE = "no negative curvature found"
PROPER = "proper"
NO_FINITE_MINIMISER = "no finite minimiser"
INFINITE = "infinite"
INFINITE_WHEN_RIGHT = "infinite when right"
FADES_SLOWLY = "fades slowly"
FADES_EXPONENTIALLY = "fades exponentially"
LEAVES_DOMAIN = "leaves the domain"
UNDEFINED_FAR_OUT = "not defined far out"
SIZE_IRRELEVANT = "size does not matter"
THROUGHOUT = "pulls throughout the domain"
PULLED_OFF_THE_RAY = "pulled back off the ray"
NOT_FINITE_NEAR = "not finite at ordinary logits"
NOT_FINITE_FAR = "not finite at large logits"

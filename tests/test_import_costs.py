"""Importing a public module, or using a public name, imports what it needs and nothing else."""

import subprocess
import sys

import pytest

HEAVY = (
    "jax",
    "optax",
    "matplotlib",
    "scipy",
    "xarray",
    "pandas",
    "rich",
    "cyclopts",
    "sklearn",
)
"""Packages whose import takes a person's time."""

COSTS = {
    "import logitscape": set(),
    "import logitscape.styles": set(),
    "import logitscape.plotting": {"matplotlib"},
    "import logitscape.datasets": set(),
    "import logitscape.normalizers": {"jax"},
    "import logitscape.losses": {"jax"},
    "import logitscape.testing": {"jax"},
    "import logitscape as ls; ls.objective": {"jax"},
    "import logitscape as ls; ls.sweep": {"jax"},
    "import logitscape as ls; ls.flow": {"jax"},
    "import logitscape as ls; ls.train": {"jax", "optax"},
    "import logitscape as ls; ls.diagnose": {"jax"},
    # What `logitscape explain` prints.
    "import logitscape._src.diagnosis.verdicts.explanation": set(),
}


@pytest.mark.parametrize("code", COSTS)
def test_what_is_imported(code: str) -> None:
    listing = (
        f"import sys; {code}; print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    assert set(ended.stdout.split()) == COSTS[code]

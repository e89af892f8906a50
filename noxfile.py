"""The tasks of the project, which `python -m nox -l` lists; they need `pip install "nox[uv]"`."""

import os
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
CONSTRAINTS = ("-c", "constraints.txt")
# What builds the package, apart from everything else, is pinned there too.
BUILD = {
    "UV_BUILD_CONSTRAINT": "constraints.txt",
    "PIP_BUILD_CONSTRAINT": "constraints.txt",
}
# Checks every annotated shape and type while the tests run, which takes a third of their time.
CHECK_SHAPES = "--jaxtyping-packages=logitscape,beartype.beartype"
# Many short processes: without compiled modules each would spend seconds on compiling its imports.
ENVIRONMENT = {"MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": ""}


def group(name: str) -> tuple[str, ...]:
    """The requirements of one dependency group of pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, name)


def install(session: nox.Session, *what: str) -> None:
    """The versions of constraints.txt."""
    session.install(*what, *CONSTRAINTS, env=BUILD)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest: `nox -s tests -- -k softmax`."""
    install(session, "-e", ".", *group("test"))
    run_tests(session)


@nox.session(python=["3.12", "3.13"])
def smoke(session: nox.Session) -> None:
    """Run the quick tests on the other Pythons, and check shapes on one: smoke-3.12, smoke-3.13."""
    install(session, "-e", ".", *group("test"))
    shapes = (CHECK_SHAPES,) if session.python == "3.12" else ()
    run_tests(session, "-m", "quick", *shapes)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff; `nox -s lint -- --fix` mends what it can."""
    install(session, *group("lint"))
    session.run("python", "-m", "ruff", "check", *session.posargs)
    session.run(
        "python",
        "-m",
        "ruff",
        "format",
        *([] if "--fix" in session.posargs else ["--check"]),
    )


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with mypy (strict); arguments go to mypy."""
    install(session, "-e", ".", *group("types"))
    session.run("python", "-m", "mypy", *session.posargs)


@nox.session
def figures(session: nox.Session) -> None:
    """Draw every figure and print the findings, or some: `nox -s figures -- NAME ...`."""
    install(session, "-e", ".", *group("analyses"))
    command = ("python", "-m", "analyses", *session.posargs)
    # On Ctrl-C the runner stops its scripts and says what is kept: give it the time.
    session.run(*command, env=ENVIRONMENT, interrupt_timeout=10, terminate_timeout=5)


@nox.session
def studies(session: nox.Session) -> None:
    """Measure the studies anew, or a little: `nox -s studies -- [--quick] NAME ...`."""
    install(session, "-e", ".[data]", *group("analyses"))
    how = () if "--quick" in session.posargs else ("--measure",)
    session.run("python", "-m", "analyses", *how, *session.posargs, env=ENVIRONMENT)


@nox.session
def numerics(session: nox.Session) -> None:
    """Measure accuracy against mpmath and print tables; --write keeps them in docs/numerics.md."""
    install(session, "-e", ".", *group("test"))
    session.run("python", "-m", "docs.numerics", *session.posargs, env=ENVIRONMENT)


@nox.session
def faults(session: nox.Session) -> None:
    """Damage every file and kill every job, print what became of it; --write keeps the tables."""
    install(session, "-e", ".", *group("test"))
    session.run("python", "-m", "docs.faults", *session.posargs, env=ENVIRONMENT)


@nox.session
def verdicts(session: nox.Session) -> None:
    """Diagnose the losses of optax and the collection of the tests; --write keeps the tables."""
    install(session, "-e", ".")
    for table in ("docs.optax_losses", "docs.verdicts", "docs.stability"):
        session.run("python", "-m", table, *session.posargs, env=ENVIRONMENT)


@nox.session
def doors(session: nox.Session) -> None:
    """Call every public door with hostile values; --write keeps the table in docs/doors.md."""
    install(session, "-e", ".", *group("test"))
    session.run("python", "-m", "docs.doors", *session.posargs, env=ENVIRONMENT)


@nox.session(venv_backend="uv")
def stability(session: nox.Session) -> None:
    """Ask whether the oldest versions give the verdicts of the newest; --write keeps the table."""
    session.install("-e", ".", *group("test"), "--resolution", "lowest-direct")
    session.run("python", "-m", "docs.stability", *session.posargs, env=ENVIRONMENT)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/site, run its notebooks and code, and check its links offline."""
    install(session, "-e", ".", *group("docs"))
    site = "build/site"
    options = ("--fail-on-warning", "--keep-going", "--quiet", *session.posargs)
    command = ("python", "-m", "sphinx", "-c", "docs", *options, ".", site)
    session.run(*command, env=ENVIRONMENT)
    session.run("python", "-m", "docs.site.links", site)
    # The code of these pages needs flax and equinox, which the session `tests` does not install.
    pages = ("tests/docs/test_training_loop.py", "tests/docs/test_frameworks_page.py")
    session.run("python", "-m", "pytest", *pages, env=ENVIRONMENT)


@nox.session(venv_backend="virtualenv")
def benchmarks(session: nox.Session) -> None:
    """Measure speed against PyTorch, NumPy and plain JAX; installs PyTorch."""
    # By pip and not uv: pip may be configured to find CPU builds of PyTorch, which are far smaller.
    install(session, "-e", ".[zarr]", *group("analyses"))
    session.install(
        *group("benchmarks")
    )  # what PyTorch itself needs is not among the constraints
    session.run("python", "-m", "benchmarks", *session.posargs, env=ENVIRONMENT)


@nox.session(venv_backend="virtualenv")
def torch(session: nox.Session) -> None:
    """Run the tests of losses of PyTorch; installs PyTorch.

    Without a CPU build among pip's sources, give its own index:
    `PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu python -m nox -s torch`.
    """
    # By pip and not uv: pip may be configured to find CPU builds of PyTorch, which are far smaller.
    install(session, "-e", ".", *group("test"))
    session.install(*group("torch"))
    session.run(
        "python",
        "-m",
        "pytest",
        "tests/forms",
        "tests/docs/test_torch_table.py",
        *session.posargs,
        env=ENVIRONMENT,
    )


@nox.session(venv_backend="virtualenv")
def frameworks(session: nox.Session) -> None:
    """Run the tests of losses of Keras, flax, equinox and entmax; installs them and PyTorch."""
    install(session, "-e", ".", *group("test"))
    # Without the constraints: PyTorch wants an older mpmath than the tests of accuracy.
    session.install(*group("frameworks"))
    session.run(
        "python",
        "-m",
        "pytest",
        "tests/forms/test_frameworks.py",
        "tests/docs/test_entmax_table.py",
        *session.posargs,
        env=ENVIRONMENT,
    )


@nox.session(venv_backend="uv")
def floors(session: nox.Session) -> None:
    """Run the quick tests on the oldest versions that pyproject.toml allows."""
    session.install("-e", ".", *group("test"), "--resolution", "lowest-direct")
    # Old versions may warn about the newest ones of what they are built on.
    run_tests(session, "-W", "default", "-m", "quick")


@nox.session
def build(session: nox.Session) -> None:
    """Build the sdist and the wheel, check what they say of themselves, and use the wheel."""
    install(session, *group("release"))
    folder = session.create_tmp()
    session.run(
        "python", "-m", "build", "--installer", "uv", "--outdir", folder, env=BUILD
    )
    files = sorted(str(path) for path in Path(folder).glob("logitscape-*"))
    session.run("python", "-m", "twine", "check", "--strict", *files)
    (wheel,) = (file for file in files if file.endswith(".whl"))
    install(session, "--force-reinstall", wheel)
    session.run(
        "python",
        "-P",
        "-m",
        "logitscape",
        "show",
        "softmax + cross_entropy",
        silent=True,
    )


@nox.session(venv_backend="none")
def constraints(session: nox.Session) -> None:
    """Remake constraints.txt: the newest versions that work together on every Python."""
    groups = [
        argument
        for name in ("build", "release", "test", "lint", "types", "docs")
        for argument in ("--group", name)
    ]
    options = [
        "--universal",
        "--fork-strategy",
        "fewest",
        "--python-version",
        "3.11",
        "--extra",
        "audit",
        "--extra",
        "data",
        "--extra",
        "zarr",
        "--upgrade",
    ]
    header = [
        "--no-annotate",
        "--custom-compile-command",
        "python -m nox -s constraints",
    ]
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "-o",
        "constraints.txt",
        "--quiet",
    ]
    session.run(*command, *options, *groups, *header)


def run_tests(session: nox.Session, *options: str) -> None:
    """Run pytest by a process on every core; a later `-n0` among the arguments wins."""
    command = ("python", "-m", "pytest", "-n", str(cores()), "--dist", "worksteal")
    command = (*command, *options, *session.posargs)
    session.run(*command, env=ENVIRONMENT)


def cores() -> int:
    """How many of the machine's cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

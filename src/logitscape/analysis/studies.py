"""`python -m logitscape.analysis.studies [--quick] [NAME ...]`: measure studies, one after the other, each on every core."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .runner import choose, discover
from .study import is_study


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the studies that the command line names, or all; the exit status.

    0 if all went well, 1 if one failed, 2 if there is none of that name, 130 if interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        chosen = choose({name: path for name, path in discover(options.folder).items() if is_study(path)}, options.names)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    flag = "--quick" if options.quick else "--measure"
    try:
        failed = [name for name, script in chosen.items() if _run(name, script, flag) != 0]
    except KeyboardInterrupt:
        print("interrupted; what is done is kept: the same command goes on from there", file=sys.stderr)
        return 130
    if failed:
        print(f"{len(failed)} of {len(chosen)} failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, script: Path, flag: str) -> int:
    print(f"{name}: {flag.removeprefix('--')}", file=sys.stderr, flush=True)
    return subprocess.run([sys.executable, str(script), flag]).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m logitscape.analysis.studies", description="Measure the studies anew.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a study; all if none is named")
    parser.add_argument("--quick", action="store_true", help="little of each, into figures/quick")
    parser.add_argument("--folder", type=Path, default=Path("analyses"), help="where they are (default: analyses)")
    return parser


if __name__ == "__main__":
    sys.exit(main())

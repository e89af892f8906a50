"""The command `python -m logitscape` imports nothing from the folder that it is called in.

For `-m` Python searches that folder first, so that a file that is called json.py there would be run
in the place of the module. Nobody asked for that, whoever wrote the file.
"""

import sys


def leave_it_out() -> None:
    """Take the working folder out of the search path, if this process is that command."""
    if _is_command() and not sys.flags.safe_path and sys.path:
        del sys.path[0]


def _is_command() -> bool:
    # While Python looks for the module of `-m`, this stands in the place of its name.
    if sys.argv[:1] != ["-m"] or len(sys.orig_argv) <= len(sys.argv):
        return False
    module = sys.orig_argv[len(sys.orig_argv) - len(sys.argv)]
    return module == "logitscape" or module.endswith("mlogitscape")

"""The command `explore`: a page that answers by moving."""

from pathlib import Path

from .errors import blaming
from .options import Normalizer, PageFile, Quiet, Spec
from .output import check_out, working, writing
from .rays import objectives_named

PAGE = Path("explorer.html")


def explore(
    *spec: Spec,
    out: PageFile = PAGE,
    normalizer: Normalizer = None,
    quiet: Quiet = False,
) -> int:
    """Write a page to explore by dragging: softmax beside dividing by the sum, and any two pairs.

    It has the whole catalogue. One SPEC is shown beside softmax + cross_entropy; of several, the
    first two are shown first.
    """
    check_out(out, [".html"])
    from ..base.files import write_text
    from ..explorer.own import page_with
    from ..explorer.rays import NUM_CLASSES

    objectives, roots = objectives_named(list(spec), NUM_CLASSES, normalizer)
    doing = f"measuring {', '.join(spec) or 'nothing new'}"
    with blaming(doing, roots), working(doing, quiet=quiet):
        text = page_with(objectives)
    with writing(out, quiet=quiet, of=f" ({len(text) / 1e6:.2f} MB)"):
        write_text(out, text)
    return 0

"""All pages that are made from the code and the results, before Sphinx looks for pages."""

from sphinx.application import Sphinx
from sphinx.config import Config

from . import catalogue, functions, gallery
from .written import Written


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages as soon as the settings are read."""
    app.connect("config-inited", _write)
    return {"parallel_read_safe": True}


def _write(app: Sphinx, config: Config) -> None:
    written = Written()
    for part in (catalogue, functions, gallery):
        part.write(written)
    written.remove_others()

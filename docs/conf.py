"""The settings of the site: `nox -s docs` builds it with Sphinx into `build/site`.

The source folder is the whole checkout, so that a page is the same file, with the same links, on
the site and wherever the repository is read; `include_patterns` says which files are pages.
"""

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# Notebooks run in processes of their own, and pictures need no screen.
os.environ.setdefault("MPLBACKEND", "Agg")

project = "logitscape"
author = "The logitscape authors"
project_copyright = "The logitscape authors, MIT licence"
version = release = version_of("logitscape")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "myst_nb",
    "docs.site.mathml",
    "docs.site.docstrings",
    "docs.site.figures",
    "docs.site.generated",
]

# Pages.
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/howto/*.md",
    "docs/explanation/*.md",
    "docs/notebooks/*.ipynb",
    "docs/generated/**.md",
    "figures/findings.md",
    "benchmarks/results/*.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
]
exclude_patterns = [".*", "build", "dist", "src", "tests", "analyses", "figures/data"]

# Markdown, and the notebooks, which are run anew by every build.
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True

# Functions.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_attr_annotations = False
add_module_names = False
python_display_short_literal_types = True

# HTML that needs no network: no script and no font comes from elsewhere.
html_theme = "furo"
html_title = "logitscape"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_additional_pages = {"index": "redirect.html"}
templates_path = ["_templates"]
copybutton_exclude = ".linenos, .gp, .go"
pygments_style = "tango"
pygments_dark_style = "monokai"

# External addresses are only checked for their form; see `docs/site/links.py`.
suppress_warnings: list[str] = []
nitpicky = False

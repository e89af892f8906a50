"""What a package says about where it comes from, and a README for a package index.

The checkout knows no address of its own, and a fork has another one. So it comes from where the
package is built: PROJECT_URL, or on GitHub the repository of the workflow. Without either the
package has no addresses, and its README is the file as it is.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[((?:[^\]\[]|\[[^\]]*\])*)\]\((?!https?:|#)([^)\s]+)\)")


class MetadataHook(MetadataHookInterface):
    """Fills in `readme` and `urls`, which pyproject.toml calls dynamic."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add both to the metadata."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        address = address_of(os.environ)
        if address:
            ref = os.environ.get("GITHUB_SHA", "HEAD")
            text = for_an_index(text, address, ref)
            metadata["urls"] = urls(address)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def address_of(environment: Mapping[str, str]) -> str:
    """The address of the repository, or nothing where none is known."""
    stated = environment.get("PROJECT_URL", "")
    server = environment.get("GITHUB_SERVER_URL", "")
    repository = environment.get("GITHUB_REPOSITORY", "")
    found = stated or (f"{server}/{repository}" if server and repository else "")
    return found.rstrip("/")


def urls(address: str) -> dict[str, str]:
    """The addresses that an index shows beside the package."""
    return {
        "Repository": address,
        "Documentation": f"{address}/blob/HEAD/docs/index.md",
        "Issues": f"{address}/issues",
        "Changelog": f"{address}/blob/HEAD/CHANGELOG.md",
    }


def for_an_index(readme: str, address: str, ref: str) -> str:
    """The README with absolute links; pictures are PNG, which every index shows."""

    def picture(found: re.Match[str]) -> str:
        path = re.sub(r"\.svg$", ".png", found[2])
        return f"![{found[1]}]({address}/raw/{ref}/{path})"

    with_pictures = PICTURE.sub(picture, readme)
    return LINK.sub(rf"[\1]({address}/blob/{ref}/\2)", with_pictures)

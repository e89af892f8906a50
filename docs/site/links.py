"""The links of the built site, checked without a network.

`python -m docs.site.links build/site` reads every page: each link to a file must find the file,
each anchor must exist in its page, nothing that a page needs to be shown may come from elsewhere,
and addresses of other sites must have the form of an address.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

NEEDED = {
    ("img", "src"),
    ("script", "src"),
    ("link", "href"),
    ("source", "src"),
    ("iframe", "src"),
}
"""What a browser loads by itself."""
SCHEMES = ("http", "https", "mailto", "data")


@dataclass
class Page(HTMLParser):
    """The anchors and links of a page.

    Attributes:
        anchors: Values of `id` and of `name`.
        links: Element, attribute and address of every link.
    """

    anchors: set[str] = field(default_factory=set)
    links: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepare the parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what an element defines and what it leads to."""
        for name, value in attrs:
            if not value:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name in ("href", "src"):
                self.links.append((tag, name, value))


def faults(folder: Path) -> Iterator[str]:
    """What is wrong with the links of the pages in a folder."""
    pages = {path: _read(path) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        yield f"{folder} has no page"
    for path, page in pages.items():
        for tag, name, address in page.links:
            problem = _problem(path, (tag, name), address, pages)
            if problem:
                yield f"{path.relative_to(folder)}: {address}: {problem}"


def _read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _problem(
    path: Path, place: tuple[str, str], address: str, pages: dict[Path, Page]
) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        if parts.scheme not in SCHEMES:
            return "is no address"
        if parts.scheme.startswith("http") and "." not in parts.netloc:
            return "names no host"
        if place in NEEDED and parts.scheme != "data":
            return "is loaded from elsewhere"
        return ""
    target = path
    if parts.path:
        target = (path.parent / unquote(parts.path)).resolve()
    if not target.is_file():
        return "is not there"
    if parts.fragment and target in pages:
        anchors = pages[target].anchors
        if not {parts.fragment, unquote(parts.fragment)} & anchors:
            return "has no such anchor"
    return ""


if __name__ == "__main__":
    found = sorted(set(faults(Path(sys.argv[1]).resolve())))
    print("\n".join(found) or "All links lead somewhere.")
    sys.exit(bool(found))

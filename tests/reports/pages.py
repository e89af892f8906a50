"""What every page must be: well-formed, closed in itself, and quiet in a real browser."""

import json
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

VOID = {"meta", "link", "br", "img", "hr", "input"}
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
CHROMIUM = next(
    filter(
        None,
        map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")),
    ),
    None,
)


class Page(HTMLParser):
    """A page as it parses; fails on tags that do not match, and on anything from outside."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.tags = list[str](), Counter[str](), Counter[str]()
        self.texts = dict[str, str]()
        self.feed(text)
        self.close()
        assert self.open == []
        assert max(self.ids.values(), default=1) == 1, self.ids.most_common(3)

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        self.tags[tag] += 1
        for name, value in attributes:
            self._check(name, value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        self.tags[tag] += 1
        for name, value in attributes:
            self._check(name, value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        where = self.open[-1] if self.open else ""
        self.texts[where] = self.texts.get(where, "") + data
        if where == "style":
            assert "@import" not in data
            assert "url(" not in data.replace("url(#", "")

    def _check(self, name: str, value: str) -> None:
        assert not name.startswith("on"), name
        if name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert value.startswith(("#", "data:,")), value
        if "//" in value:
            assert value in NAMESPACES, value
        if name == "id":
            self.ids[value] += 1


def embedded(text: str) -> Any:
    """The JSON inside a page."""
    begin = text.index('<script type="application/json" id="data">')
    inside = text[text.index(">", begin) + 1 : text.index("</script>", begin)]
    assert "<" not in inside
    return json.loads(
        inside, parse_constant=lambda word: pytest.fail(f"{word} is not JSON")
    )


def in_browser(page: Path, folder: Path) -> str:
    """The document in a headless Chromium after its scripts ran; fails if the console complains."""
    assert CHROMIUM is not None
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder}",
        "--enable-logging=stderr",
        "--dump-dom",
    ]
    run = subprocess.run(
        [CHROMIUM, *options, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in run.stderr, run.stderr
    return run.stdout

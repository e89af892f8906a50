"""The explorer as a page of the documentation; `--write` updates `docs/explorer/index.html`."""

import sys
from pathlib import Path

from logitscape._src.explorer.catalogue import read
from logitscape._src.explorer.page import page

TARGET = Path(__file__).with_name("index.html")


if __name__ == "__main__":
    text = page(read())
    print(f"{TARGET.name}: {len(text.encode()):,} bytes")
    if "--write" in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8", newline="\n")

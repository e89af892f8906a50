"""A headless Chromium that is driven over a pipe, by the DevTools protocol.

The pipe needs no library: messages are JSON, each ended by a zero byte.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import Any

from tests.reports.pages import CHROMIUM

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Tab:
    """One page in the browser.

    Attributes:
        complaints: What the console said, and errors that were not caught.
    """

    def __init__(self, commands: int, events: RawIOBase) -> None:
        self._commands, self._events = commands, events
        self._buffer, self._number, self._session = b"", 0, ""
        self.complaints: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._note(answer)

    def _next(self) -> Any:
        while b"\0" not in self._buffer:
            read = self._events.read(1 << 16)
            assert read, "the browser ended"
            self._buffer += read
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, event: Any) -> None:
        if event.get("method") in (
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Log.entryAdded",
        ):
            self.complaints.append(json.dumps(event["params"])[:900])

    def run(self, script: str) -> Any:
        """Return the value of an expression, or of what it promises."""
        result = self.send(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, address: str) -> None:
        """Go to a page and wait until it is ready."""
        self.send("Page.navigate", url=address)
        assert self.run(READY), self.complaints

    def text(self, id: str) -> str:
        """Return the text of an element."""
        return str(self.run(f"document.getElementById({id!r}).textContent"))

    def choose(self, id: str, value: str) -> None:
        """Choose an entry of a list, as its user would."""
        self.run(
            f"(() => {{ const s = document.getElementById({json.dumps(id)});"
            f"s.value = {json.dumps(value)}; s.dispatchEvent(new Event('change')); }})()"
        )

    def key(self, key: str, code: int) -> None:
        """Press a key and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
            )

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse at one place, move it in steps, and let it go at the other."""
        places = [
            tuple(a + (b - a) * step / 5 for a, b in zip(start, end, strict=True))
            for step in range(6)
        ]
        kinds = ["mousePressed", *["mouseMoved"] * 4, "mouseReleased"]
        for kind, (x, y) in zip(kinds, places, strict=True):
            self.send(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="left",
                buttons=int(kind != "mouseReleased"),
                clickCount=1,
            )

    def look(self, width: int, height: int, scheme: str = "light") -> None:
        """Set the size of the window and the colours that its user prefers."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.send("Emulation.setEmulatedMedia", features=features)

    def picture(self, whole: bool = False) -> bytes:
        """Return a screenshot as PNG, of the window or of the whole page."""
        result = self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(result["data"])


READY = """new Promise((done) => {
  const until = Date.now() + 8000;
  const look = () => {
    const ready = document.documentElement?.dataset.ready;
    if (ready || Date.now() > until) done(Boolean(ready)); else setTimeout(look, 50);
  };
  look();
})"""

AS_3_AND_4 = """
import fcntl, os, sys
descriptors = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for meant, descriptor in zip((3, 4), descriptors):
    os.dup2(descriptor, meant)
    os.close(descriptor)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""A program that becomes the browser, with the pipes where it looks for them."""


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """Start a browser, and end it with the block.

    Args:
        folder: Folder for the profile of its user.
    """
    assert CHROMIUM is not None
    command_read, command_write = os.pipe()
    event_read, event_write = os.pipe()

    # Chromium reads from 3 and writes to 4. A fork of this process, whose threads JAX has started,
    # could not set them safely.
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", AS_3_AND_4, str(command_read), str(event_write)),
            *(CHROMIUM, *OPTIONS, f"--user-data-dir={folder}"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(command_read, event_write),
    )
    os.close(command_read)
    os.close(event_write)
    try:
        with os.fdopen(event_read, "rb", 0) as events:
            yield Tab(command_write, events)
    finally:
        os.close(command_write)
        process.terminate()
        process.wait(timeout=30)

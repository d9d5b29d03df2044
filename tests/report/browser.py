"""A headless Chromium, asked through its pipe (the DevTools protocol, no driver and no port): what a reader would see."""

import json
import os
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from select import select

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_PATIENCE = 60.0  # seconds for one answer: a bound for a browser that hangs
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Message = dict[str, object]


class Browser:
    """One page of it. `seen` holds every event that it told of, in order."""

    def __init__(self, out: int, into: int) -> None:
        self._out, self._in = out, into
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.seen: list[Message] = []

    def attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = str(self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> Message:
        """The result. AssertionError for an error, or no answer in a minute."""
        self._number += 1
        message: Message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result = answer["result"]
                assert isinstance(result, dict)
                return result
            self.seen.append(answer)

    def await_event(self, method: str) -> Message:
        while True:
            for number, event in enumerate(self.seen):
                if event.get("method") == method:
                    return self.seen.pop(number)
            self.seen.append(self._next())

    def _next(self) -> Message:
        while b"\0" not in self._buffer:
            ready, _, _ = select([self._in], [], [], _PATIENCE)
            assert ready, "the browser does not answer"
            part = os.read(self._in, 1 << 16)
            assert part, "the browser ended"
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        assert isinstance(message, dict)
        return message

    # -------------------------------------------------------------------------------------------- what tests ask

    def open(self, page: Path, *, width: int = 1100, dark: bool = False, scripts: bool = True) -> None:
        """A phone below 600 pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=2 if width < 600 else 1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Page.navigate", url=page.as_uri())
        self.await_event("Page.loadEventFired")

    def value(self, expression: str) -> object:
        """Of an expression in the page; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        result = answer["result"]
        assert isinstance(result, dict)
        return result.get("value")

    def save_to(self, folder: Path) -> None:
        self.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return self._bytes(self.call("Page.captureScreenshot", captureBeyondViewport=True))

    def pdf(self) -> bytes:
        return self._bytes(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True))

    def complaints(self) -> list[str]:
        """Errors of scripts, and what the page's policy refused."""
        return [
            json.dumps(one["params"])
            for one in self.seen
            if one.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        ]

    def requests(self) -> list[str]:
        """Addresses of all that was loaded, without the page and what is inside it."""
        found = []
        for one in self.seen:
            if one.get("method") == "Network.requestWillBeSent":
                parameters = one["params"]
                assert isinstance(parameters, dict)
                found.append(str(parameters["request"]["url"]))
        return [one for one in found if not one.startswith(("file:", "data:", "blob:"))]

    @staticmethod
    def _bytes(answer: Message) -> bytes:
        return b64decode(str(answer["data"]))


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """While the block runs; its profile is in the folder. Fails where there is no browser."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.fail("no Chromium is installed; run: tools/browser install")
    there, out = os.pipe()
    into, here = os.pipe()
    # The browser reads descriptor 3 and writes to 4. Both are moved up first, so that neither hides the other.
    high = [fcntl(one, F_DUPFD, 10) for one in (there, here)]
    become = "import os, sys; a = sys.argv; os.dup2(int(a[1]), 3); os.dup2(int(a[2]), 4); os.execv(a[3], a[3:])"
    command = [program, *FLAGS, f"--user-data-dir={folder / 'profile'}"]
    process = subprocess.Popen(
        [sys.executable, "-c", become, *map(str, high), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=high,
    )
    for one in (there, here, *high):
        os.close(one)
    try:
        browser = Browser(out, into)
        browser.attach()
        yield browser
    finally:
        os.close(out)
        os.close(into)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

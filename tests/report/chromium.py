"""Drives a headless Chromium through its DevTools protocol: what a test does to a page, and what it saw."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--mute-audio",
    "--remote-debugging-port=0",
)
START_S = 60.0
WAIT_S = 20.0
MAX_MESSAGE_BYTES = 64_000_000


def find_chromium() -> str:
    """Where Chromium is; without it the test is skipped on a user's machine, and fails in CI."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    words = f"none of {', '.join(NAMES)} is installed; on Debian: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


@dataclass
class Tab:
    """One page: its connection, and what it reported so far."""

    socket: ClientConnection
    session: str
    number: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """One command of the protocol; its result. RuntimeError if the browser refuses it."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        until = time.monotonic() + START_S
        while True:
            answer = json.loads(self.socket.recv(timeout=max(0.1, until - time.monotonic())))
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def ask(self, expression: str) -> Any:
        """The value of an expression of the page; promises are waited for, and a user may have clicked."""
        answer = self.call(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True},
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Waits until an expression is true. AssertionError if it does not become so."""
        until = time.monotonic() + WAIT_S
        while not self.ask(expression):
            assert time.monotonic() < until, f"not true after {WAIT_S} s: {expression}"
            time.sleep(0.05)

    def open(self, path: Path) -> None:
        """Opens a file and waits until it is loaded; what a page before it reported is forgotten."""
        self.call("Page.navigate", {"url": "about:blank"})
        self.ask("1")
        self.events.clear()
        self.call("Page.navigate", {"url": path.as_uri()})
        self.wait(f"location.href === {json.dumps(path.as_uri())} && document.readyState === 'complete'")

    def look(self, width: int, dark: bool = False, height: int = 900, reduced: bool = False) -> None:
        """Sets the window's width and height in CSS pixels, and what the user prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", size)
        features = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if reduced else "no-preference",
        }
        self.call(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": name, "value": value} for name, value in features.items()]},
        )

    def press(self, key: str) -> None:
        """Presses and releases a key that has no text."""
        codes = {"ArrowDown": 40, "ArrowUp": 38, "Tab": 9, "Enter": 13, "Home": 36, "End": 35}
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
            self.call("Input.dispatchKeyEvent", event | (text if kind == "keyDown" else {}))

    def type(self, element: str, text: str) -> None:
        """Puts a text into a field as a user would."""
        self.ask(
            f"(document.getElementById({element!r}).focus(), document.getElementById({element!r}).select(), 1)"
        )
        if text:
            self.call("Input.insertText", {"text": text})
        else:
            self.ask(
                f"(e => {{ e.value = ''; e.dispatchEvent(new Event('input')); }})(document.getElementById({element!r}))"
            )

    def choose(self, element: str, value: str) -> None:
        """Chooses an option of a select."""
        self.ask(
            f"(e => {{ e.value = {json.dumps(value)}; e.dispatchEvent(new Event('input', {{bubbles: true}})); }})"
            f"(document.getElementById({element!r}))"
        )

    def picture(self, path: Path, whole: bool = True) -> None:
        """A screenshot as PNG."""
        answer = self.call("Page.captureScreenshot", {"captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(answer["data"]))

    def requested(self) -> list[str]:
        """Every URL that was asked for since the page was opened, data: URIs left out."""
        self.ask("1")
        urls = [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith("data:")]

    def complaints(self) -> list[str]:
        """What the console and the browser's log say since the page was opened."""
        self.ask("1")
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            if event.get("method") == "Log.entryAdded":
                found.append(parameters["entry"]["text"])
            elif event.get("method") == "Runtime.exceptionThrown":
                found.append(parameters["exceptionDetails"]["text"])
            elif event.get("method") == "Runtime.consoleAPICalled":
                found.append(" ".join(str(one.get("value")) for one in parameters["args"]))
            elif event.get("method") == "Page.javascriptDialogOpening":
                found.append(f"dialog: {parameters['message']}")
        return found


@contextlib.contextmanager
def open_tab() -> Iterator[Tab]:
    """A fresh Chromium with a profile of its own and one tab; both are gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        words = [find_chromium(), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            with connect(_address(Path(profile), process), max_size=MAX_MESSAGE_BYTES) as socket:
                browser = Tab(socket, "")
                target = browser.call("Target.createTarget", {"url": "about:blank"})["targetId"]
                attached = browser.call("Target.attachToTarget", {"targetId": target, "flatten": True})
                # a session counts its own commands, so the numbers of both may be equal
                tab = Tab(socket, attached["sessionId"], number=1000)
                for domain in ("Page", "Runtime", "Log", "Network"):
                    tab.call(f"{domain}.enable")
                yield tab
                browser.number = tab.number
                browser.call("Browser.close")
            process.wait(timeout=START_S)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _address(profile: Path, process: "subprocess.Popen[bytes]") -> str:
    """The browser's own word on where it listens."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert process.poll() is None, f"Chromium ended with status {process.returncode}"
        lines = _lines(profile / "DevToolsActivePort")
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.1)
    raise AssertionError("Chromium did not start")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []

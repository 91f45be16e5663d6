"""Headless Chromium for tests of pages, driven through a pipe: DevTools protocol, no further package.

https://chromedevtools.github.io/devtools-protocol/; ``--remote-debugging-pipe`` reads commands from file
descriptor 3 and writes answers to 4, each a JSON object with a zero byte after it.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Browser", "Page", "chromium"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio"),
    *("--no-first-run", "--no-default-browser-check", "--disable-sync", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
    *("--disable-breakpad", "--disable-crash-reporter", "--metrics-recording-only", "--no-pings"),
    *("--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",),
    # What is not this machine does not exist.
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--force-color-profile=srgb"),
)
_PATIENCE = 60.0


def chromium() -> str | None:
    """The program, None if there is none on this machine."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


class Browser:
    """A browser of its own, whose profile lies in ``folder``; to be used as a context.

    :raises TimeoutError: from every method, if it does not answer within a minute
    """

    def __init__(self, program: str, folder: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        words = [*_FLAGS, f"--user-data-dir={folder / 'profile'}", "--remote-debugging-pipe", "about:blank"]
        self._process = self._start([program, *words], to_read, to_write, folder)
        os.close(to_read)
        os.close(to_write)

    @staticmethod
    def _start(words: list[str], commands: int, answers: int, folder: Path) -> subprocess.Popen[bytes]:
        """Its descriptors 3 and 4 are to be ours."""

        def connect() -> None:
            low, high = os.dup(commands), os.dup(answers)
            os.dup2(low, 3)
            os.dup2(high, 4)

        environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "TZ": "UTC"}
        with open(folder / "chromium.log", "wb") as log:
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=connect,
                close_fds=False,
                pass_fds=(),
                start_new_session=True,
                env=environment,
            )

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, url: str, width: int = 1280, height: int = 900, dark: bool = False) -> Page:
        """A new page of that size, loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        page.prepare(width, height, dark)
        page.load(url)
        return page

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """The answer to a command.

        :raises RuntimeError: the browser refused it
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            block = os.read(self._read, 1 << 20)
            if not block:
                raise TimeoutError("the browser has ended; see chromium.log")
            self._rest += block
        line, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it and all its processes."""
        os.close(self._write)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        os.close(self._read)


class Page:
    """A page in a tab of its own."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self._target = target

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command to this page."""
        return self._browser.call(method, self._session, **params)

    def prepare(self, width: int, height: int, dark: bool) -> None:
        """Watch what it does, and set its size and colours."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.prefer("dark" if dark else "light")

    def load(self, url: str) -> None:
        """Go to ``url`` and wait until the page says that it is ready."""
        self.call("Page.navigate", url=url)
        self.wait_for("document.documentElement?.dataset.ready === 'true'")

    def resize(self, width: int, height: int) -> None:
        """Another size of the window; below 600, a phone with a finger."""
        phone = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    def prefer(self, scheme: str) -> None:
        """What the system says of dark and light."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def run(self, script: str) -> Any:
        """The value of an expression of JavaScript.

        :raises RuntimeError: it threw
        """
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def wait_for(self, condition: str, seconds: float = _PATIENCE) -> None:
        """Return when ``condition``, an expression, holds."""
        deadline = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            if time.monotonic() > deadline:
                raise TimeoutError(condition)
            time.sleep(0.02)

    def mouse(self, kind: str, x: float, y: float, buttons: int = 0) -> None:
        """``mouseMoved``, ``mousePressed`` or ``mouseReleased`` at this place of the window."""
        button = "left" if kind != "mouseMoved" or buttons else "none"
        self.call(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons, clickCount=1
        )

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at ``start``, let go at ``end``."""
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start, buttons=1)
        self.mouse("mouseMoved", (start[0] + end[0]) / 2, (start[1] + end[1]) / 2, buttons=1)
        self.mouse("mouseMoved", *end, buttons=1)
        self.mouse("mouseReleased", *end)

    def tap(self, x: float, y: float) -> None:
        """Touch with a finger, and lift it."""
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name: str) -> None:
        """Press and release a key, such as ``Tab``, ``ArrowRight``."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=name, code=name, text=name if len(name) == 1 else ""
            )

    def screenshot(self, path: Path, whole: bool = False) -> Path:
        """A picture of the window, or of the whole page."""
        params: dict[str, Any] = {"format": "png"}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            params |= {"captureBeyondViewport": True}
            params["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **params)["data"]))
        return path

    def pdf(self, path: Path) -> Path:
        """As it would be printed."""
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))
        return path

    def close(self) -> None:
        """Close the tab."""
        self._browser.call("Target.closeTarget", targetId=self._target)

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, and exceptions, so far."""
        self.run("0")  # events that are on their way arrive before the answer
        found = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(params["exceptionDetails"])[:1000])
            if event["method"] == "Runtime.consoleAPICalled" and params["type"] in (
                "error",
                "warning",
                "assert",
            ):
                found.append(json.dumps(params["args"])[:1000])
            if event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(json.dumps(params["entry"])[:1000])
        return found

    def requests(self) -> list[str]:
        """Addresses that the page asked for, itself included."""
        self.run("0")
        return [
            event["params"]["request"]["url"]
            for event in self._browser.events
            if event["method"] == "Network.requestWillBeSent" and event.get("sessionId") == self._session
        ]

"""A real Chromium on a running service, by the DevTools protocol over two pipes.

In: addresses, keys, widths. Out: what the page shows, what its console says, what axe-core finds.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from reports.browser import AXE, OPTIONS, chromium

LAUNCH = (
    "import os, sys; given, taken = map(int, sys.argv[1:3]); os.dup2(given, 3); "
    "os.dup2(taken, 4); os.execv(sys.argv[3], sys.argv[3:])"
)
PAST = """(() => {
  const wide = document.documentElement.clientWidth;
  return [...document.querySelectorAll("header *, main *")].filter((element) => {
    if (element.parentElement.closest(".scroll")) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > wide + 1 || box.left < -1);
  }).map((element) => element.outerHTML.slice(0, 100));
})()"""
FOCUS = """(() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const words = element.labels?.[0]?.textContent || element.textContent || element.name;
  return [words.trim().slice(0, 40), style.outlineStyle !== "none"];
})()"""


@contextmanager
def served(application: Any) -> Iterator[str]:
    """Serve an ASGI application as long as the block; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(application, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


class Browser:
    """One tab. `complaints` are the errors of its console: scripts, policy, missing files."""

    def __init__(self, folder: Path) -> None:
        given, self._send = os.pipe()
        receive, taken = os.pipe()
        command = [chromium(), *OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={folder}"]
        command[0] = shutil.which(command[0]) or command[0]
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(given), str(taken), *command],
            pass_fds=(given, taken),
            stderr=subprocess.DEVNULL,
        )
        os.close(given)
        os.close(taken)
        self._replies = os.fdopen(receive, "rb")
        self._number, self._rest, self._session = 0, b"", ""
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(20)
        self._replies.close()
        os.close(self._send)

    def call(self, method: str, **params: Any) -> Any:
        """Return what a method of the protocol answers."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while (reply := self._next()).get("id") != self._number:
            pass
        assert "error" not in reply, (method, reply)
        return reply["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            self._rest += self._replies.read1(1 << 20) or b"{}\0"
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        assert message, "the browser ended"
        params = message.get("params", {})
        if message.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        if message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])
        return message

    def until_loaded(self) -> None:
        """Wait until a page is there with all it asks for."""
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def open(self, address: str) -> None:
        """Open a page."""
        self.call("Page.navigate", url=address)
        self.until_loaded()

    def width(self, pixels: int, *, dark: bool = False) -> None:
        """Make the window so wide."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=pixels,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def value(self, script: str) -> Any:
        """Return what a script in the page results in, a promise when it is kept."""
        result = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key: str) -> None:
        """Press and let go a key: Tab, Enter, Space."""
        code = {"Tab": 9, "Enter": 13, "Space": 32}[key]
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        keys = {"key": text if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **keys)
        self.call("Input.dispatchKeyEvent", type="keyUp", **keys)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def tabbed(self, presses: int) -> list[list[Any]]:
        """Press Tab so often; return the words of each element it comes to, and if it shows."""
        places = []
        for _ in range(presses):
            self.press("Tab")
            places.append(self.value(FOCUS))
        return places

    def findings(self) -> list[str]:
        """Return what axe-core finds in the page: rule and first place."""
        self.value(AXE.read_text(encoding="utf-8") + "; 0")
        found = self.value(
            "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map("
            "(each) => each.id + ': ' + each.nodes[0].html.slice(0, 120)))"
        )
        return list(found)

    def past(self) -> list[str]:
        """Return what stands out of the window on a side."""
        return list(self.value(PAST))

    def screenshot(self, file: Path) -> None:
        """Write the whole page as a picture."""
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(picture["data"]))

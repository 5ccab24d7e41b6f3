"""A plain web server of a folder."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.demo.browser.driver import until
from tests.demo.browser.page import Page

ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


_used: set[int] = set()


def _server(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Any:
    """A server on a port that no host had before: the browser keeps files by it."""
    passed = []
    try:
        while True:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            if server.server_port not in _used:
                _used.add(server.server_port)
                return server
            passed.append(server)  # held, or the next may have the same
    finally:
        for server in passed:
            server.server_close()


class Host:
    """A plain web server of a folder, which can be switched off.

    Every host has another port, and so a storage of its own in the browser.

    Args:
        folder: what is served.
        headers: sent with every answer, such as `ISOLATED`, which allows threads.

    Attributes:
        address: of the site.
        breaking: names of files whose connection breaks half-way.
    """

    def __init__(self, folder: Path, headers: dict[str, str] | None = None) -> None:
        breaking: set[str] = set()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/")
                if name not in breaking:
                    super().do_GET()
                    return
                content = (folder / name).read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

            def end_headers(self) -> None:
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                super().end_headers()

        self.breaking = breaking
        handler = functools.partial(Handler, directory=str(folder))
        self.server = _server(handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def loaded(page: Page) -> None:
    """Waits for the model, which a busy machine takes its time to compile."""
    ready = "return performance.getEntriesByName('model ready').length > 0"
    until(lambda: page.js(ready), "the model", 120)

"""Runs the web application on a socket."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from acolvit_jax.common.errors import UserError
from acolvit_jax.config import AUTO_DTYPE
from acolvit_jax.demo.server.app import make_app
from acolvit_jax.demo.server.connections import KEEP_ALIVE_SECONDS, Connection
from acolvit_jax.demo.server.security import EVERYWHERE, Access
from acolvit_jax.inference.colorizer import Colorizer

SHUTDOWN_SECONDS = 3


def listen(host: str, port: int) -> socket.socket:
    """Takes a port; nobody can connect before the server runs.

    Args:
        host: name or address to bind to.
        port: 0 takes a free one.

    Returns:
        The bound socket.

    Raises:
        UserError: if the port is in use or cannot be had, or there is no such host.
    """
    try:
        flags = socket.AI_PASSIVE
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=flags)
        family, kind, protocol, _, address = found[0]
        taken = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise UserError(f"--host {host!r} cannot be found: {error}") from error
    try:
        if os.name == "posix":  # elsewhere this would let two servers share a port
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is in use; choose another --port, or 0 for any"
            raise UserError(message) from error
        raise UserError(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return taken


def url_of(host: str, taken: socket.socket) -> str:
    """The address of the page, `http://HOST:PORT/`."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{taken.getsockname()[1]}/"


def settings(app: Starlette) -> uvicorn.Config:
    """How an application is run: quietly, without what it does not need."""
    return uvicorn.Config(
        app,
        access_log=False,
        http=Connection,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=int(KEEP_ALIVE_SECONDS),
        ws="none",
    )


class Server(uvicorn.Server):
    """A server that tells when it answers, and ends quietly."""

    def __init__(self, app: Starlette, on_ready: Callable[[], None]) -> None:
        """Prepares to run.

        Args:
            app: from `make_app`.
            on_ready: is called once, when the server listens.
        """
        super().__init__(settings(app))
        self._app = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends; what is cut off now is cut off on purpose, and no error."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._app.state.hang_up()
        await super().shutdown(sockets)


def serve(
    checkpoint: str,
    *,
    host: str,
    port: int,
    budget: float | None = None,
    dtype: str = AUTO_DTYPE,
    proxies: tuple[str, ...] = (),
    open_browser: bool = True,
) -> None:
    """Serves the demo until Ctrl-C.

    Args:
        checkpoint: `pretrained`, or what else `Colorizer.from_pretrained` takes.
        host: name or address to bind to.
        port: 0 takes a free one.
        budget: keep ratio where a request names none.
        dtype: of the matrix products; see `Colorizer.from_pretrained`.
        proxies: host names of proxies before the server; see `Access`.
        open_browser: show the page when it is ready.

    Raises:
        UserError: if the port or the model cannot be had.
    """
    with listen(host, port) as taken:
        bound = taken.getsockname()[0]
        if bound in EVERYWHERE:  # which has more names: 0, ::0, nothing at all
            host = bound
        access = Access(host, proxies)
        colorizer = Colorizer.from_pretrained(checkpoint, budget=budget, dtype=dtype)
        url = url_of(host, taken)
        if proxies and not ipaddress.ip_address(bound).is_loopback:
            message = f"warning: {url} is open to all, past the proxy; --host 127.0.0.1 closes it"
            print(message, file=sys.stderr)

        def on_ready() -> None:
            print(f"serving on {url}", flush=True)
            if open_browser:
                page = url_of("127.0.0.1" if host in EVERYWHERE else host, taken)
                threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()

        app = make_app(colorizer, model_name=Path(checkpoint).absolute().name, access=access)
        try:
            Server(app, on_ready).run([taken])
        except KeyboardInterrupt:
            return  # the server has shut down; Ctrl-C is how one ends it

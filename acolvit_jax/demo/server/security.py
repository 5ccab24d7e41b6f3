"""Who may speak to the server, and what a browser may do with its answers.

A page of another site can make a browser send requests to 127.0.0.1, and by DNS rebinding even
under the site's own name: the host check stops the latter, the origin check the former.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.demo.server.problems import RequestError, shown

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # addresses to bind to, none to visit
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_PATTERN = re.compile(rf"\*\.({_LABEL}\.)+{_LABEL}|({_LABEL}\.)*{_LABEL}")
_AUTHORITY = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?")


@dataclass(frozen=True)
class Access:
    """Which names the server answers to.

    Attributes:
        host: the address that it is bound to.
        proxies: host names of proxies before it, `*.` in front for all names below one.
    """

    host: str = "127.0.0.1"
    proxies: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuses patterns that mean something else than they look like.

        Raises:
            ConfigError: with the pattern and what is allowed.
        """
        for pattern in self.proxies:
            if not _PATTERN.fullmatch(pattern.lower()):
                raise ConfigError(
                    f"--behind_proxy {pattern!r} is no host name such as demo.example.org, nas or "
                    "*.example.org"
                )

    def knows(self, name: str) -> bool:
        """Whether a host name is one of the server's own.

        Args:
            name: lower case, without port and brackets.
        """
        if name in LOOPBACK or self.is_proxy(name):
            return True
        if self.host not in EVERYWHERE:
            return name == self.host.lower()
        # An address cannot be rebound, so one that leads here is as good as another.
        own = socket.gethostname().lower()
        return _is_address(name) or name in (own, f"{own}.local")

    def is_proxy(self, name: str) -> bool:
        """Whether a host name is one of the proxies'."""
        for pattern in map(str.lower, self.proxies):
            if name == pattern or (pattern[0] == "*" and name.endswith(pattern[1:])):
                return True
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def split_authority(authority: str) -> tuple[str, int | None] | None:
    """Splits `name:port`, `name` or `[::1]:port`.

    Args:
        authority: of a Host header or an origin.

    Returns:
        Name in lower case, without brackets, and port; None for anything else.
    """
    match = _AUTHORITY.fullmatch(authority)
    if match is None or int(match[3] or 0) > 65535:
        return None
    return (match[1] or match[2]).lower(), int(match[3]) if match[3] else None


def content_policy(proxies: Sequence[str]) -> str:
    """The Content-Security-Policy: everything from here, frames for the proxies' sites only."""
    sayable = [name for name in proxies if "_" not in name]  # which no policy can name
    ancestors = " ".join(sayable) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}"
    )


def security_headers(access: Access) -> dict[str, str]:
    """What every answer tells a browser."""
    return {
        "Content-Security-Policy": content_policy(access.proxies),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


class Guard:
    """Checks host and origin of every request and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """Stands before an application.

        Args:
            app: the application.
            access: which names it answers to.
        """
        self._app = app
        self._access = access
        self._headers = security_headers(access)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what may pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            self._check(scope["method"], Headers(scope=scope))
        except RequestError as problem:
            await problem.response()(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _check(self, method: str, headers: Headers) -> None:
        """Refuses foreign names.

        Raises:
            RequestError: 400 without exactly one host, 403 for a foreign host or origin.
        """
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            raise RequestError(400, "a request names one Host")
        host = split_authority(hosts[0])
        if host is None or not self._access.knows(host[0]):
            raise RequestError(
                403, f"this server is not called {shown(hosts[0])} (--behind_proxy adds names)"
            )
        if method in _SAFE_METHODS:
            return
        for origin in headers.getlist("origin"):
            if not self._is_own(origin, host):
                raise RequestError(403, f"requests from {shown(origin)} are not served")

    def _is_own(self, origin: str, host: tuple[str, int | None]) -> bool:
        """Whether an origin is the page's own: that of the Host, or a proxy's."""
        scheme, _, authority = origin.partition("://")
        split = split_authority(authority)
        if scheme not in ("http", "https") or split is None:
            return False
        if self._access.is_proxy(split[0]):
            return True
        default = 443 if scheme == "https" else 80
        return (split[0], split[1] or default) == (host[0], host[1] or default)

"""Bodies of requests, read piece by piece: never more than allowed, never for longer."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from acolvit_jax.demo.server.limits import MIB, Limits
from acolvit_jax.demo.server.problems import RequestError

_CLOSE = {"Connection": "close"}


class BodyReader:
    """Reads bodies for one server, on the event loop; no thread waits for a slow client."""

    def __init__(self, limits: Limits) -> None:
        """Reads within limits."""
        self._limits = limits
        self._held = 0
        self._timers: set[asyncio.Timeout] = set()

    def hang_up(self) -> None:
        """Ends all reading now, because the server goes down."""
        for timer in self._timers:
            if not timer.expired():  # but its reader has not heard of it yet
                timer.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def read(self, request: Request, max_bytes: int) -> AsyncIterator[bytes]:
        """Reads a body, which counts against the memory of all bodies while in use.

        Args:
            request: whose body has not been read.
            max_bytes: a longer one is refused, as early as that is known.

        Yields:
            The body.

        Raises:
            RequestError: 408 if it is too slow, 413 if too long, 415 if it is compressed, 503 if
                too many are on their way.
        """
        _check_headers(request, max_bytes)
        buffer = io.BytesIO()  # gives its bytes away without a copy
        try:
            await self._collect(request, max_bytes, buffer)
            yield buffer.getvalue()
        finally:
            self._held -= buffer.tell()

    async def _collect(self, request: Request, max_bytes: int, buffer: io.BytesIO) -> None:
        """Reads the pieces of a body, each in its time, all in theirs."""
        now = asyncio.get_running_loop().time
        end, stall = now() + self._limits.body_seconds, self._limits.stall_seconds
        timer = asyncio.timeout_at(min(now() + stall, end))
        self._timers.add(timer)
        try:
            async with timer:
                async for piece in request.stream():
                    timer.reschedule(min(now() + stall, end))
                    self._held += buffer.write(piece)
                    if buffer.tell() > max_bytes:
                        raise _too_long(max_bytes)
                    if self._held > self._limits.uploads_bytes:
                        headers = {"Retry-After": "5", **_CLOSE}
                        raise RequestError(
                            503, "too many uploads at once; try again", headers=headers
                        )
        except TimeoutError:
            raise RequestError(
                408, "the request came too slowly; try again", headers=_CLOSE
            ) from None
        except ClientDisconnect:
            raise RequestError(400, "the client went away", headers=_CLOSE) from None
        finally:
            self._timers.remove(timer)


def _check_headers(request: Request, max_bytes: int) -> None:
    """Refuses what the headers tell is too long, or not plain."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise RequestError(415, "send the body as it is, without Content-Encoding", headers=_CLOSE)
    length = request.headers.get("content-length", "0").strip()
    if not (length.isascii() and length.isdigit()):
        raise RequestError(400, "Content-Length is no number", headers=_CLOSE)
    if len(length) > 15 or int(length) > max_bytes:
        raise _too_long(max_bytes)


def _too_long(max_bytes: int) -> RequestError:
    size = f"{max_bytes / MIB:g} MiB" if max_bytes >= MIB else f"{max_bytes:,} bytes"
    return RequestError(413, f"the body is longer than the {size} allowed")

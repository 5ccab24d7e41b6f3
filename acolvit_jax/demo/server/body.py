"""Bodies of requests, read piece by piece: never more than allowed, never for longer."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from acolvit_jax.demo.server.limits import MIB, Limits
from acolvit_jax.demo.server.problems import RequestError, going_down
from acolvit_jax.demo.server.transfers import Transfers

_CLOSE = {"Connection": "close"}


class BodyReader:
    """Reads bodies for one server, on the event loop; no thread waits for a slow client."""

    def __init__(self, limits: Limits, transfers: Transfers) -> None:
        """Reads within limits."""
        self._limits = limits
        self._transfers = transfers
        self._held = 0

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
                too many are on their way or the server goes down.
        """
        _check_headers(request, max_bytes)
        buffer = io.BytesIO()  # gives its bytes away without a copy
        try:
            await self._collect(request, max_bytes, buffer)
            yield buffer.getvalue()
        finally:
            self._held -= buffer.tell()
            buffer.close()  # the error of a refused body keeps it in its traceback

    async def _collect(self, request: Request, max_bytes: int, buffer: io.BytesIO) -> None:
        """Reads the pieces of a body."""
        try:
            async with self._transfers.timed() as moved:
                async for piece in request.stream():
                    moved()
                    self._held += buffer.write(piece)
                    if buffer.tell() > max_bytes:
                        raise _too_long(max_bytes)
                    if self._held > self._limits.uploads_bytes:
                        headers = {"Retry-After": "5", **_CLOSE}
                        raise RequestError(
                            503, "too many uploads at once; try again", headers=headers
                        )
        except TimeoutError:
            if self._transfers.ended:
                raise going_down() from None
            raise RequestError(
                408, "the request came too slowly; try again", headers=_CLOSE
            ) from None
        except ClientDisconnect:
            raise RequestError(400, "the client went away", headers=_CLOSE) from None


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

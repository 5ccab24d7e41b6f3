"""Pictures on their way to clients, sent piece by piece: who does not read holds no memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.problems import RequestError

PIECE = 2**16  # bytes; about what the server buffers for a client before it waits


class Downloads:
    """Bounds the memory and the time of what is on its way."""

    def __init__(self, limits: Limits) -> None:
        """Sends within limits."""
        self.limits = limits
        self._held = 0

    def answer(
        self, body: bytes, media_type: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """An answer with a picture."""
        return _Download(self, body, media_type, headers)

    @contextmanager
    def room(self, nbytes: int) -> Iterator[None]:
        """Counts bytes while they are sent.

        Raises:
            RequestError: 503 if too many are on their way.
        """
        if self._held + nbytes > self.limits.downloads_bytes:
            headers = {"Retry-After": "5"}
            raise RequestError(503, "too many downloads at once; try again", headers=headers)
        self._held += nbytes
        try:
            yield
        finally:
            self._held -= nbytes


class _Download(Response):
    """A picture that waits for its client before every piece, but not for long."""

    def __init__(
        self,
        downloads: Downloads,
        body: bytes,
        media_type: str,
        headers: Mapping[str, str] | None,
    ) -> None:
        super().__init__(body, headers=headers, media_type=media_type)
        self._downloads = downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends; gives up on a client that is too slow, whose connection is then closed."""
        limits, body = self._downloads.limits, bytes(self.body)
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        with self._downloads.room(len(body)):
            try:
                async with asyncio.timeout(limits.body_seconds):
                    await send(start)
                    for begin in range(0, len(body), PIECE):
                        end = begin + PIECE
                        message = {"type": "http.response.body", "body": body[begin:end]}
                        async with asyncio.timeout(limits.stall_seconds):
                            await send({**message, "more_body": end < len(body)})
            except TimeoutError:
                return

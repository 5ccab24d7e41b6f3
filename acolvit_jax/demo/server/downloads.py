"""Pictures for clients: made when there is room, sent piece by piece, given up if nobody reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.problems import RequestError

PIECE = 2**16  # bytes; about what the server buffers for a client before it waits


class Downloads:
    """Bounds the memory and the time of what is made and on its way."""

    def __init__(self, limits: Limits) -> None:
        """Sends within limits."""
        self._limits = limits
        self._held = 0
        self._freed = asyncio.Event()

    def answer(
        self,
        make: Callable[[], Awaitable[bytes]],
        nbytes: int,
        media_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> ASGIApp:
        """An answer with a picture, which is made when there is room for it.

        Args:
            make: makes it.
            nbytes: that it takes at most, or about that; counted until it is made.
            media_type: of the picture.
            headers: of the answer.

        Returns:
            The answer; it raises a RequestError, 503, if there is no room for too long.
        """

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            async with self._room(nbytes) as resize:
                response = Response(await make(), headers=headers, media_type=media_type)
                resize(len(response.body))
                await self._send(response, send)

        return respond

    @asynccontextmanager
    async def _room(self, nbytes: int) -> AsyncIterator[Callable[[int], None]]:
        """Counts bytes while they are held; more than fit are held alone.

        Yields:
            What corrects their number.

        Raises:
            RequestError: 503 if there is no room for too long.
        """
        try:
            async with asyncio.timeout(self._limits.stall_seconds):
                while self._held and self._held + nbytes > self._limits.downloads_bytes:
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError:
            headers = {"Retry-After": "5"}
            message = "too many downloads at once; try again"
            raise RequestError(503, message, headers=headers) from None
        counted = 0

        def resize(now: int) -> None:
            nonlocal counted
            self._held += now - counted
            counted = now
            self._freed.set()

        resize(nbytes)
        try:
            yield resize
        finally:
            resize(0)

    async def _send(self, response: Response, send: Send) -> None:
        """Sends; gives up on a client that is too slow, whose connection is then closed."""
        limits, body = self._limits, bytes(response.body)
        start = {"type": "http.response.start", "status": 200, "headers": response.raw_headers}
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

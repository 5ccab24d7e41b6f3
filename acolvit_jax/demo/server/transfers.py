"""Bodies on their way to the server: each piece in its time, all in theirs, and what nobody reads.

A connection that is closed over unread bytes is reset, and the answer is lost with it: what a
refused client still sends is read and dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acolvit_jax.demo.server.limits import Limits

LAST_SECONDS = 0.5  # for one that begins when the server goes down


class Transfers:
    """Waits for clients, on the event loop, and not for long.

    Attributes:
        ended: whether the server goes down.
    """

    def __init__(self, limits: Limits) -> None:
        """Waits within limits."""
        self.ended = False
        self._limits = limits
        self._timers: set[asyncio.Timeout] = set()

    def hang_up(self) -> None:
        """Ends all waiting now, because the server goes down."""
        self.ended = True
        for timer in self._timers:
            if not timer.expired():  # but its reader has not heard of it yet
                timer.reschedule(asyncio.get_running_loop().time())
        self._timers.clear()

    @asynccontextmanager
    async def timed(self) -> AsyncIterator[Callable[[], None]]:
        """Bounds the time of one transfer.

        Yields:
            What to call when a piece has come.

        Raises:
            TimeoutError: if it rests or takes too long, or the server goes down.
        """
        now, limits = asyncio.get_running_loop().time, self._limits
        end = now() + (LAST_SECONDS if self.ended else limits.body_seconds)
        timer = asyncio.timeout_at(min(now() + limits.stall_seconds, end))

        def moved() -> None:
            if timer in self._timers:
                timer.reschedule(min(now() + limits.stall_seconds, end))

        self._timers.add(timer)
        try:
            async with timer:
                yield moved
        finally:
            self._timers.discard(timer)


class Drain:
    """Ends an answer when the request's body is in, or does not come: then nothing is unread."""

    def __init__(self, app: ASGIApp, transfers: Transfers) -> None:
        """Stands before an application.

        Args:
            app: the application.
            transfers: of the server.
        """
        self._app = app
        self._transfers = transfers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on, and holds the end of the answer back."""
        more = scope["type"] == "http"

        async def receive_noted() -> Message:
            nonlocal more
            message = await receive()
            more = message.get("more_body", False)
            return message

        async def send_drained(message: Message) -> None:
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last and more:
                await send({**message, "more_body": True})
                with suppress(TimeoutError):
                    async with self._transfers.timed() as moved:
                        while more:
                            await receive_noted()
                            moved()
                message = {"type": "http.response.body"}
            await send(message)

        await self._app(scope, receive_noted, send_drained)

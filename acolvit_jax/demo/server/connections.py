"""Connections of the web server: bounded in number, by client and in time."""

from __future__ import annotations

import asyncio
import time

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from acolvit_jax.demo.server.problems import RequestError

KEEP_ALIVE_SECONDS = 75.0  # a person thinks between two clicks
STALL_SECONDS = 20.0  # that bytes wait for a client who takes none of them
TICK_SECONDS = 2.0  # between two looks at that
CONNECTIONS = 200  # at once; systems give a process 256 files or more
OF_ONE_CLIENT = 150  # of them; a proxy brings many people from one address


class Connection(H11Protocol):
    """A client's connection.

    It is closed when a head does not end in time, and when the client does not read. One too many,
    of all or of one client, takes the place of the one that has been idle longest; where none is
    idle it is refused. What is no HTTP is answered too, and the client heard out.
    """

    _lost = False  # what comes cannot be read as requests any more
    _patience: asyncio.TimerHandle | None = None
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts to listen to a client, if there is room."""
        super().connection_made(transport)
        self._idle_since = self._moved = time.monotonic()
        self._waiting = 0
        self._closing_since: float | None = None
        self._make_room()
        self._watch()
        self._look = self.loop.call_later(TICK_SECONDS, self._abort_if_stalled)

    def data_received(self, data: bytes) -> None:
        """Takes bytes in. Those of a head that is not whole do not buy more time."""
        if not self._lost:
            super().data_received(data)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, if it is not answered yet, and reads nothing from there on.

        The connection ends when the client closes it, or as an idle one: closed over unread bytes
        it would be reset, and the answer lost.
        """
        begun = self.conn.our_state is h11.SEND_RESPONSE  # of a request whose body goes wrong
        if not begun and self.conn.our_state is not h11.IDLE:
            self.transport.close()
            return
        answer = RequestError(400, "this is not valid HTTP/1.1").response()
        headers = [*answer.raw_headers, (b"connection", b"close")]
        head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        body = b"" if begun and self.scope["method"] == "HEAD" else bytes(answer.body)
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        if begun:
            self.cycle.response_complete = self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._lost = True
        self.transport.write_eof()
        self.flow.resume_reading()

    def resume_writing(self) -> None:
        """Goes on: the client has read."""
        super().resume_writing()
        self._moved = time.monotonic()

    def on_response_complete(self) -> None:
        """Counts the time from here on as idle."""
        self._idle_since = time.monotonic()
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the client."""
        super().connection_lost(exc)
        for timer in (self._patience, self._look):
            if timer is not None:
                timer.cancel()

    def _make_room(self) -> None:
        """Ends the connection that has been idle longest where this one is one too many."""
        others = [c for c in self.connections if isinstance(c, Connection) and c is not self]
        others = [c for c in others if not c.transport.is_closing()]
        own = [c for c in others if c.client and self.client and c.client[0] == self.client[0]]
        crowd = own if len(own) >= OF_ONE_CLIENT else others
        if len(own) < OF_ONE_CLIENT and len(others) < CONNECTIONS:
            return
        idle = [c for c in crowd if not c._answering()]
        longest = min(idle, key=lambda c: c._idle_since, default=self)
        longest.transport.abort()

    def _watch(self) -> None:
        if self._answering() and self._patience is not None:
            self._patience.cancel()
            self._patience = None
        elif not self._answering() and self._patience is None:
            self._patience = self.loop.call_later(KEEP_ALIVE_SECONDS, self._close_if_silent)

    def _answering(self) -> bool:
        """Whether a request's head has come in whole and is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def _close_if_silent(self) -> None:
        self._patience = None
        if not self._answering():
            self.transport.close()

    def _abort_if_stalled(self) -> None:
        """Hangs up on a client that reads nothing; closing would wait for him for ever."""
        now = time.monotonic()
        waiting = self.transport.get_write_buffer_size()
        if not waiting or waiting < self._waiting:
            self._moved = now
        self._waiting = waiting
        if self.transport.is_closing() and self._closing_since is None:
            self._closing_since = now
        closing = 0.0 if self._closing_since is None else now - self._closing_since
        if max(now - self._moved, closing) > STALL_SECONDS:
            self.transport.abort()
        else:
            self._look = self.loop.call_later(TICK_SECONDS, self._abort_if_stalled)

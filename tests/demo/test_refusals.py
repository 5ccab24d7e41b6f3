"""Refused while the body is on its way: the client hears why, and is not listened to for ever."""

import asyncio
import contextlib
import json
import tracemalloc

import pytest
from starlette.requests import Request

from acolvit_jax.demo.server import server
from acolvit_jax.demo.server.body import BodyReader
from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.problems import RequestError
from acolvit_jax.demo.server.transfers import Transfers
from tests.demo.live import LONG, add, running
from tests.demo.test_connections import is_closed
from tests.photos import make_jpeg

LENGTH = 20_000_000  # more than the systems on the way hold
PHOTOS = "/v1/photos"
UNKNOWN = "/v1/photos/none/colorize"
CLOSE = {"Connection": "close"}
ENDLESS = b"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"2710\r\n" + bytes(10_000) + b"\r\n"


@pytest.fixture(scope="module")
def live(small_colorizer):
    with running(small_colorizer, upload_bytes=30_000_000, uploads_bytes=10_000_000) as live:
        yield live


@pytest.mark.parametrize("connection", [{}, CLOSE], ids=["kept", "closed"])
@pytest.mark.parametrize(
    ("path", "headers", "length", "status", "words"),
    [
        (PHOTOS, {}, 40_000_000, 413, "longer than"),
        (PHOTOS, {}, LENGTH, 503, "too many uploads"),
        (PHOTOS, {"Content-Encoding": "gzip"}, LENGTH, 415, "Content-Encoding"),
        (PHOTOS, {"Origin": "http://evil.example"}, LENGTH, 403, "evil"),
        (PHOTOS, {"Host": "evil.example"}, LENGTH, 403, "evil"),
        (UNKNOWN, {}, LENGTH, 404, "no such photo"),
        ("/nowhere", {}, LENGTH, 404, "nothing here"),
        ("/v1/info", {}, LENGTH, 405, "this address takes"),
    ],
)
def test_a_client_that_sends_all_hears_why(live, connection, path, headers, length, status, words):
    got, head, body = live.call("POST", path, bytes(length), {**headers, **connection})
    assert (got, words in json.loads(body)["error"]) == (status, True), body
    assert (head["Retry-After"] is not None) == (status == 503)


def answer(connection):
    """All of a JSON answer, head and body, which may come in pieces."""
    got = b""
    while not got.rstrip().endswith(b"}"):
        piece = connection.recv(65536)
        assert piece, got
        got += piece
    return got


def test_a_kept_connection_goes_on_after_what_was_dropped(small_colorizer):
    photo = make_jpeg(0)
    head = f"POST /v1/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(photo)}\r\n\r\n"
    with running(small_colorizer, upload_bytes=100_000) as live, live.connect() as connection:
        connection.sendall(head.replace(str(len(photo)), "200000").encode())
        assert answer(connection).startswith(b"HTTP/1.1 413 ")
        connection.sendall(bytes(200_000) + head.encode() + photo)
        assert answer(connection).startswith(b"HTTP/1.1 201 ")


def refuse(live, stack):
    """A connection that has heard that it sends too much."""
    connection = stack.enter_context(live.connect())
    connection.sendall(ENDLESS + CHUNK)
    assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
    return connection


def test_who_sends_on_without_an_end_is_cut_off(small_colorizer):
    limits = {"uploads_bytes": 5000, "stall_seconds": LONG, "body_seconds": 1.0}
    with running(small_colorizer, **limits) as live, contextlib.ExitStack() as stack:
        connection = refuse(live, stack)
        with contextlib.suppress(ConnectionError):
            while True:
                connection.sendall(CHUNK)


def test_who_rests_is_cut_off(small_colorizer):
    limits = {"uploads_bytes": 5000, "stall_seconds": 0.5, "body_seconds": LONG}
    with running(small_colorizer, **limits) as live, contextlib.ExitStack() as stack:
        assert is_closed(refuse(live, stack))


def test_refused_clients_that_rest_stop_nobody_and_no_shut_down(small_colorizer, monkeypatch):
    monkeypatch.setattr(server, "SHUTDOWN_SECONDS", LONG)
    limits = {"uploads_bytes": 9000, "stall_seconds": LONG, "body_seconds": LONG}
    with contextlib.ExitStack() as stack, running(small_colorizer, **limits) as live:
        for _ in range(40):
            refuse(live, stack)
        add(live, make_jpeg(0))


def test_what_a_refused_body_held_is_given_back_with_the_error():
    """The error lives while the client is heard out, and its traceback knows the buffer."""
    pieces = [{"type": "http.request", "body": bytes(1_000_000), "more_body": True}] * 40

    async def receive():
        return pieces.pop()

    async def held_by_the_error():
        limits = Limits(uploads_bytes=20_000_000)
        reader = BodyReader(limits, Transfers(limits))
        request = Request({"type": "http", "headers": []}, receive)
        with pytest.raises(RequestError, match="too many uploads") as refusal:
            await reader.read(request, 30_000_000).__aenter__()
        assert refusal.value.__traceback__ is not None
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        assert asyncio.run(held_by_the_error()) < 5_000_000
    finally:
        tracemalloc.stop()

"""Connections that wait, stall, trickle or are never read: each ends, and none keeps others out."""

import contextlib
import json
import re
import socket
import threading
import time

import numpy as np
import pytest

from acolvit_jax.demo.server import connections
from acolvit_jax.photo import images
from tests.demo.live import LONG, add, head, running


def read_until_closed(connection):
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def is_closed(connection):
    """Waits until the server says something or hangs up."""
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


@pytest.mark.parametrize("limit", ["CONNECTIONS", "OF_ONE_CLIENT"])
def test_one_connection_too_many_takes_the_place_of_the_longest_idle(
    limit, small_colorizer, monkeypatch
):
    monkeypatch.setattr(connections, limit, 5)
    monkeypatch.setattr(connections, "KEEP_ALIVE_SECONDS", LONG)
    with running(small_colorizer) as live, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(live.connect()) for _ in range(5)]
        for connection in idle:
            connection.sendall(b"GET / HTTP/1.1\r\nHo")
        for _ in idle:
            another = stack.enter_context(live.connect())
            another.sendall(b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert another.recv(100).startswith(b"HTTP/1.1 200")
        assert all(is_closed(connection) for connection in idle)


def test_where_all_are_at_work_one_too_many_is_refused(small_colorizer, monkeypatch):
    monkeypatch.setattr(connections, "CONNECTIONS", 5)
    with running(small_colorizer) as live, contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(live.connect()).sendall(head(10_000) + b"\xff\xd8some")
        with live.connect() as one_too_many:
            assert is_closed(one_too_many)


@pytest.mark.parametrize("requests", [1, 400])  # what the system's buffers hold, and far more
def test_a_client_that_never_reads_loses_its_connection(requests, small_colorizer, monkeypatch):
    # Silence ends the connection where the buffers hold all answers; else only the stall can.
    silence = 0.5 if requests == 1 else LONG
    for name, seconds in (("KEEP_ALIVE", silence), ("STALL", 0.5), ("TICK", 0.1)):
        monkeypatch.setattr(connections, f"{name}_SECONDS", seconds)
    lost = threading.Event()
    end = connections.Connection.connection_lost
    monkeypatch.setattr(
        connections.Connection, "connection_lost", lambda self, exc: (end(self, exc), lost.set())
    )
    get = b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with running(small_colorizer) as live, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", live.port))
        deaf.settimeout(0.5)
        with contextlib.suppress(TimeoutError, ConnectionError):
            deaf.sendall(get * requests)
        assert lost.wait(60)
        assert live.call("GET", "/v1/info")[0] == 200


def test_silent_connections_end(small_colorizer, monkeypatch):
    with running(small_colorizer) as live:
        monkeypatch.setattr(connections, "KEEP_ALIVE_SECONDS", 0.3)
        with live.connect() as silent, live.connect() as begun:
            begun.sendall(b"GET / HTTP/1.1\r\nHo")
            assert is_closed(silent)
            assert is_closed(begun)


def test_a_head_that_does_not_end_is_cut_off_after_answers_too(small_colorizer, monkeypatch):
    with running(small_colorizer) as live:
        monkeypatch.setattr(connections, "KEEP_ALIVE_SECONDS", 0.3)
        with live.connect() as connection:
            for _ in range(2):
                connection.sendall(b"GET /v1/info HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 ")
            connection.settimeout(0.1)
            for _ in range(50):  # a byte now and then does not help
                try:
                    connection.sendall(b"G")
                    assert connection.recv(1) == b""
                    break
                except TimeoutError:
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    break
            else:
                pytest.fail("the connection is still open")


CHUNKED = b"/v1/photos HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_HTTP = {
    "another protocol": b"GET / HTP\r\n\r\n",
    "bytes": bytes(range(256)) * 40_000,
    "a long head": b"GET /" + b"a" * 10_000_000,
    "a negative length": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a piece without a length": b"POST " + CHUNKED + b"x" * 10_000_000,
    "a second request": b"GET /v1/photos/x HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"?\r\n" * 10_000,
}


@pytest.mark.parametrize("name", list(NO_HTTP))
def test_what_is_no_http_is_answered_in_json(small_colorizer, name, caplog):
    with running(small_colorizer) as live, live.connect() as connection:
        connection.sendall(NO_HTTP[name])
        answers = read_until_closed(connection)
        connection.close()
        assert live.call("GET", "/v1/info")[0] == 200
    if name == "a second request":
        assert answers.startswith(b"HTTP/1.1 404 ")
        answers = answers[answers.index(b"HTTP/1.1 400 ") :]
    head, _, body = answers.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n"), head
    fields = dict(line.lower().split(b": ") for line in head.split(b"\r\n")[1:])
    assert fields[b"content-type"] == b"application/json"
    assert fields[b"connection"] == b"close"
    assert int(fields[b"content-length"]) == len(body)
    assert json.loads(body) == {"error": "this is not valid HTTP/1.1", "field": None}
    assert not [record for record in caplog.records if record.exc_info]


def test_a_body_that_goes_wrong_harms_nothing(small_colorizer, caplog):
    """Of HEAD, whose answer has no body, and of a request that is answered already."""
    with running(small_colorizer, upload_bytes=1000) as live:
        with live.connect() as connection:
            connection.sendall(b"HEAD " + CHUNKED.replace(b"photos", b"info") + b"x\r\n")
            assert read_until_closed(connection).endswith(b"\r\n\r\n")
        with live.connect() as connection:
            connection.sendall(b"POST " + CHUNKED + b"800\r\n" + bytes(2048) + b"\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
            connection.sendall(b"x\r\n")
            assert is_closed(connection)
        assert live.call("GET", "/v1/info")[0] == 200
    assert not [record for record in caplog.records if record.exc_info]


def test_who_sends_what_is_no_http_on_and_on_is_cut_off(small_colorizer, monkeypatch):
    monkeypatch.setattr(connections, "KEEP_ALIVE_SECONDS", 0.5)
    with running(small_colorizer) as live, live.connect() as connection:
        with contextlib.suppress(ConnectionError):
            while True:
                connection.sendall(b"?\r\n")
        assert live.call("GET", "/v1/info")[0] == 200


def test_a_stalled_upload_times_out(small_colorizer):
    with running(small_colorizer, stall_seconds=0.5, body_seconds=LONG) as live:
        answer = live.raw(head(10_000) + b"\xff\xd8some")
    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert b'"error":"the request came too slowly; try again"' in answer


def test_a_trickle_times_out_too(small_colorizer):
    with (
        running(small_colorizer, stall_seconds=LONG, body_seconds=0.5) as live,
        live.connect() as connection,
    ):
        connection.sendall(head(10_000))
        connection.settimeout(0.02)
        answer = b""
        for _ in range(9_000):
            connection.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(65536)
                break
        assert answer.startswith(b"HTTP/1.1 408 "), answer


@pytest.mark.parametrize("leaves", [True, False])
def test_a_download_that_is_not_read_gives_its_memory_back(small_colorizer, leaves):
    pixels = np.random.default_rng(0).integers(0, 256, (2400, 2400, 3), dtype=np.uint8)
    limits = {"stall_seconds": LONG if leaves else 1.5, "downloads_bytes": 15_000_000}
    with running(small_colorizer, body_seconds=LONG, **limits) as live:
        photo = add(live, images.encode_image(pixels, ".jpg"))
        _, headers, _ = live.call("POST", f"/{photo['url']}/colorize", b'{"hints":[]}')
        path = f"/{json.loads(headers['X-Result'])['url']}?format=jpeg"
        with live.connect() as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            start = connection.recv(100)
            assert start.startswith(b"HTTP/1.1 200 ")
            if leaves:
                connection.close()
            # A second one has room only when the first one's is given back.
            deadline = time.monotonic() + 60
            while (status := live.call("HEAD", path)[0]) == 503:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert status == 200
            if not leaves:
                received = start + read_until_closed(connection)
                length = int(re.search(rb"content-length: ([0-9]+)", received)[1])
                assert 7_500_000 < length < 15_000_000  # room for one, not for two
                assert len(received) < length

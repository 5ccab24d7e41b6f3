"""A real server on a real port: slow clients, raw bytes, several clients at once."""

import contextlib
import json
import logging
import random
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from acolvit_jax.demo.server import connections
from acolvit_jax.demo.server.studio import Studio, to_int8
from acolvit_jax.photo import images
from tests.demo.live import running
from tests.photos import make_jpeg

LONG = 600  # seconds; longer than any test waits


@pytest.fixture(scope="module")
def live(small_colorizer):
    limits = {"stall_seconds": LONG, "body_seconds": LONG, "upload_bytes": 300_000}
    with running(small_colorizer, **limits) as live:
        yield live


def add(live, data):
    status, _, body = live.call("POST", "/v1/photos", data)
    assert status == 201, body
    return json.loads(body)


def colorize(live, photo, hints=()):
    body = json.dumps({"hints": list(hints)})
    status, _, content = live.call("POST", f"/{photo['url']}/colorize", body)
    assert status == 200, content
    return content


def head(length, path="/v1/photos"):
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


def read_until_closed(connection):
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def test_stalled_uploads_stop_nobody(live):
    """They stay for as long as the test runs: whoever waited for them would run out of time."""
    photo = add(live, make_jpeg(0))
    with contextlib.ExitStack() as stack:
        for _ in range(40):  # many more than there are threads
            stalled = stack.enter_context(live.connect())
            stalled.sendall(head(10_000) + b"\xff\xd8some")
        for seed in range(3):
            assert colorize(live, photo) == colorize(live, add(live, make_jpeg(0)))
            assert add(live, make_jpeg(seed))


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
    for name, seconds in (("KEEP_ALIVE", 0.5), ("STALL", 0.5), ("TICK", 0.1)):
        monkeypatch.setattr(connections, f"{name}_SECONDS", seconds)
    lost = threading.Event()
    end = connections.Connection.connection_lost
    monkeypatch.setattr(
        connections.Connection, "connection_lost", lambda self, exc: (end(self, exc), lost.set())
    )
    get = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
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


def test_all_thumbnails_can_be_asked_for_at_once(live):
    _, _, body = live.call("GET", "/v1/samples")
    paths = [f"/{sample['thumbnail']}" for sample in json.loads(body)] * 3
    with ThreadPoolExecutor(len(paths)) as clients:
        statuses = list(clients.map(lambda path: live.call("GET", path)[0], paths))
    assert statuses == [200] * len(paths)


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


def is_closed(connection):
    """Waits until the server says something or hangs up."""
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def test_a_stalled_upload_times_out(small_colorizer):
    with running(small_colorizer, stall_seconds=0.5, body_seconds=LONG) as live:
        answer = live.raw(head(10_000) + b"\xff\xd8some")
    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert b'"error":"the body came too slowly"' in answer


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


def test_a_client_that_leaves_harms_nobody(live):
    for _ in range(20):
        with live.connect() as connection:
            connection.sendall(head(10_000) + b"half")
    add(live, make_jpeg(0))


def test_a_browser_hears_of_413_though_it_sends_all(live):
    """The answer comes while the rest of the body is on its way; it must not be lost."""
    for length in (10_000_000, 301_000):
        status, _, body = live.call("POST", "/v1/photos", bytes(length))
        assert status == 413
        assert b"longer than" in body


def test_expect_100_is_answered_before_the_body(live):
    request = head(10**9).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    assert live.raw(request).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "target",
    [
        "/static/../server.py",
        "/static/../../serve.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/..%5cserver.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "//etc/passwd",
        "/../../../../etc/passwd",
        "/static/index.html%00.png",
        "/static/%00",
        "/static/\\..\\server.py",
        "/v1/samples/../../server.py/thumbnail",
        "/v1/samples/..%2f..%2fserver/thumbnail",
        "http://localhost/static/../server.py",
    ],
)
def test_no_raw_path_leads_out(live, target):
    answer = live.raw(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 4"), answer
    assert b"import" not in answer
    assert b"root:" not in answer


def test_raw_bytes_fail_nothing(live):
    rng = random.Random(7)
    good = head(11, "/v1/photos").replace(
        b"\r\n\r\n", b"\r\nContent-Type: application/json\r\n\r\n"
    )
    for _ in range(60):
        data = bytearray(good + b'{"sample":1}')
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with live.connect() as connection:
            connection.sendall(bytes(data))
            connection.settimeout(0.05)
            try:
                answer = connection.recv(65536)
            except (TimeoutError, ConnectionResetError):
                continue
            assert not answer.startswith(b"HTTP/1.1 5"), (data, answer)
    add(live, make_jpeg(0))


def test_an_old_client_without_host_is_refused(live):
    assert b" 400 " in live.raw(b"GET /v1/info HTTP/1.0\r\n\r\n")


def test_clients_at_once_get_their_own_photos(live, small_colorizer):
    data = [make_jpeg(i, (40 + i, 60)) for i in range(8)]
    photos = [add(live, each) for each in data]
    expected = [to_int8(small_colorizer(each).ab / 110) for each in data]
    order = [i % 8 for i in range(80)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: colorize(live, photos[i]), order))
    assert answers == [expected[i] for i in order]


def test_a_failure_of_our_own_is_logged_once(live, monkeypatch, caplog):
    def fail(self):
        raise RuntimeError("our secret")

    monkeypatch.setattr(Studio, "describe_model", fail)
    caplog.set_level(logging.ERROR, "uvicorn.error")  # servers that have ended silenced it
    status, _, body = live.call("GET", "/v1/info")
    assert (status, b"secret" in body) == (500, False)
    deadline = time.monotonic() + 60
    while "our secret" not in caplog.text:  # the log is written after the answer
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert caplog.text.count("RuntimeError: our secret") == 1


def test_one_connection_serves_many_requests(live):
    get = b"GET /v1/photos/x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with live.connect() as connection:
        connection.sendall(get * 3)
        received = b""
        while received.count(b"HTTP/1.1 404") < 3:
            piece = connection.recv(65536)
            assert piece
            received += piece

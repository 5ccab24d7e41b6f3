"""The server goes down: whoever is cut off hears so, as of every error."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

from acolvit_jax.demo.server import server
from acolvit_jax.demo.server.store import PhotoStore
from acolvit_jax.demo.server.studio import Studio
from tests.demo.live import LONG, add, head, running
from tests.photos import make_jpeg

MESSAGE = "the server is shutting down; try again later"


def check(status, headers, body):
    assert status == 503, body
    assert headers["Content-Type"] == "application/json"
    assert headers["Retry-After"] == "5"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(body) == {"error": MESSAGE, "field": None}


def test_what_is_computed_or_waits_is_503(small_colorizer, monkeypatch):
    """Two are computed, two wait for a thread, and the others for room."""
    monkeypatch.setattr(server, "SHUTDOWN_SECONDS", 0.3)
    gate, begun, result = threading.Event(), threading.Semaphore(0), Studio.result
    asked, find = threading.Semaphore(0), PhotoStore.result

    def slow(*args):
        begun.release()
        assert gate.wait(60)
        return result(*args)

    def found(*args):
        asked.release()
        return find(*args)

    monkeypatch.setattr(Studio, "result", slow)
    monkeypatch.setattr(PhotoStore, "result", found)
    room = 4 * 4 * 48 * 64
    with ThreadPoolExecutor(6) as pool:
        try:
            with running(small_colorizer, downloads_bytes=room, stall_seconds=LONG) as live:
                photo = add(live, make_jpeg(0, (48, 64)))
                _, headers, _ = live.call("POST", f"/{photo['url']}/colorize", b'{"hints":[]}')
                path = f"/{json.loads(headers['X-Result'])['url']}"
                calls = [pool.submit(live.call, "GET", path) for _ in range(6)]
                assert all(asked.acquire(timeout=60) for _ in range(6))
                assert all(begun.acquire(timeout=60) for _ in range(2))
        finally:
            gate.set()
        for call in calls:
            check(*call.result())


def test_an_upload_is_503(small_colorizer, monkeypatch):
    monkeypatch.setattr(server, "SHUTDOWN_SECONDS", LONG)
    with running(small_colorizer, stall_seconds=LONG) as live:
        connection = live.connect()
        connection.sendall(head(10_000) + b"\xff\xd8some")
        live.call("GET", "/v1/info")  # the server has seen the bytes before
    with connection:
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert MESSAGE.encode() in answer

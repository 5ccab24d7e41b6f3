"""A real server on a real port: raw bytes, several clients at once."""

import contextlib
import json
import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.studio import Studio, to_int8
from tests.demo.live import LONG, add, head, running
from tests.photos import make_jpeg


@pytest.fixture(scope="module")
def live(small_colorizer):
    limits = {"stall_seconds": LONG, "body_seconds": LONG, "upload_bytes": 300_000}
    with running(small_colorizer, **limits) as live:
        yield live


def ask(live, photo, hints=()):
    """Headers and body of an answer."""
    body = json.dumps({"hints": list(hints)})
    status, headers, content = live.call("POST", f"/{photo['url']}/colorize", body)
    assert status == 200, content
    return headers, content


def colorize(live, photo):
    """The bytes of a photo's a and b, without hints."""
    headers, content = ask(live, photo)
    return content[: json.loads(headers["X-Result"])["ab_bytes"]]


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


def test_all_thumbnails_can_be_asked_for_at_once(live):
    _, _, body = live.call("GET", "/v1/samples")
    paths = [f"/{sample['thumbnail']}" for sample in json.loads(body)] * 3
    with ThreadPoolExecutor(len(paths)) as clients:
        statuses = list(clients.map(lambda path: live.call("GET", path)[0], paths))
    assert statuses == [200] * len(paths)


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


def test_the_head_of_an_answer_has_room_for_all_hints(live):
    """Proxies give a head 4 kB, and Python's own client a line 64 kB."""
    photo = add(live, make_jpeg(0, (40, 60)))
    rng = random.Random(3)
    hints = [
        {
            "row": rng.randrange(photo["height"]),
            "column": rng.randrange(photo["width"]),
            "color": f"lab:{rng.uniform(-60, 60)!r},{rng.uniform(-60, 60)!r}",
        }
        for _ in range(Limits.hints)
    ]
    headers, content = ask(live, photo, hints)
    assert sum(len(f"{name}: {value}\r\n") for name, value in headers.items()) < 2048
    told = json.loads(content[json.loads(headers["X-Result"])["ab_bytes"] :])
    assert {name: len(entries) for name, entries in told.items()} == {
        "asked": Limits.hints,
        "got": Limits.hints,
        "limits": Limits.hints,
    }


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

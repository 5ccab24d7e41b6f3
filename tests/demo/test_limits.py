"""Too much, too many, too slow: refused early and clearly."""

import io
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.studio import Studio
from tests.demo.calls import add, colorize, refused
from tests.photos import make_jpeg, make_rgb


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def claiming_png(width, height):
    """A small PNG file that claims a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000))
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("size", [(50_000, 50_000), (50_001, 1000), (2**31 - 1, 1)])
def test_a_bomb_is_413_before_it_is_decoded(client, monkeypatch, size):
    def load(*args, **rest):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    refused(client.post("/v1/photos", content=claiming_png(*size)), 413, text="pixels")


def test_pixels_at_the_limit_are_read(make_client):
    client = make_client(pixels=48 * 64)
    add(client, make_jpeg(0))
    refused(client.post("/v1/photos", content=make_jpeg(0, (49, 64))), 413)


def test_a_small_machine_takes_no_more_pixels_than_colorize(make_client, monkeypatch):
    monkeypatch.setattr("acolvit_jax.demo.server.limits.max_pixels", lambda: 60_000_000)
    assert Limits().pixels == 50_000_000
    monkeypatch.setattr("acolvit_jax.demo.server.limits.max_pixels", lambda: 48 * 64)
    client = make_client()
    assert client.get("/v1/info").json()["limits"]["pixels"] == 48 * 64
    add(client, make_jpeg(0))
    refused(client.post("/v1/photos", content=make_jpeg(0, (49, 64))), 413, text="3,072 allowed")


def jpeg():
    return make_jpeg(0)


NO_IMAGES = {
    "empty": b"",
    "text": b"hello",
    "html": b"<html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "zeros": bytes(5000),
    "half a jpeg": jpeg()[: len(jpeg()) // 2],
    "a head only": jpeg()[:30],
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a png without pixels": claiming_png(1000, 1000)[:60],
}


@pytest.mark.parametrize("name", list(NO_IMAGES))
def test_what_is_no_image_is_415(client, name):
    refused(client.post("/v1/photos", content=NO_IMAGES[name]), 415)


def test_formats_that_start_other_programs_are_not_read(client):
    buffer = io.BytesIO()
    Image.fromarray(make_rgb(0)).save(buffer, "EPS")
    refused(client.post("/v1/photos", content=buffer.getvalue()), 415)


def test_floating_point_pixels_are_taken_and_what_is_lost_is_told(client):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((9, 9), np.float32)).save(buffer, "TIFF")
    answer = client.post("/v1/photos", content=buffer.getvalue())
    assert answer.status_code == 201
    assert answer.json()["notes"] == ["it has more than 8 bits a channel; the result has 8"]


def test_too_many_bytes_are_413_while_they_come(make_client):
    client = make_client(upload_bytes=10_000, json_bytes=1000)
    refused(client.post("/v1/photos", content=make_jpeg(0) + bytes(10_000)), 413)

    def endless():
        for _ in range(10_000):
            yield bytes(1000)

    refused(client.post("/v1/photos", content=endless()), 413)
    photo = add(client)
    body = '{"hints":[]' + " " * 1000 + "}"
    refused(client.post(f"/{photo['url']}/colorize", content=body), 413)
    headers = {"Content-Type": "application/json"}
    refused(client.post("/v1/photos", content=body, headers=headers), 413)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "9" * 400}, 413),
        ({"Content-Length": str(2**26 + 1)}, 413),
        ({"Content-Length": "-1"}, 400),
        ({"Content-Length": "ten"}, 400),
        ({"Content-Length": "٣"}, 400),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
def test_headers_are_believed_before_the_body_is_read(client, headers, status):
    encoded = {name: value.encode() for name, value in headers.items()}
    refused(client.post("/v1/photos", content=make_jpeg(0), headers=encoded), status)


def test_uploads_share_memory_and_give_it_back(make_client):
    client = make_client(uploads_bytes=10_000)
    for _ in range(5):
        response = client.post("/v1/photos", content=bytes(11_000))
        refused(response, 503)
        assert response.headers["Retry-After"]
        add(client)


def test_a_busy_server_says_so_and_recovers(make_client, monkeypatch):
    client = make_client(waiting=1, decodes=1)
    gate, read = threading.Event(), Studio.read

    def slow(self, *args):
        assert gate.wait(20)
        return read(self, *args)

    monkeypatch.setattr(Studio, "read", slow)
    photo_bytes = make_jpeg(0)
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(client.post, "/v1/photos", content=photo_bytes) for _ in range(6)]
        deadline = time.monotonic() + 20
        while sum(call.done() for call in calls) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        gate.set()
        answers = [call.result() for call in calls]
    assert sorted(a.status_code for a in answers) == [201, 201, 503, 503, 503, 503]
    for answer in answers:
        if answer.status_code == 503:
            refused(answer, 503)
            assert answer.headers["Retry-After"] == "1"
    colorize(client, add(client))


def test_a_failure_of_our_own_is_a_500_without_a_trace(client, monkeypatch):
    def fail(*args):
        raise RuntimeError("our secret")

    monkeypatch.setattr(Studio, "colorize", fail)
    photo = add(client)
    response = client.post(f"/{photo['url']}/colorize", json={"hints": []})
    assert response.status_code == 500
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"):
        assert response.headers[name] == client.get("/v1/info").headers[name]
    assert "secret" not in response.text
    assert response.json()["error"]

"""A thousand malformed requests: none fails the server, which colorizes correctly afterwards."""

import io
import json
import random

import numpy as np
from httpx2 import InvalidURL
from PIL import Image

from acolvit_jax.demo.server.studio import to_int8
from tests.demo.calls import HINTS, add, colorize, colors_of, result_of
from tests.photos import make_jpeg, make_rgb

COUNT = 1000
VALUES = (
    None, True, False, 0, -1, 1, 2, 3, 0.5, 1e308, -0.0, 10**30, "", "a", "\ud800", "é", "\0", [],
    {}, [[]], "red", "#fff", "lab:1,2", "lab:", "lab:inf,0", "hsl(999,999%,999%)", "hsv(1,1%,1%)",
)  # fmt: skip
KEYS = (
    "hints",
    "budget",
    "size",
    "reach",
    "exact_hints",
    "sample",
    "row",
    "column",
    "color",
    "x",
    "",
)
METHODS = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "GEt", "X-Y")
HEADERS = (
    "Host", "Origin", "Content-Type", "Content-Length", "Content-Encoding", "If-None-Match",
    "Range", "Accept", "Cookie", "Transfer-Encoding", "Expect", "X-Forwarded-Host", "Connection",
)  # fmt: skip
WORDS = (
    b"", b"null", b"*", b"-1", b"gzip", b"application/json", b"\xff\xfe", b"http://a", b";;",
    b"bytes=0-5", b"127.0.0.1:8000", b"[::1]", b"image/jpeg", b"99999999999", b"%00", b"a,b",
)  # fmt: skip


def random_json(rng, depth=0):
    """Any JSON."""
    choice = rng.random()
    if choice < 0.6 or depth > 3:
        return rng.choice(VALUES)
    if choice < 0.8:
        return [random_json(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): random_json(rng, depth + 1) for _ in range(rng.randrange(4))}


def mutated_json(rng):
    """A valid request with something of it replaced."""
    body = {"hints": [dict(h) for h in HINTS], "budget": 0.5, "exact_hints": False}
    for _ in range(rng.randrange(1, 3)):
        target = rng.choice([body, *(h for h in body["hints"] if isinstance(h, dict))])
        target[rng.choice([*target, *KEYS])] = random_json(rng)
        if not isinstance(body.get("hints"), list):
            break
    return body


def mutated_bytes(rng, data):
    """Bytes cut, changed, repeated or dropped."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            del data[at:]
        elif kind == 1 and at < len(data):
            data[at] = rng.randrange(256)
        elif kind == 2:
            del data[at : at + rng.randrange(40)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(20))
    return bytes(data)


def mutated_path(rng, path):
    """A path of a valid request, or nearly."""
    data = path.encode()
    kind = rng.randrange(8)
    if kind not in (1, 2, 3):
        return data
    if kind == 1:
        extra = rng.choice(
            (b"/", b"/..", b"%00", b"%ff", b"?max_side=x", b"?format=%ff", b"//", b"#")
        )
        return data + extra
    if kind == 2:
        return data.replace(b"/", rng.choice((b"//", b"%2f", b"/../", b"\\")), 1)
    allowed = bytes(c for c in mutated_bytes(rng, data) if 33 <= c < 127 and c not in b"#")
    return b"/" + allowed.lstrip(b"/")


def address(rng, client, path):
    """The first mutation that the client's own library lets pass."""
    while True:
        try:
            return client.base_url.copy_with(raw_path=mutated_path(rng, path))
        except InvalidURL:
            continue


def mutated_headers(rng):
    headers = [(b"Host", b"127.0.0.1:8000")] if rng.random() < 0.9 else []
    for _ in range(rng.randrange(3)):
        if rng.random() < 0.5:
            headers.append((rng.choice(HEADERS).encode(), rng.choice(WORDS)))
    return headers


def body_of(rng, photo_bytes, samples):
    kind = rng.randrange(6)
    if kind == 0:
        return mutated_bytes(rng, rng.choice(photo_bytes))
    if kind == 1:
        return mutated_bytes(rng, json.dumps(mutated_json(rng)).encode())
    if kind == 2:
        return rng.randbytes(rng.randrange(200))
    content = {3: random_json, 4: mutated_json}.get(kind, lambda _: {"sample": rng.choice(samples)})
    return json.dumps(content(rng)).encode()


def seed_files():
    """Small photos of several kinds."""
    files = []
    for kind in ("JPEG", "PNG", "TIFF", "GIF", "WEBP", "BMP"):
        buffer = io.BytesIO()
        Image.fromarray(make_rgb(2, (12, 15))).save(buffer, kind)
        files.append(buffer.getvalue())
    return files


def test_a_thousand_malformed_requests(make_client, small_colorizer):
    rng = random.Random(20240229)
    client = make_client()
    rgb = make_rgb(0)
    photo = add(client, make_jpeg(7))
    result = result_of(colorize(client, photo))
    paths = [
        "/", "/static/index.html", "/v1/info", "/v1/samples", "/v1/samples/bee/thumbnail",
        "/v1/photos", "/v1/photos", "/v1/photos", f"/{photo['grey']}", "/v1/openapi.json",
        f"/{photo['url']}/colorize", f"/{photo['url']}/colorize", f"/{photo['url']}/colorize",
        f"/{result['url']}", f"/{result['url']}?format=jpeg",
    ]  # fmt: skip
    files, samples = seed_files(), ["bee", "cat", "../bee", 1]
    statuses = {}
    refused = 0  # some mutations leave a request well-formed; those do not count
    while refused < COUNT:
        path = rng.choice(paths)
        posts = path.endswith(("colorize", "photos"))
        usual = "POST" if posts else "GET"
        method = usual if rng.random() < 0.8 else rng.choice(METHODS)
        url = address(rng, client, path)
        body = body_of(rng, files, samples) if posts or rng.random() < 0.1 else b""
        response = client.request(method, url, headers=mutated_headers(rng), content=body)
        statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
        assert response.status_code < 500, (method, url, body[:300], response.text)
        refused += response.status_code >= 400
        if response.status_code >= 400 and method != "HEAD":
            assert set(response.json()) == {"error", "field"}
    assert {200, 201, 400, 403, 404, 405, 415, 422} <= set(statuses), statuses
    buffer_photo = add(client, png(rgb))
    answer = colorize(client, buffer_photo, [])
    assert colors_of(answer) == to_int8(small_colorizer(rgb).ab / 110)
    assert np.frombuffer(colors_of(answer), np.int8).any()


def png(rgb):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()

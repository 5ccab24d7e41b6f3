"""What a client of the demo does."""

import io
import json

import numpy as np
from PIL import Image

from acolvit_jax import Hint
from acolvit_jax.hints.text import parse_color
from tests.photos import make_jpeg

HINTS = [
    {"row": 0, "column": 0, "color": "#c81e1e"},
    {"row": 47, "column": 63, "color": "lab:5,-40"},
    {"row": 20, "column": 31, "color": "teal"},
]


def own_hints(hints=HINTS):
    """The same for a Colorizer."""
    return [Hint(h["row"], h["column"], parse_color(h["color"])) for h in hints]


def decoded(response):
    """The pixels of an answer."""
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)))


def encoded(image, kind, **options):
    """A picture's file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def add(client, data=None, **options):
    """Sends a photo; returns what the server says of it."""
    response = client.post("/v1/photos", content=data or make_jpeg(0), **options)
    assert response.status_code == 201, response.text
    return response.json()


def colorize(client, photo, hints=HINTS, **fields):
    response = client.post(f"/{photo['url']}/colorize", json={"hints": hints, **fields})
    assert response.status_code == 200, response.text
    return response


def colors_of(response):
    """The bytes of the answer's a and b."""
    return response.content[: result_of(response)["ab_bytes"]]


def values(response, side=32):
    """The answer's a and b, int8 `[S, S, 2]`."""
    return np.frombuffer(colors_of(response), np.int8).reshape(side, side, 2)


def result_of(response):
    return json.loads(response.headers["X-Result"])


def outcomes_of(response):
    """What the answer says of each hint, behind its colors."""
    return json.loads(response.content[result_of(response)["ab_bytes"] :])


def refused(response, status, field=None, *, text=""):
    """Checks an error's form; returns its line."""
    assert response.status_code == status, (response.status_code, response.text)
    assert response.headers["Content-Type"] == "application/json"
    content = response.json()
    assert set(content) == {"error", "field"}
    assert content["field"] == field, content
    assert text in content["error"]
    assert content["error"].strip()
    assert "\n" not in content["error"]
    assert "Traceback" not in content["error"]
    return content["error"]

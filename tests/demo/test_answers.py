"""What the HTTP interface answers is what the Colorizer says."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from acolvit_jax.demo.server.studio import to_int8
from acolvit_jax.inference.finish import Finish
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import images
from tests.demo.calls import (
    HINTS,
    add,
    colorize,
    colors_of,
    decoded,
    encoded,
    outcomes_of,
    own_hints,
    refused,
    result_of,
    values,
)
from tests.photos import make_rgb


def test_answers_are_the_colorizers_own(client, small_colorizer):
    rgb = make_rgb(0)
    photo = add(client, encoded(Image.fromarray(rgb), "PNG"))
    for fields in ({}, {"budget": 0.9, "exact_hints": False}):
        response = colorize(client, photo, **fields)
        expected = small_colorizer(rgb, own_hints(), **fields)
        np.testing.assert_array_equal(
            values(response), np.frombuffer(to_int8(expected.ab / 110), np.int8).reshape(32, 32, 2)
        )
        result = result_of(response)
        assert result["macs"] == expected.macs
        assert result["keep_ratio"] == expected.keep_ratio
        told = outcomes_of(response)
        assert told["asked"] == [outcome.asked for outcome in expected.outcomes]
        assert told["got"] == ["#" + bytes(o.got).hex() for o in expected.outcomes]
        assert told["limits"] == [outcome.limit for outcome in expected.outcomes]
        assert result["budget"] == fields.get("budget", 0.5)
        assert result["decisions"] == "".join(str(int(d)) for d in expected.decisions.ravel())
        png = client.get("/" + result["url"])
        np.testing.assert_array_equal(decoded(png), expected.rgb)
        assert png.headers["Content-Type"] == "image/png"
        jpeg = client.get(f"/{result['url']}?format=jpeg")
        assert jpeg.content == images.encode_image(expected.rgb, ".jpg")
        assert 'attachment; filename="photo_color.jpg"' in jpeg.headers["Content-Disposition"]


def test_finishing_is_a_query_of_the_result(client, small_colorizer):
    photo = add(client, encoded(Image.fromarray(make_rgb(0)), "PNG"))
    url = result_of(colorize(client, photo))["url"]
    finish = Finish(saturation=1.5, warmth=-0.25)
    expected = small_colorizer(make_rgb(0), own_hints(), finish=finish).rgb
    png = client.get(f"/{url}?saturation=1.5&warmth=-0.25")
    np.testing.assert_array_equal(decoded(png), expected)
    for text in ("2.1", "nan", "inf", "1e999", "1_0", "1e", "--1", "", "1" + 40 * "0", "%D9%A1"):
        refused(client.get(f"/{url}?saturation={text}"), 422, "saturation")
    refused(client.get(f"/{url}?warmth=-1.5"), 422, "warmth")


def test_finishing_takes_numbers_as_programs_write_them(client, small_colorizer):
    photo = add(client, encoded(Image.fromarray(make_rgb(0)), "PNG"))
    url = result_of(colorize(client, photo))["url"]
    for text, value in (
        (repr(1.1 * 1.1), 1.2100000000000002),
        ("0.30000000000000004", 0.1 + 0.2),
        ("1e-05", 0.00001),
        ("1.5E0", 1.5),
        (".5", 0.5),
    ):
        expected = small_colorizer(make_rgb(0), own_hints(), finish=Finish(value, -value / 2)).rgb
        png = client.get(f"/{url}?saturation={text}&warmth={-value / 2!r}")
        np.testing.assert_array_equal(decoded(png), expected)


def test_a_color_that_the_photo_cannot_show_is_told(client):
    grey = Image.fromarray(np.full((48, 64, 3), 90, np.uint8))
    photo = add(client, encoded(grey, "PNG"))
    hints = [
        {"row": 10, "column": 10, "color": "#00ff00"},
        {"row": 40, "column": 10, "color": "#c8b4b4"},
        {"row": 25, "column": 50, "color": "lab:10,5"},
        {"row": 4, "column": 60, "color": "keep"},
        {"row": 24, "column": 51, "color": "lab:-10,5"},
    ]
    response = colorize(client, photo, hints)
    told = outcomes_of(response)
    assert told["asked"] == ["#00ff00", "#c8b4b4", "lab:10.0,5.0", "keep", "lab:-10.0,5.0"]
    assert told["limits"] == ["gamut", "lightness", "replaced", None, None]
    shown = decoded(client.get("/" + result_of(response)["url"]))
    places = [(hint["row"], hint["column"]) for hint in hints]
    assert told["got"] == ["#" + bytes(shown[place].tolist()).hex() for place in places]


def test_int8_is_rounded_and_clipped():
    ab = np.array([[[0.0, 1.0], [-1.0, 1.2], [0.5 / 127 + 1e-4, -3.0]]], np.float32)
    assert np.frombuffer(to_int8(ab), np.int8).tolist() == [0, 127, -127, 127, 1, -127]


def test_the_same_request_gives_the_same_answer(client):
    photo = add(client)
    first = colorize(client, photo, budget=0.5)
    again = colorize(client, photo, [{**h, "color": h["color"].upper()} for h in HINTS])
    assert first.content == again.content
    assert result_of(first) == result_of(again)
    other = colorize(client, photo, HINTS[:1])
    assert result_of(other)["id"] != result_of(first)["id"]
    assert colorize(client, photo, budget=0.5).content == first.content


def test_the_time_is_told_by_stage(client):
    timing = colorize(client, add(client)).headers["Server-Timing"]
    stages = dict(part.split(";dur=") for part in timing.split(", "))
    assert list(stages) == ["input", "model", "total"]
    assert float(stages["total"]) >= float(stages["model"]) > 0


def test_two_clients_at_once_do_not_mix(client, small_colorizer):
    photos = [make_rgb(i, (40 + i, 50)) for i in range(6)]
    sent = [add(client, encoded(Image.fromarray(rgb), "PNG")) for rgb in photos]
    expected = [
        to_int8(
            small_colorizer.predict(
                Tones.of(rgb, 32), small_colorizer.place((), rgb.shape[:2])
            ).ab_norm
        )
        for rgb in photos
    ]
    order = [i % 6 for i in range(60)]
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda i: colors_of(colorize(client, sent[i], [])), order)
        for i, answer in zip(order, answers, strict=True):
            assert answer == expected[i]

"""The page without a server gives the colors of the Colorizer."""

import base64
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("jax2onnx", reason="the site is built in an environment with jax2onnx")

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints import Hint
from acolvit_jax.hints.text import hint_of
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.finish import Finish
from acolvit_jax.inference.suggestions import suggest
from acolvit_jax.inference.tones import Tones
from acolvit_jax.photo import images
from tests.demo.browser.driver import until

COFFEE = next(path for path in sample_photos() if path.stem == "coffee")


def saved(folder, name):
    path = folder / name
    until(lambda: path.exists() and not list(folder.glob("*.crdownload")), name)
    return path


def test_colors_equal_the_colorizer_s(page, model, downloads):
    page.sample("coffee")
    page.click(100, 120)
    page.js("document.querySelector('#hex').value = '#2060c0'")
    page.js("document.querySelector('#hex').dispatchEvent(new Event('change'))")
    page.settle()
    page.js("document.querySelector('[data-save=png]').click()")
    hints = [hint_of(hint) for hint in page.hints]
    colorizer = Colorizer(*load_pretrained(model), budget=page.state["budget"])
    expected = colorizer(COFFEE, hints)
    seen = images.read_image(saved(downloads, "coffee_color.png")).astype(int)
    assert np.abs(seen - expected.rgb).max() <= 1
    decisions = "".join(str(int(d)) for d in expected.decisions.flat)
    assert page.state["result"]["decisions"] == decisions
    assert page.state["result"]["macs"] == expected.macs


HINTS = [
    {"row": 100, "column": 120, "color": "#c03020", "size": 8},
    {"row": 101, "column": 121, "color": "lab:-30,20", "size": 2},
    {"row": 40, "column": 300, "color": "teal", "size": 2, "reach": 40},
    {"row": 0, "column": 0, "color": "lab:5,-40", "size": 16, "reach": 224},
    {"row": 250, "column": 330, "color": "keep", "size": 2},
    {"row": 200, "column": 60, "color": "keep", "size": 2, "reach": 20},
    {"row": 300, "column": 200, "color": "#00ff00", "size": 2},
    {"row": 20, "column": 200, "color": "lab:20,-15", "size": 2},
]

CASES = [
    (HINTS[:1], {"saturation": 1, "warmth": 0}),
    (HINTS, {"saturation": 1, "warmth": 0}),
    (HINTS[3:4], {"saturation": 1.6, "warmth": -0.4}),
    ([], {"saturation": 0.5, "warmth": 1}),
]


def test_hints_of_every_kind_what_came_of_them_and_finishing_equal_the_colorizer_s(page, model):
    page.driver.set_script_timeout(120)
    made = page.module(
        """
        const { createEngine } = await import('./static/engine_local.js');
        const engine = await createEngine();
        const options = { name: 'coffee', onProgress() {}, signal: new AbortController().signal };
        const photo = await engine.open({ sample: 'coffee' }, options);
        const saved = [];
        for (const [hints, finish] of args[0]) {
          const { result } = await engine.colorize(photo, { hints, budget: 0.5 });
          const { blob } = await engine.save(photo, result, 'png', finish);
          const bytes = new Uint8Array(await blob.arrayBuffer());
          const png = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
          const { asked, got, limits } = result;
          saved.push({ png, asked, got, limits });
        }
        return saved;""",
        CASES,
    )
    colorizer = Colorizer(*load_pretrained(model), budget=0.5)
    for (listed, finish), given in zip(CASES, made, strict=True):
        hints = [hint_of(hint) for hint in listed]
        expected = colorizer(COFFEE, hints, finish=Finish(**finish))
        seen = images.read_image(base64.b64decode(given["png"])).astype(int)
        assert np.abs(seen - expected.rgb).max() <= 1, (hints, finish)
        plain = colorizer(COFFEE, hints).outcomes
        assert given["asked"] == [outcome.asked for outcome in plain]
        assert given["limits"] == [outcome.limit for outcome in plain]
        for got, outcome in zip(given["got"], plain, strict=True):
            assert np.abs(np.subtract(list(bytes.fromhex(got[1:])), outcome.got)).max() <= 1


class Follower:
    """Stands for a model whose colors are a part of its hints' mean, another one of each hue."""

    config = SimpleNamespace(hint_size=2)

    def many(self, inputs, budget):
        mask = inputs[..., 3:]
        mean = (inputs[..., 1:3] * mask).sum((1, 2)) / np.maximum(mask.sum((1, 2)), 1)
        answers = mean * (0.6 + mean[:, :1] / 4 + mean[:, 1:] / 10)
        return np.tile(answers[:, None, None], (1, *inputs.shape[1:3], 1)), None


def test_suggestions_equal_the_server_s(page):
    side, size = 32, (60, 80)
    norm = np.random.default_rng(0).uniform(-0.4, 0.4, (side, side, 1)).astype(np.float32)
    tones = Tones(norm)
    places = [
        {"row": 0, "column": 0, "hints": []},
        {"row": 31, "column": 44, "hints": [{**HINTS[1], "row": 10, "column": 70}]},
        {"row": 59, "column": 79, "hints": [{"row": 58, "column": 78, "color": "lab:20,5"}]},
    ]
    made = page.module(
        """
        const { suggest } = await import('./static/local_suggestions.js');
        const [places, lightness, side, [height, width]] = args;
        const answer = async (placed) => {
          const means = [0, 1].map((c) => placed.reduce((sum, { ab }) => sum + ab[c], 0)
            / Math.max(placed.length, 1));
          const share = 0.6 + means[0] / 440 + means[1] / 1100;
          return Float32Array.from({ length: 2 * side * side }, (_, i) => share * means[i & 1]);
        };
        return Promise.all(places.map((place) => suggest(
          place, { width, height }, answer, Float32Array.from(lightness), side, 2)));""",
        places,
        tones.lightness.ravel().tolist(),
        side,
        size,
    )
    for place, given in zip(places, made, strict=True):
        at = Hint(place["row"], place["column"], (0.0, 0.0))
        hints = [hint_of(hint) for hint in place["hints"]]
        expected = suggest(Follower(), tones, at, hints, size, budget=0.5)
        found = [[color["a"], color["b"], color["likely"]] for color in given]
        assert found
        np.testing.assert_allclose(found, [[s.a, s.b, s.likely] for s in expected], atol=0.01)


def test_a_new_place_ends_the_suggestions_for_the_older(page):
    older, newer = page.module(
        """
        const { createEngine } = await import('./static/engine_local.js');
        const engine = await createEngine();
        const options = { name: 'coffee', onProgress() {}, signal: new AbortController().signal };
        const photo = await engine.open({ sample: 'coffee' }, options);
        const at = (row) => engine.suggest(photo, { row, column: 9, hints: [], budget: 0.5 });
        const older = at(1).catch((error) => error.kind);
        const newer = await at(2);
        return [await older, Array.isArray(newer)];"""
    )
    assert (older, newer) == ("busy", True)

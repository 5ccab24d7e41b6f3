"""The Colorizer: any photo, any hints, any thread; no program is compiled twice."""

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from acolvit_jax import Colorizer, Hint
from acolvit_jax.common.errors import CheckpointError, ConfigError, HintError, ImageError
from acolvit_jax.hints import hint_planes
from acolvit_jax.inference.compilation import compile_forward
from acolvit_jax.inference.engine import Engine
from acolvit_jax.inference.finish import Finish
from acolvit_jax.inference.placed import place
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.compute import forward_macs
from acolvit_jax.models.params import graphdef_of
from acolvit_jax.photo import color, images
from tests.models_on_disk import SMALL, random_params, write_model
from tests.photos import make_jpeg, make_rgb

HINTS = [Hint(0, 0, (200, 30, 30)), Hint(47, 63, (5.0, -40.0))]


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer(SMALL, random_params())


def test_it_is_the_model_on_the_small_photo(colorizer):
    """The same, by hand, from the masked forward."""
    rgb = make_rgb(0)
    everywhere = [dataclasses.replace(hint, reach=224.0) for hint in HINTS]
    result = colorizer(rgb, everywhere, exact_hints=False)
    lightness = color.uint8_to_lab(images.resize(rgb, (32, 32)))[..., :1]
    inputs = np.concatenate([(lightness - 50) / 100, hint_planes(HINTS, (48, 64), 32)], axis=-1)
    model = nnx.merge(graphdef_of(SMALL), random_params())
    ab, decisions = model(inputs[None], train=False)
    np.testing.assert_allclose(result.ab, ab[0] * 110, atol=2e-3)
    np.testing.assert_array_equal(result.decisions, decisions[0])
    assert result.macs == forward_macs(decisions[0], SMALL)
    assert result.keep_ratio == pytest.approx(float(decisions.mean()))
    assert result.rgb.shape == rgb.shape
    assert set(result.seconds) == {"input", "model", "output"}


def test_no_hints_are_allowed(colorizer):
    assert colorizer(make_rgb(0)).rgb.shape == (48, 64, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (20_000, 3), (3, 20_000), (517, 333)])
def test_photos_of_any_size(colorizer, size):
    assert colorizer(make_rgb(0, size), [Hint(size[0] - 1, size[1] - 1, (9, 9, 99))]).rgb.shape == (
        *size,
        3,
    )


def test_grey_arrays_paths_and_bytes_are_photos(colorizer, tmp_path):
    grey = make_rgb(0)[..., 0]
    expected = colorizer(np.repeat(grey[..., None], 3, -1)).rgb
    np.testing.assert_array_equal(colorizer(grey).rgb, expected)
    (tmp_path / "photo.jpg").write_bytes(make_jpeg(3))
    np.testing.assert_array_equal(
        colorizer(tmp_path / "photo.jpg").rgb, colorizer(make_jpeg(3)).rgb
    )


@pytest.mark.parametrize(
    "photo", [np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_other_arrays_are_refused(colorizer, photo):
    with pytest.raises(ImageError, match=r"a photo is uint8 \[H, W, 3\]"):
        colorizer(photo)


@pytest.mark.parametrize(
    "kind",
    [lambda grey: grey.view(np.matrix), np.ma.array, lambda grey: np.ma.masked_less(grey, 100)],
    ids=["matrix", "masked", "with a mask"],
)
def test_a_matrix_or_masked_array_is_a_photo_as_other_arrays_are(colorizer, kind):
    grey = make_rgb(0)[..., 0]
    result = colorizer(kind(grey)).rgb
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, colorizer(grey).rgb)


@pytest.mark.parametrize("exact", [False, True])
def test_predict_takes_a_lightness_that_was_kept(colorizer, exact):
    rgb = make_rgb(0)
    whole = colorizer(rgb, HINTS, exact_hints=exact)
    placed = place(HINTS, (48, 64), 32)
    part = colorizer.predict(Tones.of(rgb, 32), placed, exact_hints=exact)
    np.testing.assert_array_equal(color.denormalize_ab(part.ab_norm), whole.ab)
    np.testing.assert_array_equal(part.decisions, whole.decisions)
    assert part.macs == whole.macs


def test_a_hint_outside_is_refused(colorizer):
    with pytest.raises(HintError, match="row 48"):
        colorizer(make_rgb(0), [Hint(48, 0, (1, 2, 3))])


def test_hints_may_come_one_at_a_time(colorizer):
    rgb = make_rgb(0)
    expected = colorizer(rgb, HINTS)
    result = colorizer(rgb, (hint for hint in HINTS))
    np.testing.assert_array_equal(result.rgb, expected.rgb)
    assert result.outcomes == expected.outcomes
    assert len(colorizer.place(iter(HINTS), (48, 64))) == 2


@pytest.mark.parametrize(
    "hints",
    [[(1, 1, (1, 2, 3))], [{"row": 1, "column": 1, "color": "red"}], HINTS[0], "red", 3, [None]],
)
def test_what_is_no_hint_is_refused(colorizer, hints):
    for call in (colorizer, lambda _, given: colorizer.place(given, (48, 64))):
        with pytest.raises(HintError, match=r"wanted (Hint\(|a sequence)"):
            call(make_rgb(0), hints)


def test_threads_get_their_own_photos(colorizer):
    photos = [make_rgb(i, (30 + i, 40)) for i in range(12)]
    expected = [colorizer(photo).rgb for photo in photos]
    with ThreadPoolExecutor(6) as pool:
        for got, wanted in zip(pool.map(lambda p: colorizer(p).rgb, photos), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_nothing_is_compiled_again(colorizer):
    colorizer(make_rgb(0), HINTS)
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *args, **rest: compiled.append(event) if "compile" in event else None
    )
    try:
        for size, count in (((31, 77), 0), ((222, 5), 1), ((48, 64), 2)):
            colorizer(make_rgb(1, size), [Hint(0, i, (1, 2, 3)) for i in range(count)])
        Colorizer(SMALL, random_params(seed=5))(make_rgb(0))
    finally:
        jax.monitoring.clear_event_listeners()
    assert compiled == []


def test_the_budget_is_an_argument_of_a_model_that_takes_one():
    config = dataclasses.replace(SMALL, any_budget=True, depth=6)
    params = random_params(config)
    colorizer = Colorizer(config, params)
    assert colorizer.budget == 0.5
    changed = [colorizer(make_rgb(0), budget=b).ab for b in (0.1, 1.0)]
    assert abs(changed[0] - changed[1]).max() > 1e-3
    for budget in (0.05, 1.5, 0.0):
        with pytest.raises(ConfigError, match=rf"budget={budget} must be in \[0.1, 1\]"):
            colorizer(make_rgb(0), budget=budget)
    for half in (np.float32(0.5), jnp.float32(0.5)):
        assert colorizer.engine.check_budget(half) == 0.5
    for budget in ("0.5", True, [0.5]):
        with pytest.raises(ConfigError, match=re.escape(f"budget {budget!r} must be a number")):
            colorizer(make_rgb(0), budget=budget)


def test_a_fixed_model_takes_no_budget():
    with pytest.raises(ConfigError, match="fixed when it was trained"):
        Colorizer(SMALL, random_params(), budget=0.5)


def test_many_equal_one(colorizer):
    engine = colorizer.engine
    inputs = np.random.default_rng(0).normal(size=(5, 32, 32, 4)).astype(np.float32)
    ab, decisions = engine.many(inputs)
    for i in range(5):
        one, chosen = engine.one(inputs[i])
        np.testing.assert_array_equal(ab[i], one)
        np.testing.assert_array_equal(decisions[i], chosen)


@pytest.mark.parametrize("count", [1, 4, 7])
def test_accelerators_take_the_program_with_buckets(monkeypatch, count):
    config = dataclasses.replace(SMALL, any_budget=True)
    engine = Engine(config, random_params(config), batch_size=4)
    inputs = np.random.default_rng(0).normal(size=(count, 32, 32, 4)).astype(np.float32)
    expected = engine.many(inputs, 0.3)
    monkeypatch.setattr(jax, "default_backend", lambda: "tpu")
    got = engine.many(inputs, 0.3)
    np.testing.assert_allclose(got[0], expected[0], atol=1e-5)
    np.testing.assert_array_equal(got[1], expected[1])


def test_one_program_serves_all_models_of_an_architecture():
    assert compile_forward(SMALL) is compile_forward(dataclasses.replace(SMALL))


def test_from_pretrained_reads_a_file(tmp_path):
    cached = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "cache"))
    try:
        colorizer = Colorizer.from_pretrained(write_model(tmp_path))
        expected = Colorizer(SMALL, random_params())(make_rgb(0)).rgb
        np.testing.assert_array_equal(colorizer(make_rgb(0)).rgb, expected)
        with pytest.raises(CheckpointError, match="no model at"):
            Colorizer.from_pretrained(tmp_path / "nothing")
    finally:
        jax.config.update("jax_compilation_cache_dir", cached)


@pytest.mark.parametrize("size", [(48, 64), (400, 300), (20, 17)])
def test_hints_are_exact_on_the_photo_and_said_to_be(colorizer, size):
    rgb = np.full((*size, 3), 128, np.uint8)
    hint = Hint(size[0] // 2, size[1] // 3, (12.0, -9.0))
    result = colorizer(rgb, [hint])
    lab = color.uint8_to_lab(result.rgb[hint.row, hint.column])
    np.testing.assert_allclose(lab[1:], [12.0, -9.0], atol=0.6)
    (outcome,) = result.outcomes
    assert (outcome.asked, outcome.limit) == ("lab:12.0,-9.0", None)
    assert outcome.got == tuple(result.rgb[hint.row, hint.column].tolist())


def test_a_hint_whose_cell_another_takes_is_said_to_be_replaced(colorizer):
    rgb = np.full((480, 640, 3), 128, np.uint8)  # a cell is 30 rows and 40 columns of it
    red, green, nearly = (20.0, 9.0), (-20.0, 9.0), (-20.0, 8.0)
    hints = [
        Hint(3, 4, red),
        Hint(20, 30, green),
        Hint(200, 300, None),
        Hint(201, 301, green),
        Hint(400, 500, nearly),
        Hint(401, 501, green),
        Hint(100, 100, None),
        Hint(101, 101, None),
    ]
    limits = [outcome.limit for outcome in colorizer(rgb, hints).outcomes]
    assert limits == ["replaced", None, "replaced", None, None, None, None, None]


def test_a_place_is_left_as_it_is_without_hints(colorizer):
    rgb = make_rgb(0)
    without = colorizer(rgb).rgb.astype(int)
    kept = Hint(10, 50, None)
    together = colorizer(rgb, [Hint(40, 5, (90.0, 60.0)), kept]).rgb.astype(int)
    alone = colorizer(rgb, [Hint(40, 5, (90.0, 60.0))]).rgb.astype(int)
    assert abs(together[10, 50] - without[10, 50]).max() <= 1
    assert abs(alone[10, 50] - without[10, 50]).max() > 3
    only = colorizer(rgb, [kept])
    assert abs(only.rgb.astype(int) - without).max() <= 1
    assert only.outcomes[0].asked == "keep"


def test_a_hint_that_repeats_the_model_s_color_changes_next_to_nothing(colorizer):
    rgb = make_rgb(0)
    without = colorizer(rgb)
    placed = place([Hint(20, 30, (0.0, 0.0))], (48, 64), 32)
    own = tuple(placed.shown(without.ab)[0].tolist())
    assert abs(colorizer(rgb, [Hint(20, 30, own)]).ab - without.ab).max() < 0.1


def test_finishing_is_on_colors_alone(colorizer):
    rgb = make_rgb(0)
    plain = colorizer(rgb, HINTS)
    finished = colorizer(rgb, HINTS, finish=Finish(saturation=0.5, warmth=-1.0))
    np.testing.assert_allclose(finished.ab, plain.ab / 2 - [6.0, 18.0], atol=1e-4)
    for bad in ({"saturation": 2.1}, {"warmth": -1.01}, {"saturation": float("nan")}):
        with pytest.raises(ConfigError, match=f"{next(iter(bad))} .* must be a number in"):
            Finish(**bad)


def test_the_dtype_can_be_asked_for(tmp_path):
    model = write_model(tmp_path)
    photo = make_rgb(0)
    assert Colorizer.from_pretrained(model).engine.config.dtype == "float32"
    full = Colorizer.from_pretrained(model, dtype="float32")(photo)
    low = Colorizer.from_pretrained(model, dtype="bfloat16")
    assert low.engine.config.dtype == "bfloat16"
    assert 0 < np.abs(low(photo).ab - full.ab).max() < 8
    with pytest.raises(ConfigError, match=r"model\.dtype"):
        Colorizer.from_pretrained(model, dtype="float16")

"""Hints where the model errs: in the worst cells, round by round, from what it sees itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage
from skimage.color import lab2rgb

from acolvit_jax.data.transforms import STEP
from acolvit_jax.evaluation.clicks import next_cell
from acolvit_jax.models.params import init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.corrections import (
    ADDED,
    TOGETHER,
    cell_errors,
    correct,
    corrected_at,
    draw_rounds,
    draw_worst,
    first_in,
    make_correct,
)
from acolvit_jax.training.losses import srgb_squared_errors
from tests.training.runs import EIGHT_DEVICES, small_config

HINT, SIDE, HALF = 2, 128, 64


def photos(count, side=SIDE):
    """Mid lightness, no hints, strong color in two corners that lie apart; as it is sent."""
    ab = np.zeros((count, side, side, 2), np.float32)
    ab[:, : side // 8, : side // 8] = ab[:, -side // 8 :, -side // 8 :] = (0.4, 0.3)
    return {
        "l": jnp.zeros((count, side, side), jnp.int16),
        "ab": jnp.asarray(np.rint(ab / STEP), jnp.int16),
        "hinted": jnp.zeros((count, side // HINT, side // HINT), bool),
    }


def corrected(seed, batch):
    """Hinted cells after the rounds, by a model that spreads hints over their quarters."""
    made = jax.jit(lambda key, batch: correct(key, batch, spreads_hints, HINT)[0])
    return np.asarray(made(jax.random.key(seed), batch))


def spreads_hints(shown):
    """A model that colors the quarters that have a hint right and all others grey."""
    mask = shown["inputs"][..., 3]
    hinted = mask.reshape(len(mask), 2, HALF, 2, HALF).max(axis=(2, 4))
    return shown["target_ab"] * jnp.repeat(jnp.repeat(hinted, HALF, 1), HALF, 2)[..., None]


def grey(shown):
    """A model without colors."""
    return 0 * shown["target_ab"]


def one_device():
    axis_types = (jax.sharding.AxisType.Auto,) * 2
    devices = jax.devices()[:1]
    return jax.make_mesh((1, 1), sharding.BATCH_AXES, axis_types=axis_types, devices=devices)


def test_each_round_corrects_what_the_last_left():
    """Two corners err: were a round to see stale colors, both hints would often be in one."""
    hinted = corrected(0, photos(64))
    totals = hinted.sum(axis=(1, 2))
    assert set(totals) == set(np.cumsum(ADDED).tolist())  # 1 to 7 rounds
    half = HALF // HINT
    two = hinted[totals == 2]
    assert len(two) > 2
    assert two[:, :half, :half].sum() == two[:, half:, half:].sum() == len(two)


def test_three_quarters_of_the_images_begin_without_hints():
    batch = photos(200, 32)
    batch["hinted"] = batch["hinted"].at[:, ::2].set(True)

    made = jax.jit(lambda key, batch: correct(key, batch, grey, HINT)[0])
    totals = np.asarray(made(jax.random.key(1), batch)).sum(axis=(1, 2))
    blank = totals < 128
    assert set(totals[blank]) == set(np.cumsum(ADDED).tolist())
    assert set(totals[~blank] - 128) == set(np.cumsum(ADDED).tolist())  # never one twice
    assert 126 < blank.sum() < 174  # 150 of 200, four deviations
    assert np.isin(totals, (1, 129)).sum() in (75, 76)  # one round: sqrt(1 / 7) of 200


def test_each_image_is_hinted_where_it_errs_itself():
    """Image i errs in its corner i % 4; the blur ends 32 pixels beyond."""
    ab = np.zeros((32, SIDE, SIDE, 2), np.float32)
    for i in range(len(ab)):
        row, column = (slice(0, 16) if first else slice(-16, None) for first in divmod(i % 4, 2))
        ab[i, row, column] = (0.4, 0.3)
    batch = photos(32) | {"ab": jnp.asarray(np.rint(ab / STEP), jnp.int16)}
    made = jax.jit(lambda key, batch: correct(key, batch, grey, HINT)[0])
    hinted = np.asarray(made(jax.random.key(0), batch)).reshape(32, 2, 32, 2, 32)
    for i, by_corner in enumerate(hinted.sum(axis=(2, 4))):
        assert by_corner.sum() == by_corner[1 - i % 4 // 2, 1 - i % 2] > 0


def test_an_image_s_rounds_do_not_depend_on_its_place():
    totals = np.array([corrected(seed, photos(4)).sum(axis=(1, 2)) for seed in range(16)])
    assert all(len(set(of_one)) > 2 for of_one in totals.T)


@pytest.mark.parametrize("count", [1, 2, 5, 8, 64])
def test_no_image_that_takes_part_in_a_round_is_left_out(count):
    draws = np.stack([draw_rounds(jax.random.key(seed), count) for seed in range(50)])
    assert draws.min() >= 1
    assert draws.max() <= len(ADDED)
    assert (np.diff(draws, axis=1) >= 0).all()
    for number in range(len(ADDED)):
        assert (draws[:, : first_in(number, count)] <= number).all()
    assert sum(TOGETHER, ()) == tuple(range(len(ADDED)))
    computed = sum((count - first_in(part[0], count)) * len(part) for part in TOGETHER)
    assert computed <= 3.63 * count + 6  # 1, 2 and 4 times 1 less sqrt(0 / 7), (1 / 7), (3 / 7)


def test_a_strict_draw_is_the_next_click():
    """`evaluation.clicks` says where that is, by SciPy."""
    rng = np.random.default_rng(0)
    l_norm = rng.uniform(-0.2, 0.2, (3, 32, 32)).astype(np.float32)
    ab, target = rng.uniform(-0.3, 0.3, (2, 3, 32, 32, 2)).astype(np.float32)
    taken = rng.random((3, 16, 16)) < 0.5
    errors = cell_errors(srgb_squared_errors(*map(jnp.asarray, (l_norm, ab, target))), HINT)
    strict = jnp.full(3, 1e6)
    drawn = np.asarray(draw_worst(jax.random.key(0), errors, taken, jnp.array([1, 1, 0]), strict))
    assert drawn[2].sum() == 0
    rgb = [
        lab2rgb(np.concatenate([l_norm[..., None] * 100 + 50, c * 110], -1)) for c in (ab, target)
    ]
    for image, cells in enumerate(drawn[:2]):
        error = ((rgb[0] - rgb[1])[image] ** 2).mean(axis=-1)
        assert [tuple(cell) for cell in np.argwhere(cells)] == [next_cell(error, taken[image])]


def test_the_worst_cells_are_drawn_without_repeats():
    errors = (
        jnp.full((1, 4, 4), 1e-6).at[:, 0, 1].set(1.0).at[:, 3, 2].set(1.0).at[:, 2, 2].set(2.0)
    )
    taken = jnp.zeros((1, 4, 4), bool).at[:, 2, 2].set(True)
    drawn = draw_worst(jax.random.key(0), errors, taken, jnp.array([2]), jnp.array([2.0]))
    assert np.argwhere(drawn[0]).tolist() == [[0, 1], [3, 2]]


@pytest.mark.parametrize("side", [1, 2])
def test_where_there_are_fewer_cells_than_hints_all_are_drawn(side):
    errors = jnp.ones((2, side, side))
    taken, added = jnp.zeros(errors.shape, bool), jnp.array([0, max(ADDED)])
    drawn = draw_worst(jax.random.key(0), errors, taken, added, jnp.array([2.0, 2.0]))
    assert np.asarray(drawn).sum(axis=(1, 2)).tolist() == [0, side**2]


@pytest.mark.parametrize(("exponent", "expected"), [(2, [300, 1200, 2700]), (1, [700, 1400, 2100])])
def test_a_cell_is_drawn_by_a_power_of_its_error(exponent, expected):
    """Errors 1, 2 and 3: of their squares 1, 4 and 9 of 14, of themselves 1, 2 and 3 of 6."""
    errors = jnp.zeros((4200, 2, 2)).at[:, 0, 0].set(1).at[:, 0, 1].set(2).at[:, 1, 0].set(3)
    taken, one, powers = (
        jnp.zeros(errors.shape, bool),
        jnp.ones(4200, int),
        jnp.full(4200, exponent),
    )
    cells = np.asarray(draw_worst(jax.random.key(0), errors, taken, one, powers))
    drawn = cells.sum(axis=0).ravel()
    np.testing.assert_allclose(drawn, [*expected, 0], atol=130)  # four deviations


def test_the_error_is_that_of_srgb_blurred():
    rng = np.random.default_rng(0)
    l_norm = rng.uniform(-0.2, 0.2, (2, 32, 32)).astype(np.float32)
    ab, target = rng.uniform(-0.1, 0.1, (2, 2, 32, 32, 2)).astype(np.float32)
    rgb = [
        lab2rgb(np.concatenate([l_norm[..., None] * 100 + 50, colors * 110], axis=-1))
        for colors in (ab, target)
    ]
    error = ((rgb[0] - rgb[1]) ** 2).mean(axis=-1)
    blurred = ndimage.gaussian_filter(error, (0, 8, 8), mode="nearest")
    expected = blurred.reshape(2, 8, 4, 8, 4).mean(axis=(2, 4))
    errors = cell_errors(srgb_squared_errors(*map(jnp.asarray, (l_norm, ab, target))), 4)
    np.testing.assert_allclose(errors, expected, rtol=1e-3)


def corrects(config, devices):
    """The correction of a batch by a new model, the batch, and its parameters."""
    mesh = one_device() if devices == 1 else sharding.make_mesh(1)
    batch = photos(config.train.batch_size, 32)
    batch = sharding.put_batch({k: np.asarray(v) for k, v in batch.items()}, mesh)
    return make_correct(config, mesh), batch, init_params(config.model, 0)


@pytest.mark.parametrize(
    ("model", "devices"),
    [
        ({"gated": False}, 1),
        ({"any_budget": True}, 1),
        pytest.param({}, 8, marks=EIGHT_DEVICES),
    ],
)
def test_one_image_of_so_many_gets_hints(model, devices):
    config = small_config(model=model, correct_one_in=3, batch_size=16)
    corrected, batch, params = corrects(config, devices)
    made = [corrected(params, batch, step) for step in (3, 3, 4)]
    assert made[0].keys() == batch.keys()
    first, again, other = (batch["hinted"] for batch in made)
    counts = np.asarray(first).sum(axis=(1, 2))
    assert (counts[::3] > 0).all()
    assert np.count_nonzero(counts) == 6
    assert np.count_nonzero(np.asarray(other).any(axis=(1, 2))) == 5
    np.testing.assert_array_equal(first, again)
    assert (np.asarray(first) != np.asarray(other)).any()


@pytest.mark.parametrize(
    ("step", "count", "devices"), [(3, 6, 1), (4, 5, 1), pytest.param(4, 5, 8, marks=EIGHT_DEVICES)]
)
def test_for_regret_the_error_before_is_that_of_corrected_images_alone(step, count, devices):
    dense = {"gated": False}
    config = small_config(model=dense, correct_one_in=3, batch_size=16, regret_weight=1.0)
    corrected, batch, params = corrects(config, devices)
    made = corrected(params, batch, step)
    before = np.asarray(made["error_before"])
    np.testing.assert_array_equal(np.isfinite(before), np.asarray(made["hinted"]).any(axis=(1, 2)))
    assert np.isposinf(before).sum() == 16 - count


@EIGHT_DEVICES
def test_devices_share_the_rounds():
    """Of 16 images 2, 2 and 1 take part at a time: one a device, in each of 1, 2 and 4 rounds."""
    config = small_config(model={"gated": False}, correct_one_in=8, batch_size=128)
    flops = {}
    for devices in (1, 8):
        corrected, batch, params = corrects(config, devices)
        made = jax.jit(lambda p, b, corrected=corrected: corrected(p, b, 1)).lower(params, batch)
        flops[devices] = made.compile().cost_analysis()["flops"]
    assert flops[8] < 0.3 * flops[1]


@pytest.mark.parametrize(("size", "every"), [(256, 8), (16, 3), (8, 3), (4, 8), (8, 1000)])
def test_so_many_are_one_in_so_many_whatever_the_batch(size, every):
    counts = [corrected_at(step, size, every) for step in range(1, 1001)]
    assert sum(counts) == 1000 * size // every
    assert set(counts) <= {size // every, -(-size // every)}


def test_a_batch_without_an_image_to_correct_keeps_its_hints():
    batch = photos(8, 32)
    config = small_config(model={"gated": False}, correct_one_in=1000, regret_weight=1.0)
    same = make_correct(config, one_device())({}, batch, 1)
    assert same["hinted"] is batch["hinted"]
    assert np.isposinf(same["error_before"]).all()
    assert same["error_before"].shape == (8,)


def test_the_error_before_the_last_hints_is_known():
    """A model that colors hinted quarters right: two of four err without a hint, one with one."""
    made = jax.jit(lambda key, batch: correct(key, batch, spreads_hints, HINT))
    hinted, before = map(np.asarray, made(jax.random.key(0), photos(64)))
    totals = hinted.sum(axis=(1, 2))
    rgb = lab2rgb(np.array([[[50.0, 0, 0], [50.0, 44, 33]]]))[0]
    corner = ((rgb[0] - rgb[1]) ** 2).mean() / 64  # an eighth by an eighth
    assert set(totals) == set(np.cumsum(ADDED).tolist())
    np.testing.assert_allclose(before[totals == 1], 2 * corner, rtol=2e-3)
    np.testing.assert_allclose(before[totals == 2], corner, rtol=2e-3)
    np.testing.assert_allclose(before[totals > 2], 0.0, atol=1e-6)

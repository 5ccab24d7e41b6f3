"""Hints where the model errs: in the worst patches, one a round, from what it sees itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.color import lab2rgb

from acolvit_jax.data.transforms import STEP
from acolvit_jax.models.params import init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.corrections import ADDED, correct, draw_worst, make_correct, patch_errors
from tests.training.runs import EIGHT_DEVICES, small_config

PATCH, HINT, SIDE = 8, 2, 32
COLORED = [(0, 0), (0, 3), (1, 1), (1, 2), (2, 0), (2, 3), (3, 1), (3, 3)]  # of 4 x 4 patches


def photos(count):
    """Half grey patches, half strongly colored ones, mid lightness, no hints; as it is sent."""
    ab = np.zeros((count, SIDE, SIDE, 2), np.float32)
    for row, column in COLORED:
        ab[:, row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = (0.4, 0.3)
    return {
        "l": jnp.zeros((count, SIDE, SIDE), jnp.int16),
        "ab": jnp.asarray(np.rint(ab / STEP), jnp.int16),
        "hinted": jnp.zeros((count, SIDE // HINT, SIDE // HINT), bool),
    }


def corrected(seed, batch):
    """Hinted cells after the rounds, by a model that spreads hints over their patches."""
    made = jax.jit(lambda key, batch: correct(key, batch, spreads_hints, HINT, PATCH))
    return by_patch(made(jax.random.key(seed), batch))


def spreads_hints(shown):
    """A model that colors the patches of its hints right and all others grey."""
    mask = shown["inputs"][..., 3]
    count = mask.shape[0]
    by_patch = mask.reshape(count, SIDE // PATCH, PATCH, SIDE // PATCH, PATCH).max(axis=(2, 4))
    wide = by_patch.repeat(PATCH, axis=1).repeat(PATCH, axis=2)
    return shown["target_ab"] * wide[..., None]


def by_patch(hinted):
    """Number of hinted cells of each patch, `[B, P, P]`."""
    cells = PATCH // HINT
    parts = (len(hinted), SIDE // PATCH, cells, SIDE // PATCH, cells)
    return np.asarray(hinted, int).reshape(parts).sum(axis=(2, 4))


def one_device():
    axis_types = (jax.sharding.AxisType.Auto,) * 2
    devices = jax.devices()[:1]
    return jax.make_mesh((1, 1), sharding.BATCH_AXES, axis_types=axis_types, devices=devices)


def test_each_round_corrects_what_the_last_left():
    """Eight patches err and eight hints fall: were a round to see stale colors, some fell twice."""
    counts = corrected(0, photos(64))
    colored = np.zeros((SIDE // PATCH,) * 2, int)
    colored[tuple(np.transpose(COLORED))] = 1
    totals = counts.sum(axis=(1, 2))
    assert set(totals) == set(np.cumsum(ADDED).tolist())  # 1 to 4 rounds
    assert (counts <= colored).all()
    assert (counts[totals == 8] == colored).all()


def test_half_of_the_images_begin_without_hints():
    batch = photos(200) | {"hinted": jnp.ones((200, SIDE // HINT, SIDE // HINT), bool)}
    kept = corrected(1, batch).sum(axis=(1, 2))
    assert set(kept.tolist()) == {256, 1, 2, 4, 8}
    assert 70 < (kept == 256).sum() < 130  # of 200 fair coins, four deviations


def test_the_worst_patches_are_drawn_without_repeats():
    errors = jnp.full((2, 4, 4), 1e-6).at[:, 0, 1].set(1.0).at[:, 3, 2].set(1.0)
    added = jnp.array([2, 0])
    cells = np.asarray(jax.jit(draw_worst, static_argnums=3)(jax.random.key(0), errors, added, 4))
    counts = cells.reshape(2, 4, 4, 4, 4).sum(axis=(2, 4))
    assert counts[0, 0, 1] == counts[0, 3, 2] == counts.sum() / 2 == 1


def test_a_patch_is_drawn_by_the_square_of_its_error():
    """Errors 1, 2 and 3: 1 of 14, 4 of 14 and 9 of 14 draws."""
    errors = jnp.zeros((4200, 2, 2)).at[:, 0, 0].set(1).at[:, 0, 1].set(2).at[:, 1, 0].set(3)
    cells = np.asarray(draw_worst(jax.random.key(0), errors, jnp.ones(4200, int), 1))
    np.testing.assert_allclose(cells.sum(axis=0).ravel(), [300, 1200, 2700, 0], atol=110)


def test_the_error_is_that_of_srgb_by_patch():
    rng = np.random.default_rng(0)
    l_norm = rng.uniform(-0.2, 0.2, (2, 16, 16)).astype(np.float32)
    ab, target = rng.uniform(-0.1, 0.1, (2, 2, 16, 16, 2)).astype(np.float32)
    rgb = [
        lab2rgb(np.concatenate([l_norm[..., None] * 100 + 50, colors * 110], axis=-1))
        for colors in (ab, target)
    ]
    expected = (rgb[0] - rgb[1])[:, :8, 8:] ** 2
    errors = patch_errors(jnp.asarray(l_norm), jnp.asarray(ab), jnp.asarray(target), 8)
    assert errors.shape == (2, 2, 2)
    np.testing.assert_allclose(errors[:, 0, 1], expected.mean(axis=(1, 2, 3)), rtol=1e-3)


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
    mesh = sharding.make_mesh(1)
    if devices == 1:
        mesh = one_device()
    batch = sharding.put_batch({k: np.asarray(v) for k, v in photos(16).items()}, mesh)
    params = init_params(config.model, 0)
    corrected = make_correct(config, mesh)
    first, again, other = (corrected(params, batch, step)["hinted"] for step in (3, 3, 4))
    counts = np.asarray(first).sum(axis=(1, 2))
    assert (counts[::3] > 0).all()
    assert np.count_nonzero(counts) == 6
    np.testing.assert_array_equal(first, again)
    assert (np.asarray(first) != np.asarray(other)).any()

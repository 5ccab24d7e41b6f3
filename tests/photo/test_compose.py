"""The fast form of colors on a lightness, against CIE's formulas in float64."""

import numpy as np

from acolvit_jax.photo.compose import CHUNK, GROUP, Composer

M = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169]])
M = np.concatenate([M, [[0.019334, 0.119193, 0.950227]]])
WHITE = np.array([0.95047, 1.0, 1.08883])


def compose(rgb, ab):
    pixels, colors = rgb.reshape(-1, 3), ab.reshape(2, -1)
    composer, out = Composer(), np.empty_like(pixels)
    for start in range(0, len(pixels), CHUNK):
        part = slice(start, min(start + CHUNK, len(pixels)))
        count = -(-(part.stop - start) // GROUP) * GROUP
        composer.rgb(count)[: part.stop - start] = pixels[part]
        parts = composer.ab(count)
        for k in range(GROUP):
            own = colors[:, part][:, k::GROUP]
            parts[:, k, : own.shape[1]] = own
        out[part] = composer.compose()[: part.stop - start]
    return out.reshape(rgb.shape)


def by_formula(rgb, ab):
    """The reference's formulas, float64, in 8-bit steps, unrounded."""
    v = rgb / 255
    linear = np.where(v > 0.04045, ((v + 0.055) / 1.055) ** 2.4, v / 12.92)
    y = linear @ M[1]
    fy = np.where(y > 0.008856, np.cbrt(y), 7.787 * y + 16 / 116)
    fx, fz = fy + ab[0] / 500, np.maximum(fy - ab[1] / 200, 0)
    f = np.stack([fx, fy, fz], axis=-1)
    xyz = np.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787) * WHITE
    linear = xyz @ np.linalg.inv(M).T
    power = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return 255 * np.clip(np.where(linear > 0.0031308, power, 12.92 * linear), 0, 1)


def test_every_channel_is_within_half_a_step_of_the_formula():
    """Every grey, a mesh of all colors, and colors that no photo has on any lightness."""
    axis = np.arange(0, 256, 5)
    mesh = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    greys = np.repeat(np.arange(256)[:, None], 3, axis=1)
    rgb = np.concatenate([mesh, *[greys] * 64]).astype(np.uint8)[None]
    ab = np.random.default_rng(0).uniform(-110, 110, (2, 1, rgb.shape[1])).astype(np.float32)
    ab *= np.linspace(0, 1, rgb.shape[1], dtype=np.float32)  # pale ones too
    got = compose(rgb, ab)
    assert got.dtype == np.uint8
    assert abs(got - by_formula(rgb, ab.astype(np.float64))).max() <= 0.52


def test_greys_stay_as_they_are():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    np.testing.assert_array_equal(compose(greys, np.zeros((2, 1, 256), np.float32)), greys)


def test_each_pixel_takes_its_own_color():
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (1, 101, 3), dtype=np.uint8)
    ab = rng.normal(0, 20, (2, 1, 101)).astype(np.float32)
    at_once = compose(rgb, ab)
    for i in range(101):
        one = compose(rgb[:, i : i + 1], ab[:, :, i : i + 1])
        np.testing.assert_array_equal(at_once[:, i], one[:, 0])

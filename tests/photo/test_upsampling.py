"""Upsampling by products of matrices is Pillow's bicubic."""

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.photo.upsampling import Upsampler, upsample

PLANES = np.random.default_rng(0).normal(size=(2, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("size", [(100, 60), (16, 16), (9, 41), (1, 1), (3, 2000)])
def test_it_is_pillow_s_bicubic(size):
    got = upsample(PLANES, size)
    for plane, made in zip(PLANES, got, strict=True):
        expected = Image.fromarray(plane).resize(size[::-1], Image.Resampling.BICUBIC)
        np.testing.assert_allclose(made, np.asarray(expected), atol=2e-5)


@pytest.mark.parametrize(("width", "apart"), [(60, 1), (60, 4), (61, 4), (2, 4)])
def test_parts_equal_the_whole(width, apart):
    whole = upsample(PLANES, (100, width))
    parts = -(-width // apart)
    for columns in (slice(0, (parts + 1) // 2), slice(parts // 2, parts)):
        upsampler = Upsampler(PLANES, (100, width), apart, columns)
        for rows in (slice(0, 33), slice(33, 34), slice(34, 100)):
            made = upsampler.rows(rows)
            assert made.shape == (2, apart, rows.stop - rows.start, columns.stop - columns.start)
            for k in range(apart):
                places = apart * np.arange(columns.start, columns.stop) + k
                expected = whole[:, rows][..., places.clip(max=width - 1)]
                np.testing.assert_allclose(made[:, k], expected, atol=1e-6)

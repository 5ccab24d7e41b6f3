"""Upsampling by products of matrices is Pillow's bicubic."""

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.photo.upsampling import Upsampler

PLANES = np.random.default_rng(0).normal(size=(2, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("size", [(100, 60), (16, 16), (9, 41), (1, 1), (3, 2000)])
def test_it_is_pillow_s_bicubic(size):
    got = Upsampler(PLANES, size).rows(0, size[0])
    for plane, made in zip(PLANES, got, strict=True):
        expected = Image.fromarray(plane).resize(size[::-1], Image.Resampling.BICUBIC)
        np.testing.assert_allclose(made, np.asarray(expected), atol=2e-5)


def test_bands_of_rows_equal_all_rows():
    upsampler = Upsampler(PLANES, (100, 60))
    whole = upsampler.rows(0, 100)
    for top, bottom in ((0, 33), (33, 34), (34, 100)):
        np.testing.assert_allclose(upsampler.rows(top, bottom), whole[:, top:bottom], atol=1e-6)

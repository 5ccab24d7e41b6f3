"""What sRGB can show, by scikit-image's formulas."""

import warnings

import numpy as np
from skimage.color import lab2xyz
from skimage.color.colorconv import rgb_from_xyz


def in_gamut(lab: np.ndarray) -> np.ndarray:
    """bool `[...]`: whether sRGB has the colors `[..., 3]`, but for rounding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of clipped z values
        linear = lab2xyz(lab) @ rgb_from_xyz.T
    return ((linear >= -1e-4) & (linear <= 1 + 1e-4)).all(axis=-1)

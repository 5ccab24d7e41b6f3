"""Faded photos are read as if they were not: their tones spread over the range that photos have."""

from __future__ import annotations

import numpy as np

FLAT = 5.0  # L* between the darkest and the lightest percent of what is no photo but a page
LOW = 20.0  # from here on the tones are spread; between the two in part
NARROW = 55.0  # up to here they are spread wholly
WIDE = 70.0  # from here on they stay as they are; between the two they are spread in part
RANGE = (5.0, 95.0)  # L* of the darkest and the lightest percent after it
EDGE = 10  # one part in this many does not decide at each edge: borders and frames of scans


def inner(picture: np.ndarray) -> np.ndarray:
    """What decides how a photo is read: `[S, S, ...]` without the tenth at each edge."""
    cut = -(-len(picture) // EDGE)
    return picture[cut:-cut, cut:-cut]


def spread_tones(lightness: np.ndarray) -> np.ndarray:
    """Spreads the tones of a faded photo, for what reads them; the photo keeps its own.

    The model has learned from photos with blacks and whites. Scans that have lost them it takes
    for fog or for night, and colors them worse than grey. A photo that has colors of its own has
    not faded, and is not read so: fog it may well be. The grain of an empty page is not spread.

    Args:
        lightness: L* `[S, S]`; its `inner` part decides.

    Returns:
        L*, float32 `[S, S]`: of a photo with a wide range or hardly any the same, otherwise a
        straight line of it, cut to [0, 100].
    """
    dark, light = np.percentile(inner(lightness), (1, 99)).tolist()
    apart = light - dark
    share = min(1.0, (apart - FLAT) / (LOW - FLAT), (WIDE - apart) / (WIDE - NARROW))
    if share <= 0:  # nothing lost, or nothing there
        return lightness
    low, high = min(dark, RANGE[0]), max(light, RANGE[1])
    slope = 1 + share * ((high - low) / apart - 1)
    middle = dark + share * (low - dark)
    return (middle + slope * (lightness - dark)).clip(0, 100).astype(np.float32)

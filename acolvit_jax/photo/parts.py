"""Pictures some pixels at a time: what is made on the way to a result stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

_AT_ONCE = 2**17  # pixels


def parts(*pictures: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Some pixels of pictures after the other, the same of each.

    Args:
        pictures: `[H, W, ...]`, all of the same sides.

    Yields:
        A part of each, `[N, ...]`; of an empty picture one that is empty.
    """
    count = pictures[0].shape[0] * pictures[0].shape[1]
    lines = [picture.reshape(count, *picture.shape[2:]) for picture in pictures]
    for start in range(0, max(1, count), _AT_ONCE):
        yield tuple(line[start : start + _AT_ONCE] for line in lines)


def in_parts(function: Callable[..., np.ndarray], *pictures: np.ndarray) -> np.ndarray:
    """What a function of pixels makes of pictures.

    Args:
        function: of arrays `[N, ...]`, gives one.
        pictures: `[H, W, ...]`, all of the same sides.

    Returns:
        `[H, W, ...]` of what the function gives.
    """
    height, width = pictures[0].shape[:2]
    made: np.ndarray | None = None
    done = 0
    for part in parts(*pictures):
        some = function(*part)
        if made is None:
            made = np.empty((height * width, *some.shape[1:]), some.dtype)
        made[done : done + len(some)] = some
        done += len(some)
    assert made is not None  # there is at least one part
    return made.reshape(height, width, *made.shape[1:])

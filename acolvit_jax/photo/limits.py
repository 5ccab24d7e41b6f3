"""How large a photograph may be: as many pixels as this machine's memory can hold at work."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from acolvit_jax.common.errors import PixelLimitError

BYTES_PER_PIXEL = 40  # at the peak of reading, coloring and writing one
SHARE = 0.5  # of the memory that one photo, or one result of many pages, may take
MOST = 2_000_000_000
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


@functools.cache
def max_pixels() -> int:
    """The largest number of pixels that is decoded where the caller names none."""
    return min(MOST, max_bytes() // BYTES_PER_PIXEL)


@functools.cache
def max_bytes() -> int:
    """The most bytes that are held for one file that is being put together."""
    return int(usable_memory() * SHARE)


def check_size(size: tuple[int, int], most: int) -> None:
    """Refuses a picture before it is decoded.

    Args:
        size: width and height, in pixels.
        most: pixels that are allowed.

    Raises:
        PixelLimitError: if it has more.
    """
    width, height = size
    if width * height > most:
        raise PixelLimitError(f"{width}x{height} pixels are more than the {most:,} allowed")


def usable_memory() -> int:
    """Bytes that this process may use: the machine's, or those of its container."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on Windows
        return 8 << 30
    for path in _CGROUP_LIMITS:
        try:
            memory = min(memory, int(path.read_text(encoding="ascii")))
        except (OSError, ValueError):  # no container, or one without a limit ("max")
            continue
    return memory

"""Photos that are decoded once and stay in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import grain
import numpy as np

from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import DataError
from acolvit_jax.common.progress import Progress
from acolvit_jax.data.decoding import LeftOut, LoadColor
from acolvit_jax.data.loaders import EPOCHS
from acolvit_jax.data.position import batches_taken, position
from acolvit_jax.data.records import ImageSource
from acolvit_jax.data.skips import Skips
from acolvit_jax.photo import images

TOLD_EVERY = 1000  # photos
MOST_THREADS = 4  # more of them wait for each other
SAMPLED = 32  # photos whose sizes tell those of all
BLOCK = 2**26  # bytes that are given back at once; of less malloc keeps some (32 MB)


class Photos(NamedTuple):
    """Decoded photos in lines of one width, one below the other, each with its long side down.

    A photo that was left out is the next one that was not, as `LoadColor` has it.

    Attributes:
        lines: uint8 `[R, M, 3]`, as wide as the widest; a narrower photo is on their left.
        first: int32 `[N]`, the line in which each photo begins.
        sizes: int32 `[N, 2]`, height and width of each photo; the larger is the number of its
            lines. One that is not taller than wide is transposed.
    """

    lines: np.ndarray
    first: np.ndarray
    sizes: np.ndarray


def decode_all(
    source: ImageSource, side: int, skips: Skips, *, skip_grey: bool, quiet: bool
) -> tuple[Photos, int]:
    """Decodes every photo of a source, in threads.

    Args:
        source: of encoded images.
        side: pixels of the short side; larger photos are made smaller, their aspect kept.
        skips: counts what is left out.
        skip_grey: leave out photos with next to no color.
        quiet: do not show how far it is.

    Returns:
        The photos in the order of the source, and how many were made smaller.

    Raises:
        DataError: if too many are corrupt, or none is left.
        UnreadableError: if the storage fails.
    """
    load = LoadColor(source, skip_grey)
    smaller: list[int] = []

    def decode(index: int) -> tuple[np.ndarray | None, LeftOut | None]:
        _, photo, skip = load.read(index)
        if photo is None:
            return None, skip
        small = images.shrink(photo, side)
        if small is not photo:
            smaller.append(index)
        return small, skip

    with _threads() as pool, Progress(len(source), quiet=quiet) as progress:

        def in_order() -> Iterator[np.ndarray | None]:
            for start in range(0, len(source), TOLD_EVERY):
                for photo, skip in pool.map(decode, range(len(source))[start : start + TOLD_EVERY]):
                    progress.advance()
                    if skip is not None:
                        skips.add(skip.name, skip.reason)
                    yield photo
                progress.say("photos decoded")

        try:
            return stack(in_order(), side), len(smaller)
        finally:
            pool.shutdown(cancel_futures=True)


def stack(photos: Iterable[np.ndarray | None], side: int) -> Photos:
    """Puts photos one below the other.

    Args:
        photos: uint8 `[H, W, 3]`, or None for one that was left out.
        side: in pixels; no short side is longer.

    Returns:
        As many photos.

    Raises:
        DataError: if all were left out.
    """
    blocks: list[np.ndarray] = []
    first, sizes, end, width = [], [], 0, 0
    most = max(1, BLOCK // (3 * side))  # lines of a block
    used = most  # of the last one
    for photo in photos:
        first.append(end)
        sizes.append((0, 0) if photo is None else photo.shape[:2])
        if photo is None:
            continue
        upright = photo if photo.shape[0] > photo.shape[1] else photo.swapaxes(0, 1)
        end, width = end + len(upright), max(width, upright.shape[1])
        while len(upright):
            if used == most:
                blocks.append(np.zeros((most, side, 3), np.uint8))
                used = 0
            fits = upright[: most - used]
            blocks[-1][used : used + len(fits), : fits.shape[1]] = fits
            used, upright = used + len(fits), upright[len(fits) :]
    if not end:
        raise DataError("no photo is left to train on: all are corrupt or near grey")
    lines = _joined(blocks, end, width)
    kept = np.flatnonzero([height for height, _ in sizes])
    shown = kept[np.searchsorted(kept, range(len(sizes))) % len(kept)]
    return Photos(lines, np.array(first, np.int32)[shown], np.array(sizes, np.int32)[shown])


def _joined(blocks: list[np.ndarray], end: int, width: int) -> np.ndarray:
    """The first lines of blocks, as wide as asked; gives each block back when it is copied."""
    lines = np.empty((end, width, 3), np.uint8)  # takes memory where it is written
    for start in range(0, end, len(blocks[0])):
        part = lines[start : start + len(blocks[0])]
        part[:] = blocks.pop(0)[: len(part), :width]
    return lines


def some_sizes(source: ImageSource) -> np.ndarray:
    """Sizes of some photos, spread evenly over a source.

    Args:
        source: of encoded images.

    Returns:
        int `[K, 2]`, height and width of each that can be decoded.

    Raises:
        UnreadableError: if the storage fails.
    """
    load = LoadColor(source, skip_grey=False)
    chosen = np.unique(np.linspace(0, len(source) - 1, SAMPLED).astype(int)).tolist()
    with _threads() as pool:
        photos = [photo for _, photo, _ in pool.map(load.read, chosen) if photo is not None]
    return np.array([photo.shape[:2] for photo in photos], int).reshape(-1, 2)


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(len(available_cores()), MOST_THREADS))


class Choices:
    """An endless stream of which photos a batch shows; takes `TrainLoader`'s place.

    Batch k of the run is the same for any number of processes, each taking its own stretch.

    Attributes:
        skips: what was left out.
    """

    def __init__(
        self,
        photos: int,
        skips: Skips,
        *,
        batch_size: int,
        seed: int,
        process_index: int = 0,
        process_count: int = 1,
    ) -> None:
        """Sets the stream up at its beginning.

        Args:
            photos: N, at least one, to choose from.
            skips: counts what is left out of them.
            batch_size: images of a batch over all processes; a multiple of their number.
            seed: of the order.
            process_index: this process.
            process_count: all processes.
        """
        self.skips = skips
        self._order = grain.MapDataset.range(photos).seed(seed).shuffle().repeat(EPOCHS)
        self._batch_size = batch_size
        self._stretch = (batch_size // process_count, process_index)
        self._taken = 0

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        """The stream itself."""
        return self

    def __next__(self) -> dict[str, np.ndarray]:
        """The next batch of this process: int32 `[B]` arrays.

        Returns:
            `photo`, which photo each image shows, and `number`, which image of the run it is: it
            seeds crop and hints.
        """
        size, index = self._stretch
        first = self._taken * self._batch_size + index * size
        self._taken += 1
        photo = np.array([self._order[i] for i in range(first, first + size)], np.int32)
        number = (np.arange(first, first + size) & 0x7FFFFFFF).astype(np.int32)
        return {"photo": photo, "number": number}

    def get_state(self) -> dict[str, int]:
        """The position, as plain numbers; that of `TrainLoader`."""
        return position(self._taken, self._batch_size)

    def set_state(self, state: dict[str, int]) -> None:
        """Goes to a position that `get_state` gave, of any batch size."""
        self._taken = batches_taken(state, self._batch_size)

    def advice(self) -> str:
        """What to do about steps that wait for batches, of numbers alone."""
        return "other programs keep this one from the cores"

    def close(self) -> None:
        """Does nothing: there are neither processes nor threads."""

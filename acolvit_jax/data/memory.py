"""Photos that are decoded once and stay in memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import grain
import numpy as np

from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import DataError
from acolvit_jax.common.progress import Progress
from acolvit_jax.data.decoding import LeftOut, LoadColor
from acolvit_jax.data.loaders import EPOCHS
from acolvit_jax.data.records import ImageSource
from acolvit_jax.data.skips import Skips
from acolvit_jax.photo import images

TOLD_EVERY = 1000  # photos
MOST_THREADS = 4  # more of them wait for each other


class Photos(NamedTuple):
    """Decoded photos, each in the top left corner of a square.

    Attributes:
        rgb: uint8 `[N, M, M, 3]`.
        sizes: int32 `[N, 2]`, height and width of each.
    """

    rgb: np.ndarray
    sizes: np.ndarray


def decode_all(
    source: ImageSource, side: int, skips: Skips, *, skip_grey: bool, quiet: bool
) -> Photos:
    """Decodes every photo of a source, in threads.

    Args:
        source: of encoded images.
        side: M, in pixels; larger photos are made smaller until they fit, their aspect kept.
        skips: counts what is left out.
        skip_grey: leave out photos with next to no color.
        quiet: do not show how far it is.

    Returns:
        The photos in the order of the source, without those that are left out.

    Raises:
        DataError: if too many are corrupt, or none is left.
        UnreadableError: if the storage fails.
    """
    rgb = np.zeros((len(source), side, side, 3), np.uint8)
    sizes = np.zeros((len(source), 2), np.int32)
    load = LoadColor(source, skip_grey)

    def decode(index: int) -> LeftOut | None:
        _, photo, skip = load.read(index)
        if photo is not None:
            fitting = _fitting(photo.shape[:2], side)
            small = photo if photo.shape[:2] == fitting else images.resize(photo, fitting)
            sizes[index] = small.shape[:2]
            rgb[index, : small.shape[0], : small.shape[1]] = small
        return skip

    threads = min(len(available_cores()), MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool, Progress(len(source), quiet=quiet) as progress:
        try:
            for done, skip in enumerate(pool.map(decode, range(len(source))), start=1):
                progress.advance()
                if skip is not None:
                    skips.add(skip.name, skip.reason)
                if done % TOLD_EVERY == 0:
                    progress.say("photos decoded")
        finally:
            pool.shutdown(cancel_futures=True)
    kept = sizes[:, 0] > 0
    return Photos(rgb, sizes) if kept.all() else Photos(rgb[kept], sizes[kept])


def _fitting(size: tuple[int, ...], side: int) -> tuple[int, int]:
    """Height and width of a photo that fits a square."""
    height, width = size
    scale = min(1.0, side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


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
            photos: N, to choose from.
            skips: what was left out of them.
            batch_size: images of a batch over all processes; a multiple of their number.
            seed: of the order.
            process_index: this process.
            process_count: all processes.

        Raises:
            DataError: if there is no photo.
        """
        if not photos:
            raise DataError("no photo is left to train on")
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
        return {"next_index": self._taken}

    def set_state(self, state: dict[str, int]) -> None:
        """Goes to a position that `get_state` gave."""
        self._taken = state["next_index"]

    def advice(self) -> str:
        """What to do about steps that wait for batches, of numbers alone."""
        return "other programs keep this one from the cores"

    def close(self) -> None:
        """Does nothing: there are neither processes nor threads."""

"""Batches: shuffled, sharded by process, and restored exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grain
import numpy as np

from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import ImageError
from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.sources import ImageSource
from acolvit_jax.data.transforms import EvalTransform, Example, TrainTransform
from acolvit_jax.photo import images

EPOCHS = 2**31  # as good as endless, and Grain can still count the images
MOST_THREADS = 16  # unless more are asked for: each holds a batch


@dataclass(frozen=True)
class LoadColor:
    """Reads the photo at an index; a corrupt or grey one's place is taken by the next.

    So the position in the data depends on the step alone, whatever is skipped.

    Attributes:
        source: of encoded images.
        skip_grey: leave out photos with next to no colour.
        skips: what was left out.
    """

    source: ImageSource
    skip_grey: bool
    skips: Skips

    def __call__(self, index: int) -> tuple[str, np.ndarray]:
        """Returns the photo's name and uint8 `[H, W, 3]`.

        Raises:
            DataError: if too many are corrupt, or all are grey.
        """
        while True:
            name, rgb = self.read(index % len(self.source))
            if rgb is not None:
                return name, rgb
            index += 1

    def read(self, index: int) -> tuple[str, np.ndarray | None]:
        """Returns the photo's name and uint8 `[H, W, 3]`, None if it is left out.

        Raises:
            DataError: if too many are corrupt, or all are grey.
        """
        name = f"image {index}"
        try:
            record = self.source[index]
            name = record.name
            rgb = images.read_image(record.data)
        except (ImageError, OSError) as error:
            self.skips.add_corrupt(name, str(error))
            return name, None
        if self.skip_grey and images.is_near_grey(rgb):
            self.skips.add_grey(name)
            return name, None
        return name, rgb


@dataclass(frozen=True)
class _TrainExample(grain.transforms.RandomMap):
    """Grain's view of loading and transforming one example."""

    load: LoadColor
    transform: TrainTransform

    def random_map(self, index: int, rng: np.random.Generator) -> Example:
        _, rgb = self.load(index)
        return self.transform(rgb, rng)


def reading_threads(data: DataConfig) -> int:
    """Threads that prepare batches."""
    return data.num_threads or min(len(available_cores()), MOST_THREADS)


class TrainLoader:
    """An endless stream of training batches of this process.

    Batch k of the run is the same images, crops and hints for any number of processes, each
    taking its own stretch; the state is the number of batches taken.

    Attributes:
        skips: what was left out so far.
    """

    def __init__(
        self,
        source: ImageSource,
        data: DataConfig,
        model: ModelConfig,
        *,
        batch_size: int,
        seed: int,
        process_index: int = 0,
        process_count: int = 1,
    ) -> None:
        """Sets the stream up at its beginning.

        Args:
            source: of encoded images.
            data: crops, hints, threads.
            model: size of image and patch.
            batch_size: images of a batch over all processes; a multiple of their number.
            seed: of order, crops and hints.
            process_index: this process.
            process_count: all processes.
        """
        self.skips = Skips(len(source))
        load = LoadColor(source, data.skip_grey, self.skips)
        examples = (
            grain.MapDataset.range(len(source))
            .seed(seed)
            .shuffle()
            .repeat(EPOCHS)
            .random_map(_TrainExample(load, TrainTransform(data, model)))
        )
        batches = examples.batch(batch_size // process_count)[process_index::process_count]
        threads = reading_threads(data)
        read = grain.ReadOptions(
            num_threads=threads, prefetch_buffer_size=max(data.prefetch, threads)
        )
        self._iterator = iter(batches.to_iter_dataset(read))

    def __iter__(self) -> Iterator[Example]:
        """The stream itself."""
        return self

    def __next__(self) -> Example:
        """The next batch: `inputs` `[B, S, S, 4]`, `target_ab` `[B, S, S, 2]`, maybe `origin`.

        Raises:
            DataError: if the data turned out too damaged to go on.
        """
        return next(self._iterator)

    def get_state(self) -> dict[str, Any]:
        """The position, as plain numbers."""
        return self._iterator.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes to a position that `get_state` gave."""
        self._iterator.set_state(state)


def eval_batches(
    source: ImageSource,
    data: DataConfig,
    model: ModelConfig,
    *,
    counts: tuple[int, ...],
    batch_size: int,
    max_images: int,
    skips: Skips,
    process_index: int = 0,
    process_count: int = 1,
) -> Iterator[Example]:
    """Validation batches of this process; every image comes once over all processes.

    Args:
        source: of encoded images.
        data: hint size, skipping of grey photos.
        model: size of image and patch.
        counts: numbers of hints K.
        batch_size: images of a batch over all processes.
        max_images: images at most, spread evenly over the source.
        skips: counts what is left out, for all validations of a run.
        process_index: this process.
        process_count: all processes.

    Yields:
        `inputs` `[b, len(counts), S, S, 4]`, `rgb` `[b, S, S, 3]` and `valid` `[b]`, 0 for images
        that are left out or only fill the last batch.
    """
    transform = EvalTransform(data, model, counts)
    load = LoadColor(source, data.skip_grey, skips)
    total = min(max_images, len(source))
    indices = np.arange(total) * len(source) // total
    local = batch_size // process_count
    blank = np.zeros((model.image_size, model.image_size, 3), np.uint8)
    for start in range(0, total, batch_size):
        first = start + process_index * local
        chosen = [(i, float(i < total)) for i in range(first, first + local)]
        examples = []
        for i, valid in chosen:
            name, rgb = load.read(int(indices[min(i, total - 1)]))
            valid = valid if rgb is not None else 0.0
            photo = blank if rgb is None else rgb
            examples.append(transform(photo, name) | {"valid": np.float32(valid)})
        yield {key: np.stack([e[key] for e in examples]) for key in examples[0]}

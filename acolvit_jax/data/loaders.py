"""Batches: shuffled, sharded by process, and restored exactly."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import grain
import numpy as np
from absl import flags

from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import DataError
from acolvit_jax.config import DataConfig, ModelConfig
from acolvit_jax.data.decoding import MOST_PASSED, LoadColor
from acolvit_jax.data.position import batches_taken, position
from acolvit_jax.data.records import ImageSource
from acolvit_jax.data.skips import Skips
from acolvit_jax.data.transforms import Example, TrainTransform

EPOCHS = 2**31  # as good as endless, and Grain can still count the images
MOST_THREADS = 16  # unless more are asked for: each holds an image
READ_AHEAD = 2  # examples of a worker beside those in its queues
WATCH_SECONDS = 1.0  # between two looks of a worker at whether its parent lives
SKIPPED = "skipped"  # key of what an example passed over, until it is counted


@dataclass(frozen=True)
class _TrainExample(grain.transforms.RandomMap):
    """Grain's view of loading and transforming one example."""

    load: LoadColor
    transform: TrainTransform

    def random_map(self, index: int, rng: np.random.Generator) -> dict[str, Any]:
        _, rgb, skips = self.load(index)
        example = {} if rgb is None else self.transform(rgb, rng)
        return {**example, SKIPPED: skips}


class _Stretch(grain.MapDataset):
    """The examples of one process, from a batch of the run on.

    Of every batch over all processes a process has one stretch of examples.
    """

    def __init__(
        self, examples: grain.MapDataset, size: int, index: int, count: int, first: int
    ) -> None:
        """Takes stretch `index` of `count`, each of `size` examples, from batch `first` on."""
        super().__init__(examples)
        self._size, self._index, self._count, self._first = size, index, count, first

    def __len__(self) -> int:
        batches = len(self._parent) // (self._size * self._count) - self._first
        return batches * self._size

    def __getitem__(self, index: Any) -> Any:
        batch, place = divmod(int(index), self._size)
        stretch = (batch + self._first) * self._count + self._index
        return self._parent[stretch * self._size + place]


class TrainBatches(Protocol):
    """An endless stream of training batches of this process that can go on where it was.

    Attributes:
        skips: what was left out so far.
    """

    skips: Skips

    def __next__(self) -> Example:
        """The next batch: arrays `[B, ...]`."""
        ...

    def get_state(self) -> dict[str, int]:
        """The position, as plain numbers."""
        ...

    def set_state(self, state: dict[str, int]) -> None:
        """Goes to a position that `get_state` gave."""
        ...

    def advice(self) -> str:
        """What to do about steps that wait for batches."""
        ...

    def close(self) -> None:
        """Ends workers and threads."""
        ...


def _reading_threads(data: DataConfig) -> int:
    """Threads that prepare images."""
    return data.num_threads or min(len(available_cores()), MOST_THREADS)


class TrainLoader:
    """An endless stream of training batches of this process.

    Batch k of the run is the same images, crops and hints for any number of processes, each taking
    its own stretch, and for any number of workers; the state is how much was taken.

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
        workers: int = 0,
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
            workers: further processes that prepare the images of this one; 0 has threads do it.
        """
        self.skips = Skips(len(source))
        self._examples = (
            grain.MapDataset.range(len(source))
            .seed(seed)
            .shuffle()
            .repeat(EPOCHS)
            .random_map(
                _TrainExample(LoadColor(source, data.skip_grey), TrainTransform(data, model))
            )
        )
        self._data = data
        self._workers = workers
        self._batch_size = batch_size
        self._stretch = (batch_size // process_count, process_index, process_count)
        self._taken = 0
        self._iterator: Any = None

    def _start(self) -> Any:
        """The stream from the batches taken on."""
        size = self._stretch[0]
        threads = 1 if self._workers else _reading_threads(self._data)
        ahead = max(self._data.prefetch * size, threads)
        # What workers have ready waits in a queue at either end of each, not here too.
        held = READ_AHEAD if self._workers else ahead
        read = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=held)
        examples = _Stretch(self._examples, *self._stretch, self._taken).to_iter_dataset(read)
        if self._workers:
            if not flags.FLAGS.is_parsed():  # Grain hands them to its workers
                flags.FLAGS.mark_as_parsed()
            buffered = -(-ahead // (2 * self._workers))
            options = grain.multiprocessing.MultiprocessingOptions(self._workers, buffered)
            examples = examples.mp_prefetch(options, worker_init_fn=_Worker(os.getpid()))
        return iter(examples.map(self._count).batch(size))

    def _count(self, example: dict[str, Any]) -> Example:
        """Counts what was left out before an example.

        Raises:
            DataError: if it was too much.
        """
        for skip in example.pop(SKIPPED):
            self.skips.add(skip.name, skip.reason)
        if not example:
            raise DataError(f"{MOST_PASSED} images in a row are corrupt or near grey")
        return example

    def __iter__(self) -> Iterator[Example]:
        """The stream itself."""
        return self

    def __next__(self) -> Example:
        """The next batch, what `TrainTransform` makes of each photo: arrays `[B, ...]`.

        Raises:
            DataError: if the data turned out too damaged to go on, or a worker was killed.
            UnreadableError: if the storage fails.
        """
        if self._iterator is None:
            self._iterator = self._start()
        try:
            batch = next(self._iterator)
        except RuntimeError as error:
            if not (self._workers and "terminated unexpectedly" in str(error)):  # Grain's words
                raise
            raise DataError(
                "a process that prepares images was killed (too little memory?); "
                f"try a smaller data.num_workers, there are {self._workers}"
            ) from error
        self._taken += 1
        return batch

    def get_state(self) -> dict[str, int]:
        """The position, as plain numbers."""
        return position(self._taken, self._batch_size)

    def set_state(self, state: dict[str, int]) -> None:
        """Goes to a position that `get_state` gave, of any number of workers and batch size."""
        self.close()
        self._taken = batches_taken(state, self._batch_size)

    def advice(self) -> str:
        """What to do about steps that wait for batches."""
        if (self._workers or _reading_threads(self._data)) >= len(available_cores()):
            return "all cores prepare data already"
        return f"try a higher data.num_{'workers' if self._workers else 'threads'}"

    def close(self) -> None:
        """Ends workers and threads; the stream can go on where it was."""
        iterator, self._iterator = self._iterator, None
        if iterator is not None:
            iterator.close()


@dataclass(frozen=True)
class _Worker:
    """What a worker does before it works: it leaves Ctrl-C to its parent, and ends with it."""

    parent: int

    def __call__(self, index: int, count: int) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while os.getppid() == self.parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

"""Batches on the devices, one ahead of the step that needs it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
from jax.sharding import Mesh

from acolvit_jax.data.loaders import TrainBatches
from acolvit_jax.training.sharding import put_batch


class Feed:
    """Sends the next batch to the devices while they compute (double buffering).

    Attributes:
        waited: seconds that the devices have waited for data since it was last set to 0.
    """

    def __init__(self, loader: TrainBatches, mesh: Mesh) -> None:
        """Starts at the loader's position."""
        self.waited = 0.0
        self._loader = loader
        self._mesh = mesh
        self._position = loader.get_state()
        self._ahead: dict[str, jax.Array] | None = None
        self._watch = ThreadPoolExecutor(1, thread_name_prefix="feed")

    def take(self) -> dict[str, jax.Array]:
        """The batch of the next step."""
        if self._ahead is None:
            start = time.perf_counter()
            self._ahead = put_batch(next(self._loader), self._mesh)
            self.waited += time.perf_counter() - start
        batch, self._ahead = self._ahead, None
        self._position = self._loader.get_state()
        return batch

    def fetch(self, under_way: Any) -> None:
        """Begins to send the batch after that.

        Args:
            under_way: arrays of the step that runs meanwhile: the devices wait from their being
                ready until the batch is here.
        """
        ready = self._watch.submit(_when_ready, under_way)
        self._ahead = put_batch(next(self._loader), self._mesh)
        if ready.done():
            self.waited += time.perf_counter() - ready.result()

    def position(self) -> dict[str, Any]:
        """Where a run that has done the steps so far goes on: the batch ahead does not count."""
        return self._position

    def close(self) -> None:
        """Ends the threads and processes that prepare batches."""
        self._loader.close()
        self._watch.shutdown(wait=False, cancel_futures=True)


def _when_ready(arrays: Any) -> float:
    """Waits for arrays; returns when they were there."""
    jax.block_until_ready(arrays)
    return time.perf_counter()

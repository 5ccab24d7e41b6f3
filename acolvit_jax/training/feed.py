"""Batches on the devices, one ahead of the step that needs it."""

from __future__ import annotations

import time
from typing import Any

import jax
from jax.sharding import Mesh

from acolvit_jax.data.loaders import TrainLoader
from acolvit_jax.training.sharding import put_batch


class Feed:
    """Sends the next batch to the devices while they compute (double buffering).

    Attributes:
        waited: seconds that steps have waited for data since it was last set to 0.
    """

    def __init__(self, loader: TrainLoader, mesh: Mesh) -> None:
        """Starts at the loader's position."""
        self.waited = 0.0
        self._loader = loader
        self._mesh = mesh
        self._position = loader.get_state()
        self._ahead: dict[str, jax.Array] | None = None

    def take(self) -> dict[str, jax.Array]:
        """The batch of the next step."""
        start = time.perf_counter()
        self.fetch()
        batch, self._ahead = self._ahead, None
        assert batch is not None
        self._position = self._loader.get_state()
        self.waited += time.perf_counter() - start
        return batch

    def fetch(self) -> None:
        """Begins to send the batch after that, to be called when a step is under way."""
        if self._ahead is None:
            self._ahead = put_batch(next(self._loader), self._mesh)

    def position(self) -> dict[str, Any]:
        """Where a run that has done the steps so far goes on: the batch ahead does not count."""
        return self._position

"""The model's part of inference: one image, or many whose decisions differ."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from acolvit_jax.common.cores import available_cores
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.budgets import checked_budget
from acolvit_jax.inference import devices
from acolvit_jax.inference.compilation import compile_forward
from acolvit_jax.models.params import Params
from acolvit_jax.models.prepared import prepare_params


class Engine:
    """A model that is ready to run; any number of threads may call it.

    Attributes:
        config: the architecture.
        compile_seconds: time that compiling took, or reading the compiled program from the cache.
    """

    def __init__(self, config: ModelConfig, params: Params, *, batch_size: int = 32) -> None:
        """Compiles the forward and sends the parameters to the device.

        Args:
            config: the architecture.
            params: nested dict of float32 arrays.
            batch_size: images at once on each accelerator; on CPU images are spread over threads.
        """
        self.config = config
        self._prepared = jax.device_put(prepare_params(params, config))
        start = time.perf_counter()
        self._one = compile_forward(config)
        self.compile_seconds = time.perf_counter() - start
        self._batch_size = batch_size
        self._copies: Any = None  # of the parameters, one a device
        # More threads than cores: one prepares the next image while the others compute.
        self._pool = ThreadPoolExecutor(2 * len(available_cores()))

    def check_budget(self, budget: float | None) -> float | None:
        """The budget to run this model with; see `checked_budget`."""
        return checked_budget(self.config, budget)

    def one(self, inputs: np.ndarray, budget: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Colorizes one image.

        Args:
            inputs: float32 `[S, S, 4]` (L, a, b, hint mask), normalized.
            budget: from `check_budget`.

        Returns:
            Normalized a, b, float32 `[S, S, 2]`, and decisions, float32 `[depth, 2]`.
        """
        asked = None if budget is None else np.float32(budget)
        ab, decisions = self._one(self._prepared, inputs[None], asked, None)
        return np.asarray(ab)[0], np.asarray(decisions)[0]

    def many(
        self, inputs: np.ndarray, budget: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Colorizes a batch; what its images skip is not computed.

        On CPU every image is a task of its own for all cores: measured faster than any batched
        program. Accelerators share a batch evenly and take the program with buckets.

        Args:
            inputs: float32 `[B, S, S, 4]`.
            budget: from `check_budget`.

        Returns:
            Normalized a, b, float32 `[B, S, S, 2]`, and decisions, float32 `[B, depth, 2]`.
        """
        working = devices.working_devices()
        if jax.default_backend() == "cpu" and len(working) == 1:
            results = list(self._pool.map(lambda image: self.one(image, budget), inputs))
        else:
            results = self._in_batches(inputs, budget, working)
        ab, decisions = zip(*results, strict=True)
        return np.stack(ab), np.stack(decisions)

    def _in_batches(
        self, inputs: np.ndarray, budget: float | None, working: tuple[jax.Device, ...]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Runs the batched program on all devices; the last batch is filled up with copies."""
        size = self._batch_size * len(working)
        program = compile_forward(self.config, batch=size, devices=working)
        if self._copies is None:
            everywhere = NamedSharding(devices.mesh_of(working), PartitionSpec())
            self._copies = jax.device_put(self._prepared, everywhere)
        asked = None if budget is None else np.full(size, budget, np.float32)
        results: list[tuple[np.ndarray, np.ndarray]] = []
        for start in range(0, len(inputs), size):
            part = inputs[start : start + size]
            filled = part[np.arange(size) % len(part)]
            ab, decisions = program(self._copies, filled, asked, None)
            pairs = zip(np.asarray(ab), np.asarray(decisions), strict=True)
            results += list(pairs)[: len(part)]
        return results

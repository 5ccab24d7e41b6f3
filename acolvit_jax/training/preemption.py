"""Stopping when asked to: SIGTERM, as clouds and schedulers send it before they take a machine."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

import jax
from jax.experimental import multihost_utils

from acolvit_jax.errors import UserError

EXIT_PREEMPTED = 75  # "try again later": a launcher starts the same command again


class PreemptedError(UserError):
    """The run was asked to stop, and saved what it had."""

    exit_code = EXIT_PREEMPTED


class StopSignal:
    """Notes a SIGTERM, so that the loop can save after the step at hand.

    Attributes:
        requested: whether one has come.
    """

    def __init__(self) -> None:
        """Starts without one."""
        self.requested = False
        self._previous: Any = None

    def after(self, step: int) -> bool:
        """Whether to stop after this step; all processes of a run are told the same."""
        if jax.process_count() > 1:
            return multihost_utils.reached_preemption_sync_point(step)
        return self.requested

    def __enter__(self) -> StopSignal:
        """Begins to listen; with many processes JAX's runtime listens for all of them."""
        if jax.process_count() > 1:
            return self
        self._previous = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Puts back who listened before."""
        if self._previous is None:
            return
        signal.signal(signal.SIGTERM, self._previous)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True

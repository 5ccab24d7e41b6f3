"""Stopping when asked to, with what is done saved.

SIGTERM is what clouds and schedulers send before they take a machine, SIGINT what Ctrl-C sends.
"""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType
from typing import Any

import jax
from jax.experimental import multihost_utils

from acolvit_jax.common.errors import EXIT_INTERRUPTED, EXIT_PREEMPTED, UserError
from acolvit_jax.common.interrupts import spare_one

EXIT_CODES = {signal.SIGTERM: EXIT_PREEMPTED, signal.SIGINT: EXIT_INTERRUPTED}
NOTICE = b"stopping after this step; Ctrl-C again stops at once and saves nothing\n"


class PreemptedError(UserError):
    """The run was asked to stop, and saved what it had."""

    def __init__(self, message: str, number: int | None) -> None:
        """Takes what to say and the signal that asked, None if another process got it."""
        super().__init__(message)
        self.exit_code = EXIT_CODES[signal.Signals(number or signal.SIGTERM)]


class StopSignal:
    """Notes SIGTERM and Ctrl-C, so that the loop can save after the step at hand.

    A second Ctrl-C stops at once.

    Attributes:
        received: the signal that has come to this process, None until one has.
    """

    def __init__(self) -> None:
        """Starts without one."""
        self.received: int | None = None
        self._previous: dict[int, Any] = {}

    def after(self, step: int) -> bool:
        """Whether to stop after this step; all processes of a run are told the same."""
        if jax.process_count() > 1:
            return multihost_utils.reached_preemption_sync_point(step)
        return self.received is not None

    def __enter__(self) -> StopSignal:
        """Begins to listen; with many processes JAX's runtime has SIGTERM, for all of them."""
        for number in [signal.SIGINT] if jax.process_count() > 1 else EXIT_CODES:
            # What runs in the background of a script is meant to ignore Ctrl-C. None is a handler
            # that Python did not set and cannot put back.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._previous[number] = signal.signal(number, self._note)
        spare_one()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Puts back who listened before."""
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _note(self, number: int, frame: FrameType | None) -> None:
        again = self.received == signal.SIGINT
        self.received = number
        if number != signal.SIGINT:
            return
        if again:
            signal.signal(number, self._previous[number])
            signal.raise_signal(number)
            return
        os.write(2, NOTICE)  # print may be in the middle of a line
        if jax.process_count() > 1:
            os.kill(os.getpid(), signal.SIGTERM)

"""A trace of a few steps, for xprof."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import jax

from acolvit_jax.common.places import copy_folder, is_remote


class Profiler:
    """Writes a trace of the steps from `first` to `last` to `WORKDIR/profile`."""

    def __init__(self, workdir: Path, steps: tuple[int, int] | None) -> None:
        """Makes one that does nothing where `steps` is None."""
        self._folder = workdir / "profile"
        self._steps = steps
        self._written = self._folder
        self._running = False

    def note(self, done: int) -> str | None:
        """What to say at the start of a run that has done so many steps, if none is traced."""
        if self._steps is None or done < self._steps[0]:
            return None
        first, last = self._steps
        return f"--profile_steps={first},{last}: no trace, for {done:,} steps are done already"

    def before(self, step: int) -> None:
        """Starts the trace before its first step."""
        if self._steps and step == self._steps[0]:
            # The profiler writes to disks alone.
            written = tempfile.mkdtemp() if is_remote(self._folder) else self._folder
            self._written = Path(written)
            jax.profiler.start_trace(str(self._written))
            self._running = True

    def after(self, step: int, result: object) -> str | None:
        """Ends the trace after its last step; returns what to say then."""
        if not self._running or self._steps is None or step < self._steps[1]:
            return None
        jax.block_until_ready(result)
        return self.stop()

    def stop(self) -> str | None:
        """Ends a trace under way."""
        if not self._running:
            return None
        jax.profiler.stop_trace()
        self._running = False
        if self._written != self._folder:
            copy_folder(self._written, self._folder)
            shutil.rmtree(self._written)
        return f"trace of steps {self._steps} in {self._folder}; xprof {self._folder} shows it"


def memory_estimate(program: jax.stages.Compiled) -> str:
    """What the compiler says of a program's memory on each device."""
    found = program.memory_analysis()
    if found is None:
        return "memory a device: the compiler does not say"
    held = found.argument_size_in_bytes + found.output_size_in_bytes - found.alias_size_in_bytes
    peak = held + found.temp_size_in_bytes
    return (
        f"memory a device, estimated: {peak / 1e6:,.0f} MB at the peak of a step, "
        f"{held / 1e6:,.0f} MB of it state and batch"
    )

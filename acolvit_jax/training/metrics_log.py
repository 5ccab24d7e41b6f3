"""The record of a run: `metrics.jsonl` and TensorBoard event files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from acolvit_jax.common.files import write_text
from acolvit_jax.common.growing import GrowingFile
from acolvit_jax.common.json_lines import keep_damaged, read_lines
from acolvit_jax.training.events import Events

FILE = "metrics.jsonl"


class MetricsLog:
    """Writes numbers and pictures of a run; only the first process makes one."""

    def __init__(self, workdir: Path, resume_step: int) -> None:
        """Opens the record and drops what lies beyond the step that the run resumes from.

        Args:
            workdir: of the run.
            resume_step: steps done; later lines come from a stretch that is run again.
        """
        self._path = workdir / FILE
        kept = _truncate(self._path, resume_step)
        self._validated = {entry["step"] for entry in kept if entry.get("validation")}
        self._file = GrowingFile(self._path)
        self._events = Events(workdir, first_step=resume_step + 1)

    def write(self, step: int, values: dict[str, Any]) -> None:
        """Writes one line and the same scalars to TensorBoard.

        Args:
            step: steps done.
            values: numbers by name; a nested list is written to the line and, entry by entry, to
                TensorBoard.
        """
        self._file.write((json.dumps({"step": step} | values) + "\n").encode())
        for name, value in values.items():
            for index, scalar in np.ndenumerate(np.asarray(value)):
                suffix = "/".join(str(i) for i in index)
                tag = f"{name}/{suffix}" if suffix else name
                self._events.scalar(step, tag, scalar)

    def has_validation(self, step: int) -> bool:
        """Whether the record had scores of a step when it was opened."""
        return step in self._validated

    def picture(self, step: int, name: str, rgb: np.ndarray) -> None:
        """Shows a picture, uint8 `[H, W, 3]`, in TensorBoard."""
        self._events.picture(step, name, rgb)

    def flush(self) -> None:
        """Writes what is still in memory, as a checkpoint is saved: later steps may be lost."""
        self._file.flush()
        self._events.flush()

    def close(self) -> None:
        """Writes what is still in memory; on a full disk TensorBoard's last events are lost."""
        self._file.close()
        self._events.close()

    def leave(self) -> None:
        """Ends where the record is another run's by now: only TensorBoard's file is this one's."""
        self._events.close()


def read_metrics(workdir: Path) -> list[dict[str, Any]]:
    """The lines of a run's `metrics.jsonl`; damaged ones are left out."""
    return read_lines(workdir / FILE, _entry)[0]


def _entry(values: dict[str, Any]) -> dict[str, Any]:
    """A line of the record.

    Raises:
        ValueError: if it has no step.
    """
    if type(values.get("step")) is not int:
        raise ValueError("a line of metrics without its step")
    return values


def _truncate(path: Path, last_step: int) -> list[dict[str, Any]]:
    """Drops the lines of later steps, atomically; damaged ones are set aside. Returns the rest."""
    entries, damaged = read_lines(path, _entry)
    keep_damaged(path, damaged)
    kept = [entry for entry in entries if entry["step"] <= last_step]
    write_text(path, "".join(json.dumps(entry) + "\n" for entry in kept))
    return kept

"""The record of a run: `metrics.jsonl` and TensorBoard event files."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tensorboardX import summary
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog

from acolvit_jax.files import write_text

FLUSH_SECONDS = 30  # between two times that TensorBoard sees what is new

log = logging.getLogger(__name__)


class MetricsLog:
    """Writes numbers and pictures of a run; only the first process makes one."""

    def __init__(self, workdir: Path, resume_step: int) -> None:
        """Opens the record and drops what lies beyond the step that the run resumes from.

        Args:
            workdir: of the run.
            resume_step: steps done; later lines come from a stretch that is run again.
        """
        self._path = workdir / "metrics.jsonl"
        _truncate(self._path, resume_step)
        self._events = _Events(workdir)
        purge = SessionLog(status=SessionLog.START)
        self._events.write(Event(step=resume_step + 1, session_log=purge))

    def write(self, step: int, values: dict[str, Any]) -> None:
        """Writes one line and the same scalars to TensorBoard.

        Args:
            step: steps done.
            values: numbers by name; a nested list is written to the line and, entry by entry, to
                TensorBoard.
        """
        with self._path.open("a") as file:
            file.write(json.dumps({"step": step} | values) + "\n")
        for name, value in values.items():
            for index, scalar in np.ndenumerate(np.asarray(value)):
                suffix = "/".join(str(i) for i in index)
                tag = f"{name}/{suffix}" if suffix else name
                self._events.write(Event(step=step, summary=summary.scalar(tag, scalar)))

    def picture(self, step: int, name: str, rgb: np.ndarray) -> None:
        """Shows a picture, uint8 `[H, W, 3]`, in TensorBoard."""
        picture = summary.image(name, rgb, dataformats="HWC")
        self._events.write(Event(step=step, summary=picture))

    def close(self) -> None:
        """Writes what is still in memory; on a full disk TensorBoard's last events are lost."""
        self._events.close()


class _Events:
    """TensorBoard's file. It is written in this thread: where it cannot be, the run goes on."""

    def __init__(self, workdir: Path) -> None:
        self._flushed = time.monotonic()
        self._writer: EventsWriter | None = None
        with self._or_give_up():
            self._writer = EventsWriter(str(workdir / "events"))

    def write(self, event: Event) -> None:
        if self._writer is None:
            return
        event.wall_time = time.time()
        with self._or_give_up():
            self._writer.write_event(event)
            if time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._writer.flush()
                self._flushed = time.monotonic()

    def close(self) -> None:
        if self._writer is not None:
            with self._or_give_up():
                self._writer.close()
        self._writer = None

    @contextlib.contextmanager
    def _or_give_up(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            writer, self._writer = self._writer, None
            with contextlib.suppress(OSError):
                if writer is not None:
                    writer.close()
            log.warning(
                "TensorBoard's events cannot be written (%s); metrics.jsonl goes on", error.strerror
            )


def read_metrics(workdir: Path) -> list[dict[str, Any]]:
    """The lines of a run's `metrics.jsonl`; one cut short by a kill is left out."""
    path = workdir / "metrics.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [entry for line in lines if (entry := _parse(line)) is not None]


def _parse(line: str) -> dict[str, Any] | None:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _truncate(path: Path, last_step: int) -> None:
    """Drops the lines of later steps, atomically."""
    kept = [entry for entry in read_metrics(path.parent) if entry["step"] <= last_step]
    write_text(path, "".join(json.dumps(entry) + "\n" for entry in kept))

"""TensorBoard's file of a run."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from acolvit_jax.common.growing import GrowingFile
from acolvit_jax.common.places import is_remote
from acolvit_jax.photo import images

FLUSH_SECONDS = 30  # between two times that TensorBoard sees what is new
RGB = 3  # TensorBoard's number for it

log = logging.getLogger(__name__)


def _open(path: Path) -> Any:
    """A new file to add to."""
    return GrowingFile(path) if is_remote(path) else path.open("xb")


class Events:
    """Writes in the caller's thread. Where the file cannot be written, one warning is all."""

    def __init__(self, workdir: Path, first_step: int) -> None:
        """Begins a file.

        Args:
            workdir: of the run; it must exist.
            first_step: of what will be written; TensorBoard forgets what other files of the
                folder hold from there on.
        """
        self._flushed = time.monotonic()
        self._writer: RecordWriter | None = None
        name = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}"
        with self._or_give_up():
            self._writer = RecordWriter(_open(workdir / name))
        self._write(Event(file_version="brain.Event:2"))
        start = SessionLog(status=SessionLog.START)
        self._write(Event(step=first_step, session_log=start))

    def scalar(self, step: int, tag: str, value: float) -> None:
        """Writes a number."""
        self._write_summary(step, Summary.Value(tag=tag, simple_value=value))

    def picture(self, step: int, tag: str, rgb: np.ndarray) -> None:
        """Writes a picture, uint8 `[H, W, 3]`."""
        height, width, _ = rgb.shape
        image = Summary.Image(
            height=height,
            width=width,
            colorspace=RGB,
            encoded_image_string=images.encode_image(rgb, ".png"),
        )
        self._write_summary(step, Summary.Value(tag=tag, image=image))

    def flush(self) -> None:
        """Writes what is still in memory."""
        if self._writer is not None:
            with self._or_give_up():
                self._writer.flush()
                self._flushed = time.monotonic()

    def close(self) -> None:
        """Writes what is still in memory; on a full disk the last events are lost."""
        if self._writer is not None:
            with self._or_give_up():
                self._writer.close()
        self._writer = None

    def _write_summary(self, step: int, value: Summary.Value) -> None:
        self._write(Event(step=step, summary=Summary(value=[value])))

    def _write(self, event: Event) -> None:
        if self._writer is None:
            return
        event.wall_time = time.time()
        with self._or_give_up():
            self._writer.write(event.SerializeToString())
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    @contextlib.contextmanager
    def _or_give_up(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            writer, self._writer = self._writer, None
            with contextlib.suppress(OSError):
                if writer is not None:
                    writer.close()
            reason = error.strerror or error
            log.warning(
                "TensorBoard's events cannot be written (%s); metrics.jsonl goes on", reason
            )

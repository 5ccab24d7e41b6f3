"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from tqdm import tqdm


def format_seconds(seconds: float) -> str:
    """Seconds as `42s`, `3m05s` or `2h07m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


class Progress:
    """Tells how far a piece of work is, at what rate, and how long it will take yet.

    Attributes:
        rate: steps a second since the start, 0 before the first.
    """

    def __init__(self, total: int, *, done: int = 0, quiet: bool = False) -> None:
        """Starts at `done` of `total` steps; `quiet` shows nothing."""
        self._total = total
        self._done = self._first = done
        self._start = time.monotonic()
        self._quiet = quiet
        bar = sys.stderr.isatty() and not quiet
        self._bar = tqdm(total=total, initial=done, dynamic_ncols=True) if bar else None

    @property
    def rate(self) -> float:
        """Steps a second since the start."""
        return (self._done - self._first) / max(time.monotonic() - self._start, 1e-9)

    def restart_clock(self) -> None:
        """Leaves the time until here out of the rate: of compiling, for example."""
        self._start = time.monotonic()
        self._first = self._done

    def advance(self, steps: int = 1) -> None:
        """Counts finished steps."""
        self._done += steps
        if self._bar is not None:
            self._bar.update(steps)

    def say(self, text: str) -> None:
        """Prints a line, with place and time left where there is no bar to show them."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.write(text)
            return
        left = ""
        if self.rate:
            left = f", {format_seconds((self._total - self._done) / self.rate)} left"
        print(f"{self._done}/{self._total} {text}{left}", flush=True)

    def __enter__(self) -> Progress:
        """Starts showing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Takes the bar off the screen."""
        if self._bar is not None:
            self._bar.close()

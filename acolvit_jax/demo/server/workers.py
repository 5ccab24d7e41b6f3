"""Threads for what computes, so that the event loop never waits; bounded, so nothing piles up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from acolvit_jax.demo.server.problems import RequestError

T = TypeVar("T")


class Workers:
    """Some threads and a short queue before them."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        """Makes the threads when they are needed.

        Args:
            name: of the threads.
            threads: jobs at once.
            waiting: jobs that may wait for a thread; more are refused.
        """
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        self._lock = threading.Lock()
        self._jobs = 0

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Runs a function on a thread.

        Args:
            function: to call.
            args: of the call.

        Returns:
            What it returns.

        Raises:
            RequestError: 503 if too many jobs wait already.
        """
        with self._lock:
            if self._jobs >= self._most:
                headers = {"Retry-After": "1"}
                raise RequestError(503, "the server is busy; try again", headers=headers)
            self._jobs += 1
        future = self._pool.submit(function, *args)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _: Future[Any]) -> None:
        with self._lock:
            self._jobs -= 1

    def close(self) -> None:
        """Drops the jobs that wait and lets the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

"""Cores that this process may use."""

from __future__ import annotations

import os


def available_cores() -> list[int]:
    """Numbers of the cores, as many as the process may use; all where the system does not say."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def use_cores(count: int) -> bool:
    """Keeps the process to some cores; for before JAX makes its threads.

    Args:
        count: of cores, at most those available.

    Returns:
        False where the system cannot do that.
    """
    if not hasattr(os, "sched_setaffinity"):
        return False
    os.sched_setaffinity(0, available_cores()[:count])
    return True

"""Cores that this process may use."""

from __future__ import annotations

import os


def available_cores() -> list[int]:
    """Numbers of the cores, as many as the process may use; all where the system does not say."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def can_keep_to_cores() -> bool:
    """Whether the system keeps a process to some cores; macOS does not."""
    return hasattr(os, "sched_setaffinity")


def use_cores(count: int) -> bool:
    """Keeps the process to some cores; for before JAX makes its threads.

    Args:
        count: of cores, at most those available.

    Returns:
        False where the system cannot do that.
    """
    if not can_keep_to_cores():
        return False
    os.sched_setaffinity(0, available_cores()[:count])
    return True


def leave_cores_to_others() -> None:
    """Lets XLA on CPU compute a program with half of the cores; for before JAX makes its threads.

    A page in a browser beside the server needs some, and a program whose threads wait for one that
    has no core takes several times as long as on one thread. What the environment says stays.
    """
    os.environ.setdefault("NPROC", str(max(1, len(available_cores()) // 2)))  # XLA's own name

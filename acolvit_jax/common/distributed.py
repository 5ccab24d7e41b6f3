"""Many processes: JAX's own runtime joins them, tells of preemption, and of a peer that is gone."""

from __future__ import annotations

import dataclasses
import re

import jax
import numpy as np
from jax.experimental import multihost_utils

from acolvit_jax.common.errors import EXIT_PREEMPTED, ConfigError, UserError

HEARTBEAT_SECONDS = 30  # after this long without a sign, a process is taken for dead
# Words of Gloo, NCCL, gRPC and JAX's coordination service when another process is gone.
_GONE = re.compile(
    "gloo|nccl|connection|unavailable|deadline.exceeded|task died|heartbeat|coordination|barrier",
    re.IGNORECASE,
)


class OutOfMemoryError(UserError):
    """A program that does not fit the devices' memory."""


class PeerLostError(UserError):
    """Another process of the run is gone."""

    exit_code = EXIT_PREEMPTED


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The processes of a run.

    Attributes:
        coordinator: `HOST:PORT` of process 0; empty finds everything out by itself, as it can on
            TPU pods and under Slurm.
        num_processes: all of them, with a coordinator.
        process_id: this one's number, from 0, with a coordinator.
    """

    coordinator: str = ""
    num_processes: int = 0
    process_id: int = -1

    def __post_init__(self) -> None:
        """Refuses half of the three.

        Raises:
            ConfigError: says what belongs together.
        """
        given = (bool(self.coordinator), self.num_processes > 0, self.process_id >= 0)
        if any(given) and not all(given):
            raise ConfigError(
                "--coordinator, --num_processes and --process_id belong together: got "
                f"{self.coordinator!r}, {self.num_processes}, {self.process_id}"
            )
        if all(given) and self.process_id >= self.num_processes:
            raise ConfigError(
                f"--process_id={self.process_id} must be below --num_processes={self.num_processes}"
            )


def join(cluster: Cluster) -> None:
    """Joins the other processes; before anything else touches a device.

    Args:
        cluster: the processes of the run.

    Raises:
        ConfigError: if they cannot be found or do not all come.
    """
    given = bool(cluster.coordinator)
    try:
        jax.distributed.initialize(
            cluster.coordinator if given else None,
            cluster.num_processes if given else None,
            cluster.process_id if given else None,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            shutdown_timeout_seconds=HEARTBEAT_SECONDS,  # one that fails keeps the others no longer
        )
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().split("\n", 1)[0][:200]
        raise ConfigError(
            f"the processes did not find each other ({reason}); outside of TPU pods and Slurm give "
            "--coordinator HOST:PORT, --num_processes and --process_id"
        ) from error


def user_error_of(error: Exception) -> UserError | None:
    """What to say of an error of the devices or of another process; None for any other one."""
    text = str(error).strip()
    reason = text.split("\n", 1)[0][:160]
    if "os_error_code" in text:  # of a disk, which gRPC's words name too: it is full, for example
        return None
    if "RESOURCE_EXHAUSTED" in text:
        return OutOfMemoryError(
            f"the devices have too little memory ({reason}); try a smaller train.micro_batch or "
            "train.batch_size, train.remat=True, a larger mesh.fsdp, or data.device_side=0"
        )
    if jax.process_count() == 1 or not _GONE.search(text):
        return None
    return PeerLostError(
        f"process {jax.process_index()} lost another process of the run ({reason}); start them all "
        "again with the same --workdir to go on from the last checkpoint"
    )


def agree(
    what: str,
    number: int,
    *,
    advice: str = "--workdir must be one folder that all of them share and can read",
    error: type[UserError] = ConfigError,
) -> None:
    """Waits until all processes are here, and checks that they hold the same number.

    Args:
        what: the number is, for the message.
        number: of this process, 32 bits.
        advice: what to do where they differ.
        error: what is raised then.

    Raises:
        UserError: `error`, with what each holds.
    """
    if jax.process_count() == 1:
        return
    held = multihost_utils.process_allgather(np.int32(number)).tolist()
    if len(set(held)) > 1:
        raise error(f"the processes differ in {what}: {held}; {advice}")

"""Where arrays live: the mesh of all devices and the rules that split arrays over it."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config.training import TrainConfig

BATCH_AXES = ("data", "fsdp")  # a batch is split over every device
CPU_MICRO_BATCH = 4  # the working set of a sublayer then stays in cache
MIN_SHARDED_SIZE = 2**14  # smaller arrays are repeated: splitting them costs more than it saves


def make_mesh(fsdp: int) -> Mesh:
    """A mesh of all devices of all processes.

    Args:
        fsdp: devices that share one copy of the parameters.

    Returns:
        A mesh with axes `data` and `fsdp`.

    Raises:
        ConfigError: if `fsdp` does not divide the number of devices.
    """
    devices = jax.device_count()
    if fsdp < 1 or devices % fsdp:
        raise ConfigError(f"mesh.fsdp={fsdp} must divide the {devices} devices")
    return jax.make_mesh((devices // fsdp, fsdp), BATCH_AXES, axis_types=(AxisType.Auto,) * 2)


def micro_batch_size(config: TrainConfig, mesh: Mesh, per_photo: int = 1) -> int:
    """Images that all devices together compute at once.

    Args:
        config: of the run.
        mesh: of the run.
        per_photo: times that each photo of the batch is computed.

    Returns:
        A divisor of the batch's images; all of them when they are computed at once.

    Raises:
        ConfigError: if the batch cannot be split over the devices, or the micro-batches do not
            make up a batch; the message names the sizes.
    """
    if config.batch_size % mesh.size:
        raise ConfigError(
            f"train.batch_size={config.batch_size} must be a multiple of the {mesh.size} devices"
        )
    local = config.batch_size // mesh.size * per_photo
    if not config.micro_batch:
        fits = jax.default_backend() == "cpu" and local % CPU_MICRO_BATCH == 0
        return CPU_MICRO_BATCH * mesh.size if fits else local * mesh.size
    if local % config.micro_batch and config.micro_batch < local:
        raise ConfigError(
            f"train.micro_batch={config.micro_batch} must divide the {local} images of a device"
        )
    return min(config.micro_batch, local) * mesh.size


def replicated(mesh: Mesh) -> NamedSharding:
    """A copy on every device."""
    return NamedSharding(mesh, PartitionSpec())


def batch_sharding(mesh: Mesh, axis: int = 0) -> NamedSharding:
    """The images of a batch, on the given axis, split over all devices."""
    return NamedSharding(mesh, PartitionSpec(*[None] * axis, BATCH_AXES))


def state_shardings(state: Any, mesh: Mesh) -> Any:
    """How parameters, optimizer state and averages are split over `fsdp`.

    Args:
        state: tree of arrays or shapes.
        mesh: of the run.

    Returns:
        A tree of shardings: the largest axis that `fsdp` divides is split, small arrays and
        those without such an axis are repeated.
    """
    return jax.tree.map(lambda leaf: NamedSharding(mesh, _spec(leaf.shape, mesh)), state)


def _spec(shape: tuple[int, ...], mesh: Mesh) -> PartitionSpec:
    ways = mesh.shape["fsdp"]
    axes = [i for i, size in enumerate(shape) if size % ways == 0]
    if ways == 1 or not axes or np.prod(shape) < MIN_SHARDED_SIZE:
        return PartitionSpec()
    largest = max(axes, key=lambda i: shape[i])
    return PartitionSpec(*[None] * largest, "fsdp")


def put_batch(batch: dict[str, np.ndarray], mesh: Mesh) -> dict[str, jax.Array]:
    """Sends this process's part of a batch to its devices.

    Args:
        batch: arrays `[B / processes, ...]` of this process.
        mesh: of the run.

    Returns:
        Global arrays `[B, ...]`.
    """
    sharding = batch_sharding(mesh)
    return {
        name: jax.make_array_from_process_local_data(sharding, value)
        for name, value in batch.items()
    }

"""Which devices work together on many images."""

from __future__ import annotations

from typing import TypeVar

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

AXIS = "images"

T = TypeVar("T", np.ndarray, jax.Array)


def working_devices() -> tuple[jax.Device, ...]:
    """All accelerators of this process; on CPU the first device, whose threads use all cores."""
    devices = jax.local_devices()
    return tuple(devices[:1] if jax.default_backend() == "cpu" else devices)


def device_name() -> str:
    """What computes: the kind of this process's first device, and its platform."""
    device = jax.local_devices()[0]
    kind, platform = device.device_kind, device.platform
    return kind if kind == platform else f"{kind} ({platform})"


def mesh_of(devices: tuple[jax.Device, ...]) -> Mesh:
    """Devices in a row, that the images of a batch are split over."""
    return Mesh(np.array(devices), (AXIS,), axis_types=(AxisType.Auto,))


def split(images: T) -> T | jax.Array:
    """Images `[B, ...]`, split over the working devices where they can share them evenly."""
    devices = working_devices()
    if len(devices) == 1 or len(images) % len(devices):
        return images
    return jax.device_put(images, NamedSharding(mesh_of(devices), PartitionSpec(AXIS)))

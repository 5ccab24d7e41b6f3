"""Whether the photos of a run fit the memory of its devices and of this machine."""

from __future__ import annotations

import bisect

import jax
import numpy as np
from jax.sharding import Mesh

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config import Config
from acolvit_jax.photo.limits import usable_memory
from acolvit_jax.training.crops import most_lines

MOST_OF_MEMORY = 0.6  # that photos may take: the rest is the model's
PLANES = 48  # bytes that a pixel of an example takes while it is made


def check_room(config: Config, photos: int, sizes: np.ndarray, mesh: Mesh) -> None:
    """Refuses more photos than devices or this machine can keep beside the model.

    Args:
        config: of the run; `data.device_side` is set.
        photos: number of them.
        sizes: int `[K, 2]`, height and width of some of them.
        mesh: of the run.

    Raises:
        ConfigError: says how much it would be, and which side would fit.
    """
    if not len(sizes):  # decoding will say why
        return
    side = config.data.device_side
    wanted, room = _most_wanting(config, photos, sizes, mesh, side)
    if wanted <= room:
        return

    def too_large(smaller: int) -> bool:
        wanted, room = _most_wanting(config, photos, sizes, mesh, smaller)
        return wanted > room

    least = config.model.image_size
    fits = bisect.bisect_left(range(least, side), True, key=too_large) + least - 1
    advice = f"{fits} would fit" if fits >= least else f"not even {least} would fit"
    raise ConfigError(
        f"data.device_side={side}: {photos:,} photos take {wanted / 1e9:,.1f} GB, and "
        f"{room / 1e9:,.1f} GB are there for them; {advice}, and 0 has the host prepare them"
    )


def _most_wanting(
    config: Config, photos: int, sizes: np.ndarray, mesh: Mesh, side: int
) -> tuple[float, float]:
    """Bytes wanted and there, of a device or of the machine, wherever more is missing."""
    short, long = sizes.min(axis=1), sizes.max(axis=1)
    lines = (long * np.minimum(1.0, side / short)).mean() * photos
    kept = lines * side * 3
    images = config.train.batch_size // mesh.size
    batch = images * _example(side, config.model.image_size)
    local = jax.local_devices()
    memory = float(usable_memory())
    limit = (local[0].memory_stats() or {}).get("bytes_limit")
    if limit is None:  # on CPU devices are this machine's memory, beside what was decoded
        places = [((1 + len(local)) * kept + len(local) * batch, memory)]
    else:
        places = [(kept + batch, float(limit)), (kept, memory)]
    return max(
        ((wanted, MOST_OF_MEMORY * there) for wanted, there in places), key=lambda x: x[0] / x[1]
    )


def _example(side: int, image_size: int) -> int:
    """Bytes of what is between a photo and its example: its lines, fewer of them, planes."""
    lines = most_lines(side, image_size)
    return 3 * side * (5 * lines + 4 * image_size) + PLANES * image_size**2

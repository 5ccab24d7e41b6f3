"""A photo's lightness at the model's size: what the model and the steps around it read."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from acolvit_jax.photo import color, images

_WINDOW = 9  # pixels of the model's image, side of the square whose texture is looked at
_KEPT = 64  # planes' memory: other hints stay where they are while one is dragged


@dataclass(frozen=True, eq=False)
class Tones:
    """A photo without its colors; what is worked out of it is kept with it.

    Attributes:
        norm: float32 `[S, S, 1]`, normalized lightness.
    """

    norm: np.ndarray
    _kept: OrderedDict[Hashable, np.ndarray] = field(default_factory=OrderedDict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @classmethod
    def of(cls, rgb: np.ndarray, side: int) -> Tones:
        """Looks at a photo.

        Args:
            rgb: uint8 `[H, W, 3]`.
            side: S, of the model's image, in pixels.

        Returns:
            Its tones.
        """
        lab = color.uint8_to_lab(images.resize(rgb, (side, side)))
        return cls(color.normalize_l(lab[..., :1]))

    @functools.cached_property
    def lightness(self) -> np.ndarray:
        """L*, float32 `[S, S]`."""
        return color.denormalize_l(self.norm[..., 0])

    @functools.cached_property
    def smoothness(self) -> np.ndarray:
        """Minus the logarithm of 1 + the deviation of L* around each pixel, float32 `[S, S]`."""
        exact = self.lightness.astype(np.float64)
        mean, squares = (ndimage.uniform_filter(x, _WINDOW) for x in (exact, exact**2))
        texture = np.sqrt(np.maximum(squares - mean**2, 0)).astype(np.float32)
        return -np.log1p(texture)

    def kept(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """Something worked out of the lightness, which lives as long as the photo at most.

        Any number of threads may ask; what was not asked for longest makes room.

        Args:
            key: names it.
            make: works it out where it is not kept.

        Returns:
            What `make` gave, not to be changed.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        made.flags.writeable = False
        with self._lock:
            self._kept[key] = made
            while sum(array.nbytes for array in self._kept.values()) > _KEPT * self.norm.nbytes:
                self._kept.popitem(last=False)
        return made

    @property
    def nbytes(self) -> int:
        """Memory that it takes at most, with what is kept."""
        return (3 + _KEPT) * self.norm.nbytes

"""Photos of a source by index; those that cannot be trained on are passed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from acolvit_jax.common.errors import ImageError
from acolvit_jax.data.records import ImageSource, read_record
from acolvit_jax.photo import images

MOST_PASSED = 1000  # images that are passed over in a row before somebody looks at them


class LeftOut(NamedTuple):
    """A photo that was left out.

    Attributes:
        name: of the photo.
        reason: why it did not decode; None of one that is near grey.
    """

    name: str
    reason: str | None


@dataclass(frozen=True)
class LoadColor:
    """Reads the photo at an index; a corrupt or grey one's place is taken by the next.

    So the position in the data depends on the step alone, whatever is skipped. It may run in any
    process: what was left out is part of the answer.

    Attributes:
        source: of encoded images.
        skip_grey: leave out photos with next to no color.
    """

    source: ImageSource
    skip_grey: bool

    def __call__(self, index: int) -> tuple[str, np.ndarray | None, list[LeftOut]]:
        """Returns the photo's name and uint8 `[H, W, 3]`, and what was left out before it.

        There is no photo where all are left out, or a thousand in a row.

        Raises:
            UnreadableError: if the storage fails.
        """
        skips: list[LeftOut] = []
        for offset in range(min(len(self.source), MOST_PASSED)):
            name, rgb, skip = self.read((index + offset) % len(self.source))
            if skip is None:
                return name, rgb, skips
            skips.append(skip)
        return "", None, skips

    def read(self, index: int) -> tuple[str, np.ndarray | None, LeftOut | None]:
        """Returns the photo's name and uint8 `[H, W, 3]`, None if it is left out, and why.

        Raises:
            UnreadableError: if the storage fails.
        """
        name = ""
        try:
            record = read_record(self.source, index)
            name = record.name
            rgb = images.read_image(record.data)
        except ImageError as error:
            name = name or self.source.name_of(index)
            return name, None, LeftOut(name, str(error))
        if self.skip_grey and images.is_near_grey(rgb):
            return name, None, LeftOut(name, None)
        return name, rgb, None

"""The images of an evaluation with their hints, drawn or read."""

from __future__ import annotations

from typing import NamedTuple

from acolvit_jax.data.records import ImageSource, Part
from acolvit_jax.evaluation.image_sets import image_names, open_images, take_evenly
from acolvit_jax.evaluation.methods import IMAGE_SIZE
from acolvit_jax.evaluation.request import Request
from acolvit_jax.hints import sets as hint_sets


class HintedImages(NamedTuple):
    """The images of an evaluation.

    Attributes:
        source: of those whose hints can be read.
        names: theirs, in order.
        whole: how many there are, before some are taken evenly.
        hints: of each, by number and name.
        bad: why others are left out, by name.
    """

    source: ImageSource
    names: list[str]
    whole: int
    hints: hint_sets.HintSet
    bad: dict[str, str]


def hinted_images(request: Request) -> HintedImages:
    """Opens the images, and draws or reads their hints.

    Raises:
        UserError: if images, list or hints cannot be read.
    """
    whole = open_images(request.images, request.list_file, request.data_dir)
    source = take_evenly(whole, request.max_images)
    names = image_names(source)
    if request.hint_dir is None:
        # Over all images: the points of each depend on the others.
        drawn = hint_sets.drawn_hints(
            image_names(whole), request.counts, IMAGE_SIZE, request.hint_list
        )
        return HintedImages(source, names, len(whole), drawn, {})
    read, bad = hint_sets.read_hint_set(
        request.hint_dir, names, request.counts, IMAGE_SIZE, skip_bad=request.skip_bad
    )
    source = Part(source, [i for i, name in enumerate(names) if name not in bad])
    return HintedImages(source, image_names(source), len(whole), read, bad)

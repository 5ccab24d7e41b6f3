"""Clicks on every image by every method, kept in a file that a killed run goes on from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from acolvit_jax.common.files import write_text
from acolvit_jax.common.growing import GrowingFile
from acolvit_jax.common.json_lines import keep_damaged, read_lines
from acolvit_jax.common.progress import Progress
from acolvit_jax.data.records import ImageSource
from acolvit_jax.evaluation import clicks
from acolvit_jax.evaluation.methods import Method
from acolvit_jax.evaluation.protocol import ProtocolPhoto, batch_size, load_photo
from acolvit_jax.evaluation.scores import simple_scores
from acolvit_jax.hints import HINT_SIZE
from acolvit_jax.photo import color

CLICKS_FILE = "clicks.jsonl"


@dataclass(frozen=True)
class Clicked:
    """Clicks on one image, answered by one method.

    Attributes:
        method: its name.
        image: file name.
        psnr: in dB after 0, 1, 2, ... clicks.
        cells: row and column of each click, in cells.
        reach: of each click, shares of the change of colors within `clicks.RADII`; None where
            nothing changed.
        across: of each click, share of the change that lies behind strong edges; None likewise.
    """

    method: str
    image: str
    psnr: list[float]
    cells: list[list[int]]
    reach: list[list[float] | None]
    across: list[float | None]

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others."""
        return self.method, self.image

    def first(self, count: int) -> Clicked:
        """The same with its first clicks only."""
        return Clicked(
            self.method,
            self.image,
            self.psnr[: count + 1],
            self.cells[:count],
            self.reach[:count],
            self.across[:count],
        )


class ClickFile:
    """The clicks of a report so far, a line an image and method.

    It lies beside the scores, whose identity (weights, images) is its own too. A line cut short by
    a kill is dropped; so is one with fewer clicks than are asked for.
    """

    def __init__(self, folder: Path, count: int) -> None:
        """Opens or makes the file in the folder of a report, for so many clicks."""
        self._path = folder / CLICKS_FILE
        self.done: dict[tuple[str, str], Clicked] = {}
        clicked, damaged = read_lines(self._path, _clicked)
        keep_damaged(self._path, damaged)
        self.done.update({one.key: one for one in clicked if len(one.cells) >= count})
        write_text(self._path, "".join(_line(found) for found in self.done.values()))
        self._file = GrowingFile(self._path)

    def add(self, clicked: Sequence[Clicked]) -> None:
        """Appends clicks and sees them onto the disk."""
        self._file.write("".join(_line(one) for one in clicked).encode())
        self.done.update({one.key: one for one in clicked})

    def close(self) -> None:
        """Writes what is still in memory."""
        self._file.close()


def read_clicks(folder: Path) -> list[Clicked]:
    """The clicks that the folder of a report holds; what is damaged is passed over."""
    return read_lines(folder / CLICKS_FILE, _clicked)[0]


def _clicked(values: dict[str, Any]) -> Clicked:
    """A line of the file.

    Raises:
        ValueError: if it holds something else.
    """
    try:
        found = Clicked(**values)
        clicks = len(found.cells)
        whole = (
            isinstance(found.method, str)
            and isinstance(found.image, str)
            and all(type(value) in (int, float) for value in found.psnr)
            and (len(found.psnr), len(found.reach), len(found.across))
            == (clicks + 1, clicks, clicks)
        )
    except TypeError as error:
        raise ValueError(str(error)) from error
    if not whole:
        raise ValueError("a line of clicks that holds something else")
    return found


def _line(clicked: Clicked) -> str:
    return json.dumps(clicked.__dict__) + "\n"


def click_all(
    source: ImageSource,
    indices: Sequence[int],
    methods: Sequence[Method],
    count: int,
    image_size: int,
    file: ClickFile,
) -> None:
    """Clicks on the images that the file does not hold yet.

    Args:
        source: of encoded images that decode.
        indices: of the images to take.
        methods: to click with.
        count: clicks on an image.
        image_size: side of the images.
        file: added to batch by batch.

    Raises:
        ImageError: if an image does not decode.
    """
    total = len(indices) * len(methods)
    known = {(c.name, source.name_of(i)) for c in methods for i in indices} & file.done.keys()
    with Progress(total, done=len(known)) as progress:
        size = batch_size()
        for start in range(0, len(indices), size):
            part = indices[start : start + size]
            for method in methods:
                left = [i for i in part if (method.name, source.name_of(i)) not in file.done]
                if not left:
                    continue
                photos = [load_photo(source, i, image_size) for i in left]
                file.add(click(method, photos, count))
                progress.advance(len(photos))
            progress.say(f"{len(file.done):,} photos clicked on")


def click(method: Method, photos: Sequence[ProtocolPhoto], count: int) -> list[Clicked]:
    """Clicks on some photos, one click after the other, all photos at once.

    Args:
        method: that answers.
        photos: of one size.
        count: clicks on each.

    Returns:
        What became of each.
    """
    truth = np.stack([photo.rgb for photo in photos])
    side = truth.shape[1]
    taken = np.zeros((len(photos), side // HINT_SIZE, side // HINT_SIZE), bool)
    found = [Clicked(method.name, photo.name, [], [], [], []) for photo in photos]
    before: np.ndarray | None = None
    for k in range(count + 1):
        cells = [np.array(one.cells, int).reshape(-1, 2) for one in found]
        inputs = np.stack([p.inputs(c) for p, c in zip(photos, cells, strict=True)])
        ab = method.colorize(inputs).ab
        rgb, values = simple_scores(inputs, ab, truth)
        for i, (one, value) in enumerate(zip(found, values, strict=True)):
            one.psnr.append(value["psnr"])
            if before is not None:
                _add_reach(one, photos[i], before[i], ab[i])
            if k < count:
                error = ((rgb[i] - truth[i].astype(np.float32) / 255) ** 2).mean(axis=-1)
                row, column = clicks.next_cell(error, taken[i])
                taken[i, row, column] = True
                one.cells.append([row, column])
        before = np.asarray(ab)
    return found


def _add_reach(one: Clicked, photo: ProtocolPhoto, before: np.ndarray, after: np.ndarray) -> None:
    """Adds how far the last click reached."""
    row, column = one.cells[-1]
    change = np.linalg.norm(color.denormalize_ab(after - before), axis=-1)
    distance = clicks.distances((row, column), len(change), HINT_SIZE)
    one.reach.append(clicks.reach(change, distance))
    others = clicks.beyond_edges(photo.l_norm, (row, column), HINT_SIZE)
    total = change.sum()
    one.across.append(float(change[others].sum() / total) if total else None)

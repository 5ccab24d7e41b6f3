"""A photo to colorize and the names of all that is written of it, no name twice in a folder.

A name says which photo it is of: it is the same whatever photos stand beside that one, so that a
folder can be run again with more of them. Names that differ in spelling or case alone are one, for
macOS and Windows take them for one file: which of them is the first may change with a further one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acolvit_jax.common.names import fitting, mark, spelled
from acolvit_jax.hints import Hint
from acolvit_jax.hints.saved import HintedPhoto
from acolvit_jax.photo import images, outputs

SUFFIX = "_color"
COMPARE = "compare"  # the kind of file that has the grey photo with its hints beside the result
COMPARE_SUFFIX = ".compare.png"
_BESIDE = (COMPARE_SUFFIX, *(outputs.OUTPUTS[kind].ending for kind in ("layer", "layers")))


@dataclass(frozen=True)
class Job:
    """One photo to colorize.

    Attributes:
        source: the photo.
        target: the file to write.
        hints: on the photo.
        hinted: the photo that the hints were made on, if that may be another size of this one.
        whole: whether the names of layers have the result's suffix too, as of a folder's photos:
            another may have the same stem.
        kinds: of files to write beside the result: `COMPARE`, and layers, of `OUTPUTS`.
    """

    source: Path
    target: Path
    hints: Sequence[Hint] = ()
    hinted: HintedPhoto | None = None
    whole: bool = False
    kinds: Sequence[str] = ()

    @property
    def paged(self) -> bool:
        """Whether all pages of the photo's file go into the result: into a TIFF, without hints.

        Hints are on one page, the one that a person is shown.
        """
        return images.WRITERS[self.target.suffix.lower()] == "TIFF" and not self.hints

    def beside(self, page: int) -> dict[str, Path]:
        """Where the files beside the result go, by kind, for a page from 1 on."""
        return {kind: self._beside(kind, page) for kind in self.kinds}

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is written of the first page."""
        return (self.target, *self.beside(1).values())

    def _beside(self, kind: str, page: int) -> Path:
        stem, ending = self.target.name, COMPARE_SUFFIX
        if kind != COMPARE:
            stem = stem if self.whole else self.target.stem.removesuffix(SUFFIX)
            ending = outputs.OUTPUTS[kind].ending
        return self.target.with_name(fitting(stem, _of_page(page) + ending))


def own_suffix(source: Path) -> str:
    """The suffix of a result: the photo's own where it can be written."""
    return source.suffix if source.suffix.lower() in images.WRITERS else ".png"


def name_targets(names: Mapping[Path, str], root: Path, suffix: str | None) -> dict[Path, Path]:
    """The results of photos.

    Args:
        names: of each photo its path in its folder, sorted.
        root: of the results' tree, which is that of the photos.
        suffix: of results; None is each photo's own.

    Returns:
        For each photo its result, as `_own_name` has it. Of photos whose names are one on macOS or
        Windows the first has that name, the others their whole name with a mark of its spelling:
        `a-1a2b3c4d.jpg.jpg`.
    """
    own = {path: (root / name).with_name(_own_name(path, suffix)) for path, name in names.items()}
    first = {_file(target): path for path, target in reversed(own.items())}
    others = {path: own[path] for path in own if first[_file(own[path])] != path}
    return own | {
        path: to.with_name(fitting(path.stem, f"-{mark(names[path])}{path.suffix}{to.suffix}"))
        for path, to in others.items()
    }


def _own_name(photo: Path, suffix: str | None) -> str:
    """The name of a result, by its photo's name alone.

    It is the photo's own where that has the result's format and is like no other result's, `a.png`,
    and no file's beside one. Else it is the photo's whole name with the suffix after it:
    `a.gif.png`, and so `a.gif.png.png` of a photo that has that name.
    """
    suffix = suffix or own_suffix(photo)
    stays = images.WRITERS.get(photo.suffix.lower()) == images.WRITERS[suffix.lower()]
    of_another = Path(photo.stem).suffix.lower() in images.IMAGE_SUFFIXES
    beside = spelled(photo.name).casefold().endswith(_BESIDE)
    return photo.name if stays and not of_another and not beside else fitting(photo.name, suffix)


def _file(path: Path) -> str:
    """What paths share that are one file on macOS or Windows."""
    return spelled(str(path)).casefold()


def _of_page(page: int) -> str:
    """What names of files beside a result say of the page; nothing for the first."""
    return "" if page == 1 else f".page{page}"

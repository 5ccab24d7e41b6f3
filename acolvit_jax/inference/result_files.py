"""A photo to colorize and the names of all that is written of it, no name twice in a folder.

Names that differ in spelling or case alone are one: macOS and Windows take them for one file.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from acolvit_jax.common.names import fitting, name_bytes, spelled
from acolvit_jax.hints import Hint
from acolvit_jax.hints.saved import HintedPhoto
from acolvit_jax.photo import images, outputs

SUFFIX = "_color"
COMPARE = "compare"  # the kind of file that has the grey photo with its hints beside the result
COMPARE_SUFFIX = ".compare.png"
_ENDINGS = re.compile(rf"(?:{SUFFIX}|\.page\d+|_layers?)*$")  # that names beside a result have
_PAGE = re.compile(rf"(?:\.page\d+)+(?=(?:_layer\.png|_layers\.tif|{re.escape(COMPARE_SUFFIX)})$)")
_PAGES = (1, 2, 10, 100, 1000)  # one of each length, which is what long names are cut by
_LONG = 200  # bytes; names beside shorter ones are not cut


@dataclass(frozen=True)
class Job:
    """One photo to colorize.

    Attributes:
        source: the photo.
        target: the file to write.
        hints: on the photo.
        hinted: the photo that the hints were made on, if that may be another size of this one.
        whole: whether the names of layers have the result's suffix too: without it they would be
            those of another photo of the folder.
        number: in the names beside the result from 2 on, where they are another photo's without.
        kinds: of files to write beside the result: `COMPARE`, and layers, of `OUTPUTS`.
    """

    source: Path
    target: Path
    hints: Sequence[Hint] = ()
    hinted: HintedPhoto | None = None
    whole: bool = False
    number: int = 1
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
        number = "" if self.number == 1 else f".{self.number}"
        return self.target.with_name(fitting(stem, number + _of_page(page) + ending))


def own_suffix(source: Path) -> str:
    """The suffix of a result: the photo's own where it can be written."""
    return source.suffix if source.suffix.lower() in images.WRITERS else ".png"


def name_targets(places: Mapping[Path, Path], suffix: str | None) -> dict[Path, Path]:
    """The results of photos: names of their own, with another suffix where that is theirs.

    Args:
        places: for each photo where the results' tree has it.
        suffix: of results; None is each photo's own.

    Returns:
        For each photo its result. One whose name is another's too, or a comparison's, has the
        photo's whole name, `a.gif.png` beside `a.png`, and a number where that is taken as well.
    """
    wanted = {path: to.with_suffix(suffix or own_suffix(path)) for path, to in places.items()}
    count = Counter(_file(target.parent, target.name) for target in wanted.values())
    kept = {
        path: target
        for path, target in wanted.items()
        if (count[_file(target.parent, target.name)] == 1 or target == places[path])
        and not target.name.casefold().endswith(COMPARE_SUFFIX)
    }
    taken = {_file(target.parent, target.name) for target in kept.values()}
    for path, target in wanted.items():
        if path not in kept:
            endings = (f".{number}{target.suffix}" for number in itertools.count(2))
            tries = itertools.chain([target.suffix], endings)
            names = (fitting(path.name, ending) for ending in tries)
            name = next(name for name in names if _file(target.parent, name) not in taken)
            kept[path] = target.with_name(name)
            taken.add(_file(target.parent, name))
    return kept


def _file(folder: Path, name: str) -> tuple[Path, str]:
    """What names share that are one file on macOS or Windows."""
    return folder, spelled(name).casefold()


def alike(targets: Iterable[Path]) -> set[Path]:
    """Results whose layers, named by their stems, may meet other results or other layers."""
    stems = {target: _file(target.parent, _ENDINGS.sub("", target.stem)) for target in targets}
    taken = Counter(stems.values())
    return {target for target, stem in stems.items() if taken[stem] > 1}


def apart(jobs: Sequence[Job]) -> list[Job]:
    """The jobs, none of whose files beside results has the name of another file of the folder.

    Names are the same whatever kinds are asked for: a folder can be run again for more of them.
    """
    taken = {_pageless(job.target) for job in jobs}
    named = []
    for job in jobs:
        numbered = (replace(job, whole=True, number=number) for number in itertools.count(1))
        tries = ((one, _names_beside(one)) for one in itertools.chain([job], numbered))
        free, names = next((one, names) for one, names in tries if not names & taken)
        named.append(free)
        taken |= names
    return named


def _names_beside(job: Job) -> set[tuple[Path, str]]:
    """All that may go beside a job's result, without pages."""
    pages = _PAGES if len(name_bytes(job.target.name)) > _LONG else _PAGES[:1]
    job = replace(job, kinds=(COMPARE, "layer", "layers"))
    return {_pageless(path) for page in pages for path in job.beside(page).values()}


def _pageless(path: Path) -> tuple[Path, str]:
    """A file without the page that names beside a result have."""
    return _file(path.parent, _PAGE.sub("", path.name))


def _of_page(page: int) -> str:
    """What names of files beside a result say of the page; nothing for the first."""
    return "" if page == 1 else f".page{page}"

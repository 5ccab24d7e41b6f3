"""What is to be done with a photo or a folder of them, and where each result goes."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from acolvit_jax.common.errors import HintError, ImageError
from acolvit_jax.common.names import fitting, name_bytes, spelled
from acolvit_jax.common.places import is_remote, place, resolved, same_file
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


class Plan(NamedTuple):
    """What is to be done with a folder.

    Attributes:
        jobs: sorted by name.
        notes: what of the folder is not taken, in lines for a person.
        problems: those of the notes that are failures: folders that cannot be read, dead links.
    """

    jobs: list[Job]
    notes: list[str]
    problems: list[str]


def plan_photo(
    source: Path,
    output: str | Path | None,
    hints: Sequence[Hint],
    overwrite: bool,
    suffix: str | None = None,
    kinds: Sequence[str] = (),
) -> Job:
    """Plans one photo.

    Args:
        source: the photo.
        output: file to write, or, without a suffix or with a slash at its end, folder to write to;
            None is beside the photo, `NAME_color`.
        hints: on the photo.
        overwrite: replace what exists.
        suffix: of the result; None is the photo's own.
        kinds: of files beside the result, as of `Job`.

    Returns:
        The job.

    Raises:
        ImageError: if a file to write exists, is the photo itself, is of a kind that cannot be
            written, or is where nothing can be.
    """
    name = fitting(source.stem, f"{SUFFIX}{suffix or _suffix(source)}")
    target = source.with_name(name) if output is None else place(output)
    if output is not None and (_is_folder(output) or target.is_dir() or not target.suffix):
        target = target / name
    if target.suffix.lower() not in images.WRITERS:
        allowed = ", ".join(sorted(images.WRITERS))
        raise ImageError(f"cannot write {target}: its suffix must be one of {allowed}")
    job = Job(source, target, hints, kinds=kinds)
    for path in job.files:
        if would_replace(path, source) and not overwrite:
            raise ImageError(f"{path} exists; add --overwrite, or choose another --output")
    _check_writable(target.parent)
    return job


def plan_folder(
    folder: Path,
    output: str | Path | None,
    hints: Mapping[str, Sequence[Hint]],
    suffix: str | None = None,
    kinds: Sequence[str] = (),
) -> Plan:
    """Plans every photo below a folder; results keep the folder's tree.

    Args:
        folder: of photos.
        output: folder to write to; None is beside it, `FOLDER_color`.
        hints: by file name, or by path relative to the folder.
        suffix: of results; None is each photo's own.
        kinds: of files beside each result, as of `Job`.

    Returns:
        Jobs, sorted by name, and what of the folder is not taken.

    Raises:
        ImageError: if there are no photos, or the output is a file, among the photos, or where
            nothing can be written.
        HintError: if there are hints for a photo that is not there.
    """
    folder = resolved(folder)
    root = _root(folder, output)
    inside = root.is_relative_to(folder)  # results of an earlier call are no photos
    found = images.find_images(folder)
    paths = [path for path in found.photos if not (inside and path.is_relative_to(root))]
    if not paths:
        problems = "".join(f"; {problem}" for problem in found.problems)
        allowed = ", ".join(images.IMAGE_SUFFIXES)
        raise ImageError(f"no images in {folder} (looked for {allowed}){problems}")
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    hints = {spelled(name): own for name, own in hints.items()}
    known = {spelled(name) for name in names.values()} | {spelled(path.name) for path in paths}
    unknown = sorted(set(hints) - known)
    if unknown:
        raise HintError(f"hints for {len(unknown)} photos not in {folder}, first {unknown[0]!r}")
    targets = _targets({path: root / name for path, name in names.items()}, suffix)
    among = [] if inside else [t for t in targets.values() if t.is_relative_to(folder)]
    if among:
        raise ImageError(f"{among[0]} would be among the photos; choose another --output")

    def own(path: Path) -> Sequence[Hint]:
        return hints.get(spelled(names[path]), hints.get(spelled(path.name), ()))

    shared = _alike(targets.values())
    named = [
        Job(path, targets[path], own(path), whole=targets[path] in shared, kinds=kinds)
        for path in paths
    ]
    jobs = _apart(named)
    if not all(os.path.exists(path) for job in jobs for path in job.files):
        _check_writable(root)
    left = len(found.photos) - len(paths)
    taken = [f"{root}: left out as results of an earlier call: {left} photos"] if left else []
    return Plan(jobs, [*found.notes, *taken], found.problems)


def _root(folder: Path, output: str | Path | None) -> Path:
    """The folder that results of a folder go to."""
    root = folder.with_name(folder.name + SUFFIX) if output is None else resolved(place(output))
    if root == folder:
        raise ImageError(f"{root} is the folder itself; choose another --output")
    if root.exists() and not root.is_dir():
        raise ImageError(f"{root} is a file; the output of a folder is a folder")
    return root


def _targets(places: Mapping[Path, Path], suffix: str | None) -> dict[Path, Path]:
    """The results of photos: names of their own, with another suffix where that is theirs.

    Args:
        places: for each photo where the results' tree has it.
        suffix: of results; None is each photo's own.

    Returns:
        For each photo its result. One whose name is another's too, or a comparison's, has the
        photo's whole name, `a.gif.png` beside `a.png`, and a number where that is taken as well.
    """
    wanted = {path: to.with_suffix(suffix or _suffix(path)) for path, to in places.items()}
    count = Counter(wanted.values())
    kept = {
        path: target
        for path, target in wanted.items()
        if (count[target] == 1 or target == places[path])
        and not target.name.endswith(COMPARE_SUFFIX)
    }
    taken = set(kept.values())
    for path, target in wanted.items():
        if path not in kept:
            endings = (f".{number}{target.suffix}" for number in itertools.count(2))
            tries = itertools.chain([target.suffix], endings)
            names = (target.with_name(fitting(path.name, ending)) for ending in tries)
            kept[path] = next(name for name in names if name not in taken)
            taken.add(kept[path])
    return kept


def would_replace(path: Path, source: Path) -> bool:
    """Whether writing a file replaces one that exists.

    Raises:
        ImageError: if it is the photo itself.
    """
    if not path.exists():
        return False
    if same_file(path, source):
        raise ImageError(f"{path} is the photo itself; choose another --output")
    return True


def _is_folder(output: str | Path) -> bool:
    """Whether an output is a folder by how it is written."""
    return os.fspath(output).endswith(("/", os.sep))


def _check_writable(folder: Path) -> None:
    """Checks that files can be written in a folder, which may be yet to make.

    Raises:
        ImageError: says where they cannot.
    """
    if is_remote(folder):
        return
    there = next((p for p in (folder, *folder.parents) if os.path.exists(p)), Path())
    if not there.is_dir():
        raise ImageError(f"cannot write in {folder}: {there} is a file; choose another --output")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ImageError(f"cannot write in {there}: you have no right to; choose another --output")


def _alike(targets: Iterable[Path]) -> set[Path]:
    """Results whose layers, named by their stems, may meet other results or other layers."""
    stems = {target: (target.parent, _ENDINGS.sub("", target.stem)) for target in targets}
    taken = Counter(stems.values())
    return {target for target, stem in stems.items() if taken[stem] > 1}


def _apart(jobs: Sequence[Job]) -> list[Job]:
    """The jobs, none of whose files beside results has the name of another file of the folder.

    Names are the same whatever kinds are asked for: a folder can be run again for more of them.
    """
    taken = {_pageless(job.target) for job in jobs}
    apart = []
    for job in jobs:
        numbered = (replace(job, whole=True, number=number) for number in itertools.count(1))
        tries = ((one, _names_beside(one)) for one in itertools.chain([job], numbered))
        free, names = next((one, names) for one, names in tries if not names & taken)
        apart.append(free)
        taken |= names
    return apart


def _names_beside(job: Job) -> set[str]:
    """All that may go beside a job's result, without pages."""
    pages = _PAGES if len(name_bytes(job.target.name)) > _LONG else _PAGES[:1]
    job = replace(job, kinds=(COMPARE, "layer", "layers"))
    return {_pageless(path) for page in pages for path in job.beside(page).values()}


def _pageless(path: Path) -> str:
    """A path without the page that names beside a result have."""
    return _PAGE.sub("", str(path))


def _of_page(page: int) -> str:
    """What names of files beside a result say of the page; nothing for the first."""
    return "" if page == 1 else f".page{page}"


def _suffix(source: Path) -> str:
    """The suffix of a result: the photo's own where it can be written."""
    return source.suffix if source.suffix.lower() in images.WRITERS else ".png"

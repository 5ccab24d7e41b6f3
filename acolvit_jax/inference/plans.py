"""What is to be done with a photo or a folder of them, and where each result goes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from acolvit_jax.common.errors import HintError, ImageError
from acolvit_jax.common.names import fitting, spelled
from acolvit_jax.common.places import resolved
from acolvit_jax.hints import Hint
from acolvit_jax.hints.saved import HintedPhoto
from acolvit_jax.photo import images, outputs

SUFFIX = "_color"
COMPARE_SUFFIX = ".compare.png"
_ENDINGS = re.compile(rf"(?:{SUFFIX}|\.page\d+|_layers?)*$")  # that names beside a result have


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
    """

    source: Path
    target: Path
    hints: Sequence[Hint] = ()
    hinted: HintedPhoto | None = None
    whole: bool = False

    @property
    def paged(self) -> bool:
        """Whether all pages of the photo's file go into the result: into a TIFF, without hints.

        Hints are on one page, the one that a person is shown.
        """
        return images.WRITERS[self.target.suffix.lower()] == "TIFF" and not self.hints

    def compared(self, page: int) -> Path:
        """Where the grey photo with its hints beside the result goes, for a page from 1 on."""
        return self.target.with_name(fitting(self.target.name, _of_page(page) + COMPARE_SUFFIX))

    def layer(self, kind: str, page: int) -> Path:
        """Where the color of a page alone goes; `kind` of `OUTPUTS`."""
        stem = self.target.name if self.whole else self.target.stem.removesuffix(SUFFIX)
        ending = _of_page(page) + outputs.OUTPUTS[kind].ending
        return self.target.with_name(fitting(stem, ending))


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
    output: Path | None,
    hints: Sequence[Hint],
    overwrite: bool,
    suffix: str | None = None,
) -> Job:
    """Plans one photo.

    Args:
        source: the photo.
        output: file to write, or, without a suffix, folder to write to; None is beside the photo,
            `NAME_color`.
        hints: on the photo.
        overwrite: replace what exists.
        suffix: of the result; None is the photo's own.

    Returns:
        The job.

    Raises:
        ImageError: if the output exists, is the photo itself, or is of a kind that cannot be
            written.
    """
    name = fitting(source.stem, f"{SUFFIX}{suffix or _suffix(source)}")
    target = source.with_name(name) if output is None else output
    target = target / name if target.is_dir() or not target.suffix else target
    if target.suffix.lower() not in images.WRITERS:
        kinds = ", ".join(sorted(images.WRITERS))
        raise ImageError(f"cannot write {target}: its suffix must be one of {kinds}")
    if target.exists() and target.samefile(source):
        raise ImageError(f"{target} is the photo itself; choose another --output")
    if target.exists() and not overwrite:
        raise ImageError(f"{target} exists; add --overwrite, or choose another --output")
    return Job(source, target, hints)


def plan_folder(
    folder: Path,
    output: Path | None,
    hints: Mapping[str, Sequence[Hint]],
    suffix: str | None = None,
) -> Plan:
    """Plans every photo below a folder; results keep the folder's tree.

    Args:
        folder: of photos.
        output: folder to write to; None is beside it, `FOLDER_color`.
        hints: by file name, or by path relative to the folder.
        suffix: of results; None is each photo's own.

    Returns:
        Jobs, sorted by name, and what of the folder is not taken.

    Raises:
        ImageError: if there are no photos, or the output is a file.
        HintError: if there are hints for a photo that is not there.
    """
    folder = resolved(folder)
    root = folder.with_name(folder.name + SUFFIX) if output is None else resolved(output)
    if root == folder:
        raise ImageError(f"{root} is the folder itself; choose another --output")
    if root.exists() and not root.is_dir():
        raise ImageError(f"{root} is a file; the output of a folder is a folder")
    inside = root.is_relative_to(folder)  # results of an earlier call are no photos
    found = images.find_images(folder)
    paths = [path for path in found.photos if not (inside and path.is_relative_to(root))]
    if not paths:
        problems = "".join(f"; {problem}" for problem in found.problems)
        kinds = ", ".join(images.IMAGE_SUFFIXES)
        raise ImageError(f"no images in {folder} (looked for {kinds}){problems}")
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    hints = {spelled(name): own for name, own in hints.items()}
    known = {spelled(name) for name in names.values()} | {spelled(path.name) for path in paths}
    unknown = sorted(set(hints) - known)
    if unknown:
        raise HintError(f"hints for {len(unknown)} photos not in {folder}, first {unknown[0]!r}")
    targets = {path: (root / names[path]).with_suffix(suffix or _suffix(path)) for path in paths}
    taken = Counter(targets.values())
    for path, target in targets.items():
        if taken[target] > 1 and target.suffix != path.suffix:
            targets[path] = target.with_name(
                fitting(path.name, target.suffix)
            )  # a.gif.png beside a.png

    def own(path: Path) -> Sequence[Hint]:
        return hints.get(spelled(names[path]), hints.get(spelled(path.name), ()))

    shared = _alike(targets.values())
    jobs = [Job(path, targets[path], own(path), whole=targets[path] in shared) for path in paths]
    return Plan(jobs, found.notes, found.problems)


def _alike(targets: Iterable[Path]) -> set[Path]:
    """Results whose layers, named by their stems, may meet other results or other layers."""
    stems = {target: (target.parent, _ENDINGS.sub("", target.stem)) for target in targets}
    taken = Counter(stems.values())
    return {target for target, stem in stems.items() if taken[stem] > 1}


def _of_page(page: int) -> str:
    """What names of files beside a result say of the page; nothing for the first."""
    return "" if page == 1 else f".page{page}"


def _suffix(source: Path) -> str:
    """The suffix of a result: the photo's own where it can be written."""
    return source.suffix if source.suffix.lower() in images.WRITERS else ".png"

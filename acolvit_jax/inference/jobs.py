"""Colorizing files: one photo or a folder of them, resumable, one bad file at a time."""

from __future__ import annotations

import errno
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from acolvit_jax.common.errors import HintError, ImageError, PixelLimitError, UserError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.common.names import fitting, spelled
from acolvit_jax.common.places import resolved
from acolvit_jax.hints import Hint
from acolvit_jax.hints import pictures as hint_pictures
from acolvit_jax.hints.saved import HintedPhoto
from acolvit_jax.inference.colorizer import AS_IT_IS, Colorized, Colorizer
from acolvit_jax.inference.finish import Finish
from acolvit_jax.photo import images, outputs, pictures

SUFFIX = "_color"
LAYERS = {"png": "layer", "tiff": "layers"}  # of OUTPUTS, by the format of the file
COMPARE_SUFFIX = ".compare.png"


@dataclass(frozen=True)
class Options:
    """How every photo of a call is colorized.

    Attributes:
        exact_hints: give the photo's pixels under hints exactly the colors asked for.
        finish: saturation and warmth of the whole result.
        compare: with every result, also write the grey photo with its hints beside it.
        overwrite: replace what exists.
        max_pixels: of a photo; None is what this machine's memory allows.
        layer: of `LAYERS`: with every result, also write its color alone.
    """

    exact_hints: bool = True
    finish: Finish = AS_IT_IS
    compare: bool = False
    overwrite: bool = False
    max_pixels: int | None = None
    layer: str | None = None


@dataclass(frozen=True)
class Job:
    """One photo to colorize.

    Attributes:
        source: the photo.
        target: the file to write.
        hints: on the photo.
        hinted: the photo that the hints were made on, if that may be another size of this one.
    """

    source: Path
    target: Path
    hints: Sequence[Hint] = ()
    hinted: HintedPhoto | None = None

    @property
    def compared(self) -> Path:
        """Where the grey photo with its hints beside the result goes."""
        return self.target.with_name(fitting(self.target.name, COMPARE_SUFFIX))

    def layer(self, kind: str) -> Path:
        """Where the color alone goes; `kind` of `OUTPUTS`."""
        stem = self.target.stem.removesuffix(SUFFIX)
        return self.target.with_name(fitting(stem, outputs.OUTPUTS[kind].ending))


@dataclass
class Tally:
    """What became of the photos of a call.

    Attributes:
        done: photos written.
        skipped: photos whose result was there already.
        failed: messages, one a photo.
    """

    done: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)


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

    return Plan(
        [Job(path, targets[path], own(path)) for path in paths], found.notes, found.problems
    )


def _suffix(source: Path) -> str:
    """The suffix of a result: the photo's own where it can be written."""
    return source.suffix if source.suffix.lower() in images.WRITERS else ".png"


def run_job(colorizer: Colorizer, job: Job, options: Options) -> tuple[Colorized, tuple[str, ...]]:
    """Colorizes one photo and writes the result, metadata kept.

    Returns:
        The result, and what a person should know of how the photo was read.

    Raises:
        UserError: if the photo cannot be read, a hint does not fit, or the result cannot be
            written.
    """
    try:
        photo = images.read_photo(job.source, max_pixels=options.max_pixels)
    except PixelLimitError as error:
        raise PixelLimitError(f"{error}; --max_pixels allows more") from None
    hints, notes = job.hints, photo.notes
    if job.hinted:
        hints, remark = job.hinted.fit(hints, photo.rgb)
        notes = (*notes, remark) if remark else notes
    try:
        result = colorizer(photo.rgb, hints, exact_hints=options.exact_hints, finish=options.finish)
    except HintError as error:
        raise HintError(f"{job.source}: {error}") from None
    try:
        if options.compare:
            images.write_image(job.compared, compare(photo.rgb, hints, result.rgb))
        if options.layer:
            kind = LAYERS[options.layer]
            write_bytes(job.layer(kind), outputs.encode_output(kind, photo, result.rgb))
        # Last: a result that exists says that all of the job is done.
        images.write_image(job.target, result.rgb, metadata=photo.metadata, alpha=photo.alpha)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise ImageError(f"cannot write {job.target}: {error.strerror}") from error
    if photo.alpha is not None and images.WRITERS[job.target.suffix.lower()] == "JPEG":
        return result, (*notes, "JPEG has no transparency; it is white there")
    return result, notes


def run_jobs(
    colorizer: Colorizer,
    jobs: Sequence[Job],
    options: Options,
    report: Callable[[Job, Colorized | None, str], None],
) -> Tally:
    """Colorizes a folder's photos; results that exist are left, one bad photo stops none.

    Args:
        colorizer: the model.
        jobs: what to do.
        options: how.
        report: is called after every photo with the job, its result or None, and what a person
            should know: why there is none, or how the photo was read.

    Returns:
        What became of them.
    """
    tally = Tally()
    for job in jobs:
        if job.target.exists() and not options.overwrite:
            tally.skipped += 1
            report(job, None, "exists")
            continue
        try:
            result, notes = run_job(colorizer, job, options)
        except UserError as error:
            tally.failed.append(str(error))
            report(job, None, str(error))
        else:
            tally.done += 1
            report(job, result, "; ".join(notes))
    return tally


def compare(rgb: np.ndarray, hints: Sequence[Hint], result: np.ndarray) -> np.ndarray:
    """The grey photo with its hints, and the result, side by side.

    Args:
        rgb: uint8 `[H, W, 3]`, the photo.
        hints: on the photo.
        result: uint8 `[H, W, 3]`.

    Returns:
        uint8 picture with headings.
    """
    marked = hint_pictures.hinted_grey(rgb, hints)
    return pictures.grid([[marked, result]], [f"grey, {len(hints)} hints", "result"])


def json_line(job: Job, result: Colorized) -> str:
    """One line of JSON about a photo: decisions, multiply-accumulates, times."""
    values: dict[str, Any] = {
        "photo": str(job.source),
        "output": str(job.target),
        "size": list(result.rgb.shape[1::-1]),
        "hints": len(job.hints),
        "outcomes": [
            {"asked": o.asked, "got": "#" + bytes(o.got).hex(), "limit": o.limit}
            for o in result.outcomes
        ],
        "keep_ratio": result.keep_ratio,
        "macs": int(result.macs),
        "seconds": {name: round(value, 6) for name, value in result.seconds.items()},
        "decisions": result.decisions.astype(int).tolist(),
    }
    return json.dumps(values)

"""Colorizing files: one photo or a folder of them, resumable, one bad file at a time."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from acolvit_jax.common.errors import HintError, ImageError, PixelLimitError, UserError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.hints import Hint
from acolvit_jax.hints import pictures as hint_pictures
from acolvit_jax.inference.colorizer import AS_IT_IS, Colorized, Colorizer
from acolvit_jax.inference.finish import Finish
from acolvit_jax.inference.plans import would_replace
from acolvit_jax.inference.result_files import COMPARE, Job
from acolvit_jax.photo import images, outputs, pictures

# What ends a folder's job: no other photo could be written either.
_ENDS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Options:
    """How every photo of a call is colorized.

    Attributes:
        exact_hints: give the photo's pixels under hints the colors asked for, as `Colorizer` does.
        finish: saturation and warmth of the whole result.
        overwrite: replace what exists.
        max_pixels: of a photo; None is what this machine's memory allows.
    """

    exact_hints: bool = True
    finish: Finish = AS_IT_IS
    overwrite: bool = False
    max_pixels: int | None = None


@dataclass
class Tally:
    """What became of the photos of a call.

    Attributes:
        done: photos written.
        skipped: photos of which all was there already.
        failed: messages, one a photo.
    """

    done: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass
class Done:
    """What coloring a photo took.

    Attributes:
        pages: what a line of JSON says of each page; of most photos there is one.
        remarks: what a person should know of how a page was read and written, and the numbers of
            the pages that it is true of.
    """

    pages: list[dict[str, Any]] = field(default_factory=list)
    remarks: dict[str, list[int]] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """The remarks, each with its pages where it is not of all."""
        everywhere = len(self.pages)
        return [
            text if len(numbers) == everywhere else f"page {', '.join(map(str, numbers))}: {text}"
            for text, numbers in self.remarks.items()
        ]

    @property
    def summary(self) -> str:
        """One line: time and compute of all pages, mean keep ratio."""
        count = len(self.pages)
        milliseconds = 1e3 * sum(sum(page["seconds"].values()) for page in self.pages)
        macs = sum(page["macs"] for page in self.pages)
        keep_ratio = sum(page["keep_ratio"] for page in self.pages) / count
        pages = f"{count} pages, " if count > 1 else ""
        return f"{pages}{milliseconds:.0f} ms, {macs / 1e9:.2f} GMACs, keep ratio {keep_ratio:.2f}"

    @property
    def json_lines(self) -> str:
        """A line of JSON for each page."""
        return "\n".join(json.dumps(page) for page in self.pages)

    def add(self, page: dict[str, Any], notes: Sequence[str]) -> None:
        """Takes a page's description and remarks in."""
        self.pages.append(page)
        for text in notes:
            self.remarks.setdefault(text, []).append(len(self.pages))


def run_job(colorizer: Colorizer, job: Job, options: Options) -> Done:
    """Colorizes one photo, or all its pages, and writes the result, metadata kept.

    Files that exist are left, unless they are to be replaced.

    Args:
        colorizer: the model.
        job: what to do.
        options: how.

    Returns:
        What it took, a page each.

    Raises:
        UserError: if the photo cannot be read, a hint does not fit, or the result cannot be
            written.
    """
    done = Done()
    last: dict[Path, bytes | memoryview] = {}  # that these exist says that all is done
    pages = _encoded_pages(colorizer, job, options, done, last)
    try:
        content = images.join_pages(pages) if job.paged else next(pages)
        if not _stays(job.target, job, options):
            last[job.target] = content
        for path, data in last.items():
            write_bytes(path, data)
    except PixelLimitError as error:
        raise PixelLimitError(f"{error}; --max_pixels allows more") from None
    except MemoryError as error:
        raise ImageError(f"{job.source}: is too large for this machine's memory") from error
    except OSError as error:
        if error.errno in _ENDS:
            raise
        where = error.filename or job.target
        raise ImageError(f"cannot write {where}: {error.strerror}") from error
    return done


def _encoded_pages(
    colorizer: Colorizer,
    job: Job,
    options: Options,
    done: Done,
    last: dict[Path, bytes | memoryview],
) -> Iterator[bytes]:
    """Colorizes page after page, and writes what goes beside it; of the first page into `last`."""
    suffix = job.target.suffix
    for number, photo in enumerate(_photos(job, options), 1):
        hints, notes, kept = job.hints, photo.notes, photo.metadata
        if job.hinted:
            hints, remark = job.hinted.fit(hints, photo.rgb)
            notes = (*notes, remark) if remark else notes
        try:
            result = colorizer(
                photo.rgb, hints, exact_hints=options.exact_hints, finish=options.finish
            )
        except HintError as error:
            raise HintError(f"{job.source}: {error}") from None
        if lost := sum(outcome.limit == "replaced" for outcome in result.outcomes):
            notes = (*notes, f"hints that lie where a later one does change nothing: {lost}")
        left = [p for p in (job.target, *job.beside(number).values()) if _stays(p, job, options)]
        notes = (*notes, *(f"{path.name} was there already and is left" for path in left))
        for kind, path in job.beside(number).items():
            if path in left:
                continue
            content = _encoded(kind, photo, hints, result)
            if number == 1:
                last[path] = content
            else:
                write_bytes(path, content)
        if number > 1:
            kept = images.without_tables(kept)
        if kept is not photo.metadata:
            notes = (*notes, "what EXIF says of camera and place is not kept")
        if photo.alpha is not None and images.WRITERS[suffix.lower()] == "JPEG":
            notes = (*notes, "JPEG has no transparency; it is white there")
        done.add(_described(job, number, result), notes)
        yield images.encode_image(result.rgb, suffix, metadata=kept, alpha=photo.alpha)


def _photos(job: Job, options: Options) -> Iterator[images.Photo]:
    """What is to be colored of the file."""
    if job.paged:
        return images.read_pages(job.source, max_pixels=options.max_pixels)
    return iter([images.read_photo(job.source, max_pixels=options.max_pixels)])


def _stays(path: Path, job: Job, options: Options) -> bool:
    """Whether a file to write is there already and is to be left.

    Raises:
        ImageError: if it is the photo itself.
    """
    return would_replace(path, job.source) and not options.overwrite


def _is_there(path: Path) -> bool:
    """Whether a file exists, as far as one can tell."""
    try:
        return path.exists()
    except OSError:  # a closed folder: that nothing can be written there is said of each photo
        return False


def _encoded(kind: str, photo: images.Photo, hints: Sequence[Hint], result: Colorized) -> bytes:
    """A file beside the result."""
    if kind == COMPARE:
        return images.encode_image(compare(photo.rgb, hints, result.rgb), ".png")
    return outputs.encode_output(kind, photo, result.rgb)


def run_jobs(
    colorizer: Colorizer,
    jobs: Sequence[Job],
    options: Options,
    report: Callable[[Job, Done | None, str], None],
) -> Tally:
    """Colorizes a folder's photos; files that exist are left, one bad photo stops none.

    Args:
        colorizer: the model.
        jobs: what to do.
        options: how.
        report: is called after every photo with the job, what it took or None, and what a person
            should know: why there is no result, or how the photo was read.

    Returns:
        What became of them.
    """
    tally = Tally()
    for job in jobs:
        if not options.overwrite and all(map(_is_there, job.files)):
            tally.skipped += 1
            report(job, None, "exists")
            continue
        try:
            done = run_job(colorizer, job, options)
        except UserError as error:
            tally.failed.append(str(error))
            report(job, None, str(error))
        else:
            tally.done += 1
            report(job, done, "; ".join(done.notes))
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


def _described(job: Job, page: int, result: Colorized) -> dict[str, Any]:
    """What a line of JSON says of a page: decisions, multiply-accumulates, times."""
    return {
        "photo": str(job.source),
        "output": str(job.target),
        "page": page,
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

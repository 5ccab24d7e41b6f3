"""The photographs of a folder, and what of it was not taken."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from acolvit_jax.common.places import files_below, is_remote
from acolvit_jax.photo.formats import IMAGE_SUFFIXES

# Folders of thumbnails and of what was thrown away: Synology's, QNAP's, macOS's, Windows's.
_NO_PHOTOS = {
    *("@eadir", "@__thumb", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
    *("__macosx", "$recycle.bin", "lost+found", "system volume information"),
}
_NAMED = 3  # files of other kinds that a note names


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Attributes:
        photos: paths below the folder, sorted.
        problems: one line for every folder that cannot be read and every link that leads nowhere.
        others: paths of files that are no photographs by their suffix.
    """

    photos: list[Path]
    problems: list[str]
    others: list[Path] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """What was not taken, in a few lines for a person."""
        if not self.others:
            return self.problems
        kinds = Counter(path.suffix.lower() or "no suffix" for path in self.others)
        counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(8))
        named = ", ".join(path.name for path in self.others[:_NAMED])
        more = ", ..." if len(self.others) > _NAMED else ""
        one = len(self.others) == 1
        are = "file is no photo by its" if one else "files are no photos by their"
        return [*self.problems, f"{len(self.others)} {are} suffix ({counted}): {named}{more}"]


def find_images(folder: Path) -> Found:
    """Looks for photographs anywhere below a folder.

    Hidden files and folders, and the thumbnails and waste of NAS systems, are left out. Links are
    followed, a folder that is reached twice is taken once.

    Args:
        folder: to look through.

    Returns:
        The photographs, and what was not taken.
    """
    if is_remote(folder):
        return _find_in_bucket(folder)
    photos: list[Path] = []
    others: list[Path] = []
    problems: list[str] = []
    seen: set[str] = set()

    def unreadable(error: OSError) -> None:
        problems.append(f"{error.filename}: the folder cannot be read ({error.strerror})")

    for place, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if not os.access(place, os.X_OK):  # its names can be listed, and none of them opened
            problems.append(f"{place}: the folder cannot be read (no right to enter it)")
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if _is_wanted(name))
        for name in files:
            path = Path(place, name)
            if name.startswith("."):
                continue
            if path.suffix.lower() not in IMAGE_SUFFIXES:
                others.append(path)
            elif os.path.isfile(path):  # in a closed folder `Path.is_file` raises
                photos.append(path)
            else:
                problems.append(f"{path}: leads to no file")
    return Found(sorted(photos), sorted(problems), sorted(others))


def _find_in_bucket(folder: Path) -> Found:
    """`find_images` where a folder is the start of a name."""
    photos: list[Path] = []
    others: list[Path] = []
    for path in files_below(folder):
        *folders, name = path.relative_to(folder).parts
        if all(map(_is_wanted, folders)) and not name.startswith("."):
            (photos if path.suffix.lower() in IMAGE_SUFFIXES else others).append(path)
    return Found(photos, [], others)


def list_images(folder: Path) -> list[Path]:
    """The photographs of `find_images` alone."""
    return find_images(folder).photos


def _is_wanted(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _NO_PHOTOS

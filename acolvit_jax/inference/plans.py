"""What is to be done with a photo or a folder of them, and where each result goes."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from acolvit_jax.common.errors import HintError, ImageError
from acolvit_jax.common.names import fitting, spelled
from acolvit_jax.common.places import is_remote, place, resolved, same_file
from acolvit_jax.hints import Hint
from acolvit_jax.inference.result_files import SUFFIX, Job, name_targets, own_suffix
from acolvit_jax.photo import images


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
    name = fitting(source.stem, f"{SUFFIX}{suffix or own_suffix(source)}")
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
        hints: by path relative to the folder, or by file name where one photo alone has it.
        suffix: of results; None is each photo's own.
        kinds: of files beside each result, as of `Job`.

    Returns:
        Jobs, sorted by name, and what of the folder is not taken.

    Raises:
        ImageError: if there are no photos, or the output is a file, among the photos, or where
            nothing can be written.
        HintError: if there are hints for a photo that is not there, for a name that several have,
            or twice for one photo.
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
    own = _hints_by_photo(hints, names, folder)
    targets = name_targets(names, root, suffix)
    among = [] if inside else [t for t in targets.values() if t.is_relative_to(folder)]
    if among:
        raise ImageError(f"{among[0]} would be among the photos; choose another --output")
    jobs = [Job(path, targets[path], own.get(path, ()), whole=True, kinds=kinds) for path in paths]
    if not all(os.path.exists(path) for job in jobs for path in job.files):
        _check_writable(root)
    left = len(found.photos) - len(paths)
    taken = [f"{root}: left out as results of an earlier call: {left} photos"] if left else []
    return Plan(jobs, [*found.notes, *taken], found.problems)


def _hints_by_photo(
    hints: Mapping[str, Sequence[Hint]], names: Mapping[Path, str], folder: Path
) -> dict[Path, Sequence[Hint]]:
    """The hints of each photo, whose names are paths relative to the folder.

    A path is one photo's; a file's name alone stands for the one photo that has it.

    Raises:
        HintError: for hints of no photo, of several, or of one photo twice.
    """
    exact = {name: [path] for path, name in names.items()}
    whole, bare = defaultdict(list), defaultdict(list)
    for path, name in names.items():
        whole[spelled(name)].append(path)
        bare[spelled(path.name)].append(path)
    meant = {
        key: exact.get(key) or whole.get(spelled(key)) or bare.get(spelled(key), [])
        for key in hints
    }
    if unknown := sorted(key for key, photos in meant.items() if not photos):
        raise HintError(f"hints for {len(unknown)} photos not in {folder}, first {unknown[0]!r}")
    keys: dict[Path, str] = {}
    for key, (path, *others) in meant.items():
        if others:
            these = ", ".join(names[photo] for photo in (path, *others))
            raise HintError(f"hints for {key!r}, which may be any of {these}; give its path")
        if path in keys:
            raise HintError(f"hints for {names[path]} twice, as {keys[path]!r} and as {key!r}")
        keys[path] = key
    return {path: hints[key] for path, key in keys.items()}


def _root(folder: Path, output: str | Path | None) -> Path:
    """The folder that results of a folder go to."""
    root = folder.with_name(folder.name + SUFFIX) if output is None else resolved(place(output))
    if root == folder:
        raise ImageError(f"{root} is the folder itself; choose another --output")
    if root.exists() and not root.is_dir():
        raise ImageError(f"{root} is a file; the output of a folder is a folder")
    return root


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

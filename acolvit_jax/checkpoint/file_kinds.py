"""What a file of somebody else's weights is, by its first bytes; suffixes say little."""

from __future__ import annotations

import zipfile
from pathlib import Path

from acolvit_jax.common.errors import CheckpointError

PYTORCH, SAFETENSORS, NPZ = "pytorch", "safetensors", "npz"
# Suffixes that say the kind where a file's bytes do not.
SUFFIXES = {
    ".bin": PYTORCH,
    ".ckpt": PYTORCH,
    ".npz": NPZ,
    ".pt": PYTORCH,
    ".pth": PYTORCH,
    ".safetensors": SAFETENSORS,
    ".tar": PYTORCH,
    ".th": PYTORCH,
}
_HEAD = 512


def kind_of(path: Path) -> str:
    """Tells the kind of a file of weights.

    Args:
        path: of the file.

    Returns:
        `PYTORCH`, `SAFETENSORS` or `NPZ`.

    Raises:
        CheckpointError: for what is no weights, and says what it is: a web page, a Git LFS
            pointer, a program.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise CheckpointError(
            f"{path} is a web page, no weights: the download gave a page (of a login or a "
            "confirmation, perhaps); open the link in a browser"
        )
    if head.startswith(b"version https://git-lfs"):
        raise CheckpointError(f"{path} is a pointer of Git LFS, no weights: run git lfs pull")
    if head.startswith(b"PK"):
        return _zip_kind(path)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32:
        return SAFETENSORS
    if head.startswith(b"\x80") or b"ustar" in head:  # a pickle, and the oldest files' archive
        return PYTORCH
    if path.suffix.lower() not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise CheckpointError(
            f"{path} is no file of PyTorch, safetensors or NumPy; those end in one of {known}"
        )
    return SUFFIXES[path.suffix.lower()]


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):  # its reader says what is wrong with it
        return SUFFIXES.get(path.suffix.lower(), PYTORCH)
    if any(name.endswith("/constants.pkl") for name in names):
        raise CheckpointError(
            f"{path} is a TorchScript program, which is not run; save the state dict of its model"
        )
    return PYTORCH if any(name.endswith("data.pkl") for name in names) else NPZ

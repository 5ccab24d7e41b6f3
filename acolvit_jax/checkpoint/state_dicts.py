"""Files of PyTorch state dicts, of PyTorch, safetensors and NumPy, to and from NumPy arrays."""

from __future__ import annotations

import argparse
import io
import logging
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from acolvit_jax.checkpoint.file_kinds import NPZ, PYTORCH, SAFETENSORS, kind_of
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.common.places import on_disk

_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
# Training programs store their arguments and numbers of NumPy beside the weights; as data these run
# nothing. What NumPy makes them with again is named as NumPy 1 did, too.
_MAKERS: list[Any] = [value.__reduce__()[0] for value in (np.float64(0), np.zeros(0))]
HARMLESS = [
    argparse.Namespace,
    np.dtype,
    np.ndarray,
    *(type(np.dtype(kind)) for kind in "?bhilqBHILQefd"),
    *((made, f"{module}.{made.__name__}") for made in _MAKERS for module in _MODULES),
]

# Keys under which training programs keep the weights, in the order in which one is chosen.
CONTAINERS = (
    *("model", "state_dict", "model_state_dict", "module", "net", "network", "weights", "params"),
    *("model_ema", "ema", "ema_model", "ema_state_dict", "state_dict_ema", "params_ema", "shadow"),
)

NOTE = "acolvit_jax"  # key of the text that our files have beside the arrays

StateDict = dict[str, np.ndarray]

log = logging.getLogger(__name__)


class Stored(NamedTuple):
    """What a file holds.

    Attributes:
        arrays: by name.
        note: text of ours beside them, empty in others' files.
    """

    arrays: StateDict
    note: str = ""


def read_state_dict(path: Path) -> Stored:
    """Reads a state dict.

    Args:
        path: a file of PyTorch (needs the `torch` extra; loaded with `weights_only=True`, so that
            nothing in it runs), of safetensors, or an `.npz`; told apart by its bytes.

    Returns:
        Arrays by name, 16-bit floats as float32, and the note. Dicts under the keys `CONTAINERS`
        are opened; of more than one the first in that order is taken, which the log says.

    Raises:
        CheckpointError: if the file is missing, damaged or holds something else.
    """
    if not path.is_file():
        raise CheckpointError(f"no file at {path}")
    with on_disk(path) as copy:
        try:
            arrays, note = READERS[kind_of(copy)](copy)
        except CheckpointError as error:  # names what the person named
            raise CheckpointError(str(error).replace(str(copy), str(path))) from error
    return Stored({name: _widened(array) for name, array in arrays.items()}, note)


def write_state_dict(path: Path, mapping: Mapping[str, np.ndarray], note: str = "") -> None:
    """Writes a state dict atomically, as the suffix says; `.pth` under the key `model`.

    Args:
        path: a `.pth`, `.pt`, `.safetensors` or `.npz` file.
        mapping: arrays by name.
        note: text beside them, where those who read state dicts pass over it: not in `.npz`.

    Raises:
        CheckpointError: for another suffix, or if PyTorch is missing where it is needed.
        OSError: if the file cannot be written.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise CheckpointError(f"{path}: its suffix must be one of {', '.join(sorted(WRITERS))}")
    write_bytes(path, writer(mapping, note))


def _widened(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype.name in ("float16", "bfloat16") else array


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise CheckpointError(
            "PyTorch files need PyTorch: pip install 'acolvit_jax[torch]' "
            "(or use .safetensors, which need nothing)"
        ) from error
    return torch


def _read_pth(path: Path) -> Stored:
    torch = _torch()
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(HARMLESS):
            warnings.simplefilter("ignore")  # of old files' storage classes
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle raises anything at all
        plain = re.sub(r"\x1b\[\d*m", "", str(error)).strip()
        needed = re.search(r"GLOBAL ([\w.]+)", plain)
        if needed:
            raise CheckpointError(
                f"{path} holds more than weights ({needed[1]}), and unpickling that could run "
                "anything; it is not loaded: save the state dict alone, with "
                "torch.save(model.state_dict(), FILE)"
            ) from error
        reason = plain.split("\n", 1)[0].split(". ", 1)[0][:160] or type(error).__name__
        raise CheckpointError(
            f"{path} is damaged, or holds more than weights, which is not loaded: {reason}"
        ) from error
    note = content.get(NOTE) if isinstance(content, dict) else None
    content = _opened(path, content)
    if not isinstance(content, dict) or not content:
        raise CheckpointError(f"{path} holds no state dict, but a {type(content).__name__}")
    other = [str(name) for name, value in content.items() if not isinstance(value, torch.Tensor)]
    if other:
        raise CheckpointError(f"{path} holds no state dict: {other[:5]} are no tensors")
    try:
        arrays = {str(name): _to_numpy(value) for name, value in content.items()}
    except (RuntimeError, TypeError) as error:
        raise CheckpointError(f"{path} holds tensors that are no plain arrays: {error}") from error
    return Stored(arrays, note if isinstance(note, str) else "")


def _opened(path: Path, content: Any) -> Any:
    """What lies in the containers of a file, one in the other perhaps."""
    while isinstance(content, dict):
        held = [key for key in CONTAINERS if isinstance(content.get(key), dict) and content[key]]
        if not held:
            break
        if len(held) > 1:
            log.warning(
                "%s holds %s: the weights under %r are taken", path, " and ".join(held), held[0]
            )
        content = content[held[0]]
    return content


def _to_numpy(tensor: Any) -> np.ndarray:
    tensor = tensor.detach()
    return (tensor.float() if tensor.is_floating_point() else tensor).numpy()


def _read_safetensors(path: Path) -> Stored:
    try:
        with safe_open(path, "numpy") as file:
            note = (file.metadata() or {}).get(NOTE, "")
        return Stored(safetensors.numpy.load_file(path), note)
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is damaged or no safetensors file ({error})") from error


def _read_npz(path: Path) -> Stored:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return Stored(dict(file))
    except Exception as error:  # zlib and zipfile raise many kinds
        raise CheckpointError(f"{path} is damaged or no .npz file ({error})") from error


def _pth_bytes(mapping: Mapping[str, np.ndarray], note: str) -> bytes:
    torch = _torch()
    buffer = io.BytesIO()
    content = {"model": {name: torch.from_numpy(np.array(x)) for name, x in mapping.items()}}
    torch.save(content | ({NOTE: note} if note else {}), buffer)
    return buffer.getvalue()


def _safetensors_bytes(mapping: Mapping[str, np.ndarray], note: str) -> bytes:
    return safetensors.numpy.save(dict(mapping), {NOTE: note} if note else None)


def _npz_bytes(mapping: Mapping[str, np.ndarray], _note: str) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **mapping)
    return buffer.getvalue()


READERS: dict[str, Callable[[Path], Stored]] = {
    NPZ: _read_npz,
    PYTORCH: _read_pth,
    SAFETENSORS: _read_safetensors,
}
WRITERS: dict[str, Callable[[Mapping[str, np.ndarray], str], bytes]] = {
    ".npz": _npz_bytes,
    ".pt": _pth_bytes,
    ".pth": _pth_bytes,
    ".safetensors": _safetensors_bytes,
}

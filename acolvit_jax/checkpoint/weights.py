"""Our weights files: safetensors with the architecture and where the weights come from.

The header's metadata holds `format` (a number; files of format 1 have none), two JSON texts,
`config` (fields of `ModelConfig`: all that inference needs) and `provenance` (data, steps, scores:
free), and `sha256` of all, so that a damaged file is noticed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from acolvit_jax.common.errors import CheckpointError, ConfigError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.common.places import on_disk
from acolvit_jax.common.reading import patiently
from acolvit_jax.config import PRETRAINED, ModelConfig
from acolvit_jax.config.build import FORMAT, check_format, model_from_dict
from acolvit_jax.models.params import Params, flatten, nest, param_shapes

WEIGHTS_FILE = "weights.safetensors"
_CONVERT = "python -m acolvit_jax.convert {} DST"
BUNDLED = {PRETRAINED: "tiny-any.safetensors", "pretrained-dense": "tiny-dense.safetensors"}


class Weights(NamedTuple):
    """A model as a file holds it.

    Attributes:
        config: the architecture.
        params: nested dict of float32 arrays.
        provenance: where they come from.
    """

    config: ModelConfig
    params: Params
    provenance: dict[str, Any]


def bundled_weights(name: str) -> Path:
    """The file of weights in the package, by their name in `BUNDLED`.

    `pretrained` is the model of any budget that colorizes unless told otherwise;
    `pretrained-dense` computes every sublayer, has taught it, and has the best colors in the mean.
    """
    return Path(str(resources.files("acolvit_jax.assets") / "weights" / BUNDLED[name]))


def save_weights(
    path: Path,
    config: ModelConfig,
    params: Mapping[Any, Any],
    provenance: Mapping[str, Any],
    *,
    dtype: str = "float32",
) -> None:
    """Writes a weights file atomically.

    Args:
        path: of the file.
        config: the architecture.
        params: nested dict of arrays.
        provenance: what should be known about the weights, as JSON can say it.
        dtype: of the stored arrays, `float32` or `float16`.

    Raises:
        OSError: if the file cannot be written.
    """
    flat = {
        name: np.ascontiguousarray(np.asarray(value), np.dtype(dtype))
        for name, value in flatten(params).items()
    }
    metadata = {
        "format": str(FORMAT),
        "config": json.dumps(dataclasses.asdict(config)),
        "provenance": json.dumps(dict(provenance)),
    }
    metadata["sha256"] = _digest(flat, metadata)
    write_bytes(path, save(flat, metadata))


def load_weights(path: Path) -> Weights:
    """Reads a weights file.

    Args:
        path: of the file.

    Returns:
        The architecture and float32 parameters.

    Raises:
        CheckpointError: if it is missing, damaged, no file of ours, or does not fit its own
            architecture.
        UnreadableError: if the storage fails.
    """
    try:
        metadata, flat = patiently(str(path), lambda: _read(path))
    except FileNotFoundError as error:
        raise CheckpointError(f"no weights at {path}") from error
    except (OSError, SafetensorError) as error:
        torch_file = path.suffix.lower() in (".pth", ".pt", ".bin", ".npz")
        advice = f"; {_CONVERT.format(quote(str(path)))} reads it" if torch_file else ""
        raise CheckpointError(
            f"{path} is damaged or no safetensors file ({error}){advice}"
        ) from error
    if "config" not in metadata:
        raise CheckpointError(
            f"{path} holds no weights of ours; if they are published PyTorch weights, run "
            f"{_CONVERT.format(quote(str(path)))} first"
        )
    number = metadata.get("format", "1")
    try:
        check_format(int(number) if number.isdecimal() and len(number) < 10 else number)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    if metadata.get("sha256") != _digest(flat, metadata):
        raise CheckpointError(f"{path} is damaged: its checksum does not match its content")
    try:
        config = model_from_dict(json.loads(metadata["config"]))
    except (ConfigError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} holds an unknown architecture: {error}") from error
    _check_shapes(path, config, flat)
    params = nest({name: value.astype(np.float32) for name, value in flat.items()})
    return Weights(config, params, json.loads(metadata.get("provenance", "{}")))


def _read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Metadata and arrays of a safetensors file."""
    with on_disk(path) as copy:
        copy.open("rb").close()  # safetensors says of all that does not open that it is not there
        with safe_open(copy, "numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return file.metadata() or {}, arrays


def _check_shapes(path: Path, config: ModelConfig, flat: Mapping[str, np.ndarray]) -> None:
    expected = {name: value.shape for name, value in flatten(param_shapes(config)).items()}
    given = {name: value.shape for name, value in flat.items()}
    wrong = sorted(set(expected.items()) ^ set(given.items()))
    if wrong:
        raise CheckpointError(f"{path} does not fit its architecture: {wrong}")


def _digest(flat: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """Checksum over the texts, and over names, types, shapes and values of the arrays."""
    texts = json.dumps([metadata.get("config"), metadata.get("provenance")])
    total = hashlib.sha256(texts.encode())
    for name in sorted(flat):
        value = np.ascontiguousarray(flat[name])
        total.update(f"{name} {value.dtype} {value.shape};".encode())
        total.update(value.tobytes())
    return total.hexdigest()

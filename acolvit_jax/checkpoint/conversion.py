"""Converting checkpoints: PyTorch's to ours, ours to PyTorch's, to one file, to a program."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from acolvit_jax.checkpoint.graft import at_budget
from acolvit_jax.checkpoint.learned import with_average, with_learned
from acolvit_jax.checkpoint.load import is_model, load, load_pretrained
from acolvit_jax.checkpoint.onnx import OPSET, export_onnx, require_exporter
from acolvit_jax.checkpoint.stablehlo import export_stablehlo
from acolvit_jax.checkpoint.state_dicts import WRITERS, read_state_dict, write_state_dict
from acolvit_jax.checkpoint.stated import architecture_note, stated_architecture, unsaid
from acolvit_jax.checkpoint.torch import HEAD_WIDTH, from_state_dict, to_state_dict
from acolvit_jax.checkpoint.weights import WEIGHTS_FILE, save_weights
from acolvit_jax.checkpoint.workdir import is_run
from acolvit_jax.common.errors import CheckpointError, ConfigError
from acolvit_jax.common.json_lines import parse_object
from acolvit_jax.common.places import place, size_of
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.budgets import checked_budget
from acolvit_jax.models.params import Params, param_count


def from_torch(source: str, target: Path) -> str:
    """Converts a published state dict to a folder that every command takes.

    Args:
        source: file of the state dict.
        target: folder to write.

    Returns:
        What was found and written, for the person.

    Raises:
        CheckpointError: if the file cannot be read or does not fit; nothing is written then.
    """
    if target.is_file():
        raise CheckpointError(f"{target} is a file; the target is a folder")
    if is_run(target):
        raise CheckpointError(f"{target} is the folder of a run; choose another folder")
    file = place(source)
    try:
        stored = read_state_dict(file)
        config, params = from_state_dict(stored.arrays, stated_architecture(stored.note))
    except CheckpointError as error:
        if is_model(source):
            kinds = ", ".join(kind for kind in OPTIONS if kind != "jax")
            raise CheckpointError(
                f"{source} is a model of ours already; name what to make of it with --to: {kinds}"
            ) from None
        told = str(error)
        raise CheckpointError(told if str(file) in told else f"{file}: {told}") from None
    save_weights(target / WEIGHTS_FILE, config, params, {"converted from": file.name})
    return f"{describe_model(config)}, {param_count(params):,} parameters -> {target}"


def to_torch(source: str, target: Path, budget: float | None = None) -> str:
    """Converts one of our models to a PyTorch state dict of the published names.

    Beside it `.pth` and `.safetensors` state the architecture, for `from_torch`.

    Args:
        source: what `load_pretrained` takes.
        target: `.pth`, `.safetensors` or `.npz` file to write.
        budget: makes a model of any budget one of this budget; None leaves it as it is.

    Returns:
        What was found and written.

    Raises:
        CheckpointError: if the model cannot be read, or the suffix is unknown.
        ConfigError: for a budget out of range, or a model that takes none.
    """
    _check_suffix(target, tuple(sorted(WRITERS)))
    config, params = _at(*load_pretrained(source), budget)
    arrays = to_state_dict(config, params)
    write_state_dict(target, arrays, architecture_note(config))
    note = _lost_in_npz(config, arrays) if target.suffix.lower() == ".npz" else ""
    if config.any_budget:
        note += "; budget_embed.weight is no published name: [b, b^2, 1] @ it.T joins policy_token"
        note += ", which --budget does"
    if config.width != config.num_heads * HEAD_WIDTH:
        note += f"; its {config.num_heads} heads are not {HEAD_WIDTH} wide, as published ones are"
    return f"{describe_model(config)} -> {target}{note}"


def _lost_in_npz(config: ModelConfig, arrays: Mapping[str, np.ndarray]) -> str:
    """What a file that states no architecture leaves out, for the person."""
    try:
        lost = unsaid(config, arrays)
    except (CheckpointError, ConfigError) as error:
        return f"; from .npz it cannot be read back ({error}), from .pth and .safetensors it can"
    said = ", ".join(f"{name}={value}" for name, value in lost.items())
    return f"; .npz does not say {said}, which .pth and .safetensors do" if lost else ""


def to_stablehlo(
    source: str, target: Path, budget: float | None = None, platforms: Sequence[str] = ()
) -> str:
    """Exports one of our models as a program that `jax.export` reads.

    Args:
        source: what `load_pretrained` takes.
        target: file to write.
        budget: as of `to_torch`.
        platforms: that it is to run on, as `export_stablehlo` takes them.

    Returns:
        What was found and written.

    Raises:
        ConfigError: as `to_torch`, or for an unknown platform.
        CheckpointError: if the model cannot be read.
    """
    config, params = _at(*load_pretrained(source), budget)
    export_stablehlo(target, config, params, platforms)
    return f"{describe_model(config)} -> {target}"


def to_onnx(source: str, target: Path, budget: float | None = None, dtype: str = "float32") -> str:
    """Exports one of our models as ONNX.

    Args:
        source: what `load_pretrained` takes.
        target: `.onnx` file to write.
        budget: as of `to_torch`.
        dtype: of the stored weights: `float32`, `float16` or `int8`.

    Returns:
        What was found and written.

    Raises:
        ConfigError: as `to_torch`.
        CheckpointError: if the model cannot be read, the suffix is another, jax2onnx is missing, or
            the program would not do what the model does.
    """
    _check_suffix(target, (".onnx",))
    require_exporter()
    config, params, provenance = load(source)
    config, params = _at(config, params, budget)
    export_onnx(target, config, params, provenance, dtype=dtype)
    size = f"opset {OPSET}, {dtype} weights, {size_of(target) / 1e6:.1f} MB"
    return f"{describe_model(config)}, {size} -> {target}"


def to_weights(
    source: str,
    target: Path,
    provenance: Path | None = None,
    learned: tuple[str, str] | None = None,
    average: Sequence[str] = (),
    budget: float | None = None,
) -> str:
    """Packs one of our models into one file, as the weights in the package are: float16.

    Args:
        source: what `load_pretrained` takes.
        target: `.safetensors` file to write.
        provenance: JSON file, an object of all that the weights should say of themselves (data,
            recipe, scores); None says the source's name, and which models had a part in it.
        learned: two states of a model, before and after, in this order: the difference of their
            parameters is added (`with_learned`). None adds nothing.
        average: `MODEL=SHARE` of models that are averaged with it before (`with_average`).
        budget: as of `to_torch`.

    Returns:
        What was found and written.

    Raises:
        ConfigError: as `to_torch`.
        CheckpointError: if a model or the provenance cannot be read, the suffix is unknown, or
            what is averaged or was learned does not fit.
    """
    _check_suffix(target, (".safetensors",))
    config, params = load_pretrained(source)
    facts: dict[str, Any] = {"packed from": source}
    note = ""
    if average:
        params = with_average(config, params, average)
        facts["averaged with"] = list(average)
        note = f", averaged with {', '.join(average)}"
    if learned is not None:
        params, facts["learned"], added = with_learned(config, params, learned)
        note += f", {added}"
    if provenance is not None:
        facts = _read_provenance(provenance)
    if budget is not None:
        config, params = _at(config, params, budget)
        facts["budget"] = budget
    save_weights(target, config, params, facts, dtype="float16")
    size = f"{param_count(params):,} parameters, {size_of(target) / 1e6:.1f} MB"
    return f"{describe_model(config)}, {size}{note} -> {target}"


def _read_provenance(path: Path) -> dict[str, Any]:
    try:
        return parse_object(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read the provenance {path}: {error}") from error


def _at(config: ModelConfig, params: Params, budget: float | None) -> tuple[ModelConfig, Params]:
    """A model at one budget, if that is asked for."""
    if budget is None:
        return config, params
    checked_budget(config, budget)
    return dataclasses.replace(config, any_budget=False), at_budget(params, budget)


def given_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those options of a conversion that were given.

    Args:
        kind: of `OPTIONS`.
        options: by name; None and what is empty were not given.

    Returns:
        The others.

    Raises:
        CheckpointError: if one is for other kinds.
    """
    given = {name: value for name, value in options.items() if value not in (None, (), [])}
    for name, value in given.items():
        kinds = [other for other, names in OPTIONS.items() if name in names]
        if kind not in kinds:
            *most, last = kinds
            listed = f"{', '.join(most)} or {last}" if most else last
            many = isinstance(value, (list, tuple))
            shown = "" if many else f"={value}"
            raise CheckpointError(f"--{name}{shown} goes with --to {listed}, not --to {kind}")
    return given


def write_as(kind: str, source: str, target: Path, **given: Any) -> str:
    """Converts; see the converter of the kind.

    Args:
        kind: of `CONVERTERS`.
        source: file, folder or run.
        target: what to write.
        **given: as `given_options` returns them.

    Returns:
        What was found and written, for the person.

    Raises:
        CheckpointError: if it cannot be done.
        ConfigError: as `to_torch`.
    """
    return CONVERTERS[kind](source, target, **given)


def describe_model(config: ModelConfig) -> str:
    """An architecture in one phrase."""
    kind = "A-ColViT" if config.gated else "iColoriT"
    parts = [
        f"{kind}, width {config.width}",
        f"{config.depth} blocks",
        f"{config.num_heads} heads",
        f"patch {config.patch_size}",
        f"{config.head} head",
    ]
    if config.any_budget:
        parts.append("any budget")
    if not config.gated:
        parts.append(f"{'with' if config.rel_pos_bias else 'without'} relative position bias")
    return ", ".join(parts)


def _check_suffix(target: Path, allowed: tuple[str, ...]) -> None:
    if target.suffix.lower() not in allowed:
        raise CheckpointError(f"{target}: its suffix must be one of {', '.join(allowed)}")


CONVERTERS: dict[str, Callable[..., str]] = {
    "jax": from_torch,
    "torch": to_torch,
    "weights": to_weights,
    "stablehlo": to_stablehlo,
    "onnx": to_onnx,
}
# Names of options by kind; the site (`demo.site`) is above this room.
OPTIONS = {
    "jax": (),
    "torch": ("budget",),
    "weights": ("provenance", "learned", "average", "budget"),
    "stablehlo": ("budget", "platforms"),
    "onnx": ("budget", "dtype"),
    "web": ("dtype",),
}

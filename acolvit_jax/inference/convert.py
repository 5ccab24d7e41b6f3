"""Converting checkpoints: PyTorch's to ours, ours to PyTorch's, to a program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from acolvit_jax.config import ModelConfig
from acolvit_jax.errors import CheckpointError
from acolvit_jax.inference.export import export_stablehlo
from acolvit_jax.interop.files import WRITERS, read_state_dict, write_state_dict
from acolvit_jax.interop.torch import HEAD_WIDTH, from_state_dict, to_state_dict
from acolvit_jax.interop.weights import WEIGHTS_FILE, save_weights
from acolvit_jax.models.params import param_count
from acolvit_jax.training.load import load_pretrained


def from_torch(source: Path, target: Path) -> str:
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
    try:
        config, params = from_state_dict(read_state_dict(source))
    except CheckpointError as error:
        raise CheckpointError(f"{source}: {str(error).removeprefix(f'{source} ')}") from None
    save_weights(target / WEIGHTS_FILE, config, params, {"converted from": source.name})
    return f"{describe(config)}, {param_count(params):,} parameters -> {target}"


def to_torch(source: str, target: Path) -> str:
    """Converts one of our models to a PyTorch state dict of the published names.

    Args:
        source: what `load_pretrained` takes.
        target: `.pth`, `.safetensors` or `.npz` file to write.

    Returns:
        What was found and written.

    Raises:
        CheckpointError: if the model cannot be read, or the suffix is unknown.
    """
    _check_suffix(target, tuple(sorted(WRITERS)))
    config, params = load_pretrained(source)
    write_state_dict(target, to_state_dict(config, params))
    note = ""
    if config.any_budget:
        note = "; budget_embed.weight is no published name: [b, b^2, 1] @ it.T joins policy_token"
    if config.width != config.num_heads * HEAD_WIDTH:
        note += f"; its {config.num_heads} heads are not {HEAD_WIDTH} wide, as published ones are"
    return f"{describe(config)} -> {target}{note}"


def to_stablehlo(source: str, target: Path) -> str:
    """Exports one of our models as a program; see `export_stablehlo`."""
    config, params = load_pretrained(source)
    export_stablehlo(target, config, params)
    return f"{describe(config)} -> {target}"


CONVERTERS: dict[str, Callable[[str, Path], str]] = {
    "jax": lambda source, target: from_torch(Path(source), target),
    "torch": to_torch,
    "stablehlo": to_stablehlo,
}


def describe(config: ModelConfig) -> str:
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

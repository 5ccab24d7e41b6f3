"""Published PyTorch state dicts to our parameters and back, on NumPy arrays.

The names and shapes are the published ones (docs/reference.md, "Published checkpoints"). PyTorch
itself is not needed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.config import ModelConfig
from acolvit_jax.models.layers import relative_position_rows
from acolvit_jax.models.params import flatten, nest, param_shapes

HEAD_WIDTH = 64
DEFAULT_GRID = 14
_LANDMARK = "patch_embed.proj.weight"  # every model has it, and it ends no other name
INDEX = re.compile(r"blocks\.\d+\.attn\.relative_position_index$")

Array = np.ndarray

log = logging.getLogger(__name__)
Turn = Callable[[Array], Array]


class Name(NamedTuple):
    """One parameter under both names.

    Attributes:
        ours: dotted name in our nested dict.
        theirs: key of the state dict.
        to_ours: array from theirs.
        to_theirs: array from ours.
    """

    ours: str
    theirs: str
    to_ours: Turn
    to_theirs: Turn


def _same(x: Array) -> Array:
    return x


def _transpose(x: Array) -> Array:
    return x.T


def _names(config: ModelConfig) -> list[Name]:
    """The table of names, for a model's architecture."""
    p = config.patch_size
    patch = Name(
        "patch_embed.kernel",
        "patch_embed.proj.weight",
        # [D, 4, P, P] <-> [P * P * 4, D], flat as (row, column, channel)
        lambda x: x.transpose(2, 3, 1, 0).reshape(-1, x.shape[0]),
        lambda x: x.reshape(p, p, -1, x.shape[-1]).transpose(3, 2, 0, 1),
    )
    convolution = Name(
        "head.kernel",
        "head.head.weight",
        lambda x: x.transpose(2, 3, 1, 0),  # [F, D, 3, 3] <-> [3, 3, D, F]
        lambda x: x.transpose(3, 2, 0, 1),
    )
    names = [
        patch,
        Name("patch_embed.bias", "patch_embed.proj.bias", _same, _same),
        *_norm("norm", "norm"),
    ]
    if config.head == "cnn":
        names += [convolution, Name("head.bias", "head.head.bias", _same, _same)]
    else:
        names += _linear("head.linear", "head")
    if config.gated:
        names.append(Name("policy_token", "policy_token", _same, _same))
    if config.any_budget:
        # Not published: one model for every budget is this project's own.
        names.append(Name("budget_embed", "budget_embed.weight", _transpose, _transpose))
    for i in range(config.depth):
        names += _block(f"blocks.{i}", config)
    return names


def _block(block: str, config: ModelConfig) -> list[Name]:
    """Names of one block."""
    names = [
        *_norm(f"{block}.norm1", f"{block}.norm1"),
        *_norm(f"{block}.norm2", f"{block}.norm2"),
        Name(f"{block}.attention.q_bias", f"{block}.attn.q_bias", _same, _same),
        Name(f"{block}.attention.v_bias", f"{block}.attn.v_bias", _same, _same),
        Name(f"{block}.attention.qkv.kernel", f"{block}.attn.qkv.weight", _transpose, _transpose),
        *_linear(f"{block}.attention.proj", f"{block}.attn.proj"),
        *_linear(f"{block}.ffn.fc1", f"{block}.mlp.fc1"),
        *_linear(f"{block}.ffn.fc2", f"{block}.mlp.fc2"),
    ]
    if config.rel_pos_bias:
        table = (f"{block}.attention.bias_table", f"{block}.attn.rpb_table")
        names.append(Name(*table, _same, _same))
    if config.gated:
        names += _linear(f"{block}.gate.linear", f"{block}.layer_select.mlp_head")
    return names


def _linear(ours: str, theirs: str) -> list[Name]:
    return [
        Name(f"{ours}.kernel", f"{theirs}.weight", _transpose, _transpose),
        Name(f"{ours}.bias", f"{theirs}.bias", _same, _same),
    ]


def _norm(ours: str, theirs: str) -> list[Name]:
    return [
        Name(f"{ours}.scale", f"{theirs}.weight", _same, _same),
        Name(f"{ours}.bias", f"{theirs}.bias", _same, _same),
    ]


def from_state_dict(
    mapping: Mapping[str, Array], config: ModelConfig | None = None
) -> tuple[ModelConfig, dict[str, Any]]:
    """Reads a published state dict.

    Args:
        mapping: arrays by PyTorch name. What stands before all names of the model (`module.`,
            `_orig_mod.`, `model.`, `ema.`, several of them) is taken off, and what does not begin
            so is left aside, which the log says; the buffers `relative_position_index` are compared
            with the grid of patches.
        config: the architecture, where it is known; None finds it from names and shapes.

    Returns:
        The architecture and a nested dict of float32 parameters for `nnx.update(ACoLViT(config,
        rngs=...), params)`.

    Raises:
        CheckpointError: lists every key that is missing, left over or of another shape.
    """
    given = {name: np.asarray(x) for name, x in _unprefixed(mapping).items()}
    indices = {name: x for name, x in given.items() if INDEX.match(name)}
    given = {name: x for name, x in given.items() if name not in indices}
    odd = [name for name, x in given.items() if x.dtype.kind not in "fiu" or not _finite(x)]
    if odd:
        raise CheckpointError(
            f"{len(odd)} arrays are not finite real numbers: {', '.join(odd[:5])}"
        )
    config = config or find_architecture(given)
    _check_grid(indices, config.grid_size)
    names = _names(config)
    _check(given, config, names)
    flat = {n.ours: np.ascontiguousarray(n.to_ours(given[n.theirs]), np.float32) for n in names}
    return config, nest(flat)


def _check_grid(indices: Mapping[str, Array], grid: int) -> None:
    """Compares the buffers of relative positions with those of a grid of patches."""
    expected = relative_position_rows((grid, grid), grid)
    for name, index in indices.items():
        if not np.array_equal(index, expected):
            raise CheckpointError(
                f"{name} of shape {index.shape} is not that of {grid}x{grid} patches, "
                "which the other arrays are of"
            )


def _unprefixed(mapping: Mapping[str, Array]) -> Mapping[str, Array]:
    """The model's own names: without what wrappers and training programs put before them."""
    mapping = {name.replace("_orig_mod.", ""): x for name, x in mapping.items()}
    found = [name.removesuffix(_LANDMARK) for name in mapping if name.endswith(_LANDMARK)]
    if not found or "" in found:
        return mapping
    prefix = min(found, key=lambda one: ("ema" in one or "teacher" in one, len(one)))
    others = [name for name in mapping if not name.startswith(prefix)]
    if others:
        log.warning(
            "the weights under %r are taken, %d others are left aside, first %s",
            prefix,
            len(others),
            others[0],
        )
    return {name[len(prefix) :]: x for name, x in mapping.items() if name.startswith(prefix)}


def _finite(x: Array) -> bool:
    return bool(np.isfinite(x).all())


def to_state_dict(config: ModelConfig, params: Mapping[str, Any]) -> dict[str, Array]:
    """Writes parameters as a published state dict; the inverse of `from_state_dict`.

    Args:
        config: the architecture.
        params: nested dict of float32 parameters.

    Returns:
        float32 arrays by PyTorch name.
    """
    flat = flatten(params)
    return {
        n.theirs: np.ascontiguousarray(n.to_theirs(np.asarray(flat[n.ours], np.float32)))
        for n in _names(config)
    }


def find_architecture(given: Mapping[str, Array]) -> ModelConfig:
    """Finds a model's architecture from the names and shapes of its state dict.

    Args:
        given: arrays by PyTorch name.

    Returns:
        The architecture; heads are 64 wide, as in every published model.

    Raises:
        CheckpointError: if this is no state dict of A-ColViT or iColoriT.
    """
    blocks = {int(m[1]) for name in given if (m := re.match(r"blocks\.(\d{1,9})\.", name))}
    patch = given.get("patch_embed.proj.weight")
    if not blocks or patch is None or patch.ndim != 4:
        raise CheckpointError(
            "this is no state dict of A-ColViT or iColoriT: it has "
            f"{'no patch_embed.proj.weight of four axes' if blocks else 'no blocks.*'} "
            f"among its {len(given)} keys, first {', '.join(list(given)[:3]) or 'none'}"
        )
    width = patch.shape[0]
    if blocks != set(range(len(blocks))):
        raise CheckpointError(f"blocks {sorted(blocks)[:5]}... are not numbered from 0 on")
    fc1 = given.get("blocks.0.mlp.fc1.weight", np.empty(()))
    hidden = fc1.shape[0] if fc1.ndim == 2 and fc1.shape[0] >= width else 4 * width
    table = given.get("blocks.0.attn.rpb_table")
    if table is not None and table.ndim != 2:
        raise CheckpointError(f"blocks.0.attn.rpb_table has shape {table.shape}, not two axes")
    grid = DEFAULT_GRID if table is None else (round(table.shape[0] ** 0.5) + 1) // 2
    if width % HEAD_WIDTH or not width or not patch.shape[-1]:
        raise CheckpointError(f"embedding width {width} is no multiple of {HEAD_WIDTH}, a head's")
    return ModelConfig(
        width=width,
        depth=max(blocks) + 1,
        num_heads=width // HEAD_WIDTH,
        mlp_ratio=hidden // width,
        patch_size=patch.shape[-1],
        image_size=grid * patch.shape[-1],
        head="linear" if "head.weight" in given else "cnn",
        gated="policy_token" in given,
        rel_pos_bias=table is not None,
        any_budget="budget_embed.weight" in given,
    )


def _check(given: Mapping[str, Array], config: ModelConfig, names: list[Name]) -> None:
    """Compares keys and shapes with the architecture's, and lists every difference."""
    shapes = flatten(param_shapes(config))
    expected = {n.theirs: n.to_theirs(np.empty(shapes[n.ours].shape)).shape for n in names}
    problems = [f"missing {name}" for name in expected if name not in given]
    problems += [f"left over {name}" for name in given if name not in expected]
    problems += [
        f"{name} has shape {given[name].shape}, not {shape}"
        for name, shape in expected.items()
        if name in given and given[name].shape != shape
    ]
    if problems:
        raise CheckpointError(f"{len(problems)} keys do not fit: {'; '.join(problems)}")

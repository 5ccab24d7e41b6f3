"""The inference function as StableHLO, weights inside, conditionals kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from acolvit_jax.common.errors import CheckpointError, ConfigError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.common.jax_settings import compiler_options
from acolvit_jax.config import ModelConfig
from acolvit_jax.models import skipping
from acolvit_jax.models.params import Params
from acolvit_jax.models.prepared import prepare_params

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


def export_stablehlo(
    path: Path, config: ModelConfig, params: Params, platforms: Sequence[str] = ()
) -> None:
    """Writes the forward of one image as a serialized `jax.export` program.

    It takes `inputs` float32 `[1, S, S, 4]`, and the budget, a float32 scalar, where the model has
    one; it gives normalized a, b `[1, S, S, 2]` and decisions `[1, depth, 2]`. It keeps a
    conditional for every sublayer. Read it with `load_stablehlo`, or anywhere with
    `jax.export.deserialize`.

    Args:
        path: of the file.
        config: the architecture.
        params: nested dict of float32 arrays.
        platforms: of `PLATFORMS`, the kinds of device that it runs on; none is this machine's own.

    Raises:
        ConfigError: for an unknown platform.
        OSError: if the file cannot be written.
    """
    if unknown := [name for name in platforms if name not in PLATFORMS]:
        raise ConfigError(f"platform {unknown[0]!r} is unknown; use some of {', '.join(PLATFORMS)}")
    prepared = prepare_params(params, config)
    side = config.image_size
    inputs = jax.ShapeDtypeStruct((1, side, side, 4), jnp.float32)
    shapes = [inputs, jax.ShapeDtypeStruct((), jnp.float32)][: 1 + int(config.any_budget)]

    def run(inputs: jax.Array, budget: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
        return skipping.forward(prepared, inputs, config, budget=budget)

    # Where bfloat16 is to lie in memory: XLA knows the call on every platform.
    layouts = export.DisabledSafetyCheck.custom_call("LayoutConstraint")
    exporting = export.export(
        jax.jit(run), platforms=tuple(platforms) or None, disabled_checks=[layouts]
    )
    program = exporting(*shapes)
    write_bytes(path, bytes(program.serialize()))


def load_stablehlo(path: Path) -> Any:
    """Reads what `export_stablehlo` wrote.

    Args:
        path: of the file.

    Returns:
        A function of inputs, and the budget where the model takes one.

    Raises:
        CheckpointError: if the file is missing or damaged.
    """
    try:
        program = export.deserialize(bytearray(path.read_bytes()))
    except FileNotFoundError as error:
        raise CheckpointError(f"no file at {path}") from error
    except Exception as error:  # flatbuffers raises many kinds
        raise CheckpointError(f"{path} is no exported program, or is damaged") from error
    return jax.jit(program.call, compiler_options=compiler_options())

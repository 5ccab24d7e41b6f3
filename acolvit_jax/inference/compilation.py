"""Programs compiled ahead of time, and the folder where compiled programs are kept."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.files import drop_unfinished_programs
from acolvit_jax.common.jax_settings import compiler_options
from acolvit_jax.config import ModelConfig
from acolvit_jax.inference.devices import AXIS, mesh_of
from acolvit_jax.models import skipping
from acolvit_jax.models.params import param_shapes
from acolvit_jax.models.prepared import prepare_params

Program = Callable[..., tuple[jax.Array, jax.Array]]
CACHE_VARIABLE = "ACOLVIT_CACHE"
log = logging.getLogger(__name__)
CACHE_BYTES = 2**30  # of programs; the ones used least lately make room

_lock = threading.Lock()


def cache_folder() -> Path:
    """Where compiled programs are kept: `$ACOLVIT_CACHE`, else the user's cache folder.

    Raises:
        ConfigError: if the user has no home folder, as in some containers.
    """
    if os.environ.get(CACHE_VARIABLE):
        return Path(os.environ[CACHE_VARIABLE])
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "acolvit_jax"
    except RuntimeError:
        raise ConfigError(
            f"there is no home folder to keep files in; set {CACHE_VARIABLE} to a folder"
        ) from None


def keep_compiled_programs() -> None:
    """Turns JAX's persistent compilation cache on, so that a second start is quick.

    A cache that the user has set up, by JAX's own settings, is left as it is; a user without a
    folder for it, or whose folder cannot be written, goes without. A folder that was asked for is
    named then.
    """
    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
        folder = _programs_folder()
        if folder is None:
            if asked := os.environ.get(CACHE_VARIABLE):
                log.warning("%s=%s cannot be written; programs are not kept", CACHE_VARIABLE, asked)
            return
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        # With a largest size JAX locks the folder: no process reads what another has half written.
        jax.config.update("jax_compilation_cache_max_size", CACHE_BYTES)


def _programs_folder() -> Path | None:
    """Where programs are kept; None if they cannot be: JAX would warn of each."""
    try:
        folder = cache_folder() / "programs"
        folder.mkdir(parents=True, exist_ok=True)
        drop_unfinished_programs(folder)
    except (ConfigError, OSError):
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def compile_forward(
    config: ModelConfig,
    *,
    batch: int = 1,
    forced: bool = False,
    devices: tuple[jax.Device, ...] = (),
) -> Program:
    """Compiles the skipping forward, once for every model of this architecture.

    Args:
        config: the architecture.
        batch: images at once; 1 is a program with conditionals, more is one with buckets.
        forced: decisions are an argument instead of the model's own, for benchmarks.
        devices: that share the images of a batch evenly, each with buckets of its own; none is the
            default device.

    Returns:
        `program(prepared, inputs [B, S, S, 4], budget, forced) -> (ab [B, S, S, 2], decisions
        [B, depth, 2])`. `budget` is a float32 scalar for a model of any budget (`[B]` for a batch),
        else None; `forced` float32 `[depth, 2]` (`[B, depth, 2]`), else None.
    """
    with _lock:
        return _compile_forward(config, batch, forced, devices)


@functools.cache
def _compile_forward(
    config: ModelConfig, batch: int, forced: bool, devices: tuple[jax.Device, ...]
) -> Program:
    function = skipping.forward if batch == 1 else skipping.forward_batch

    def run(prepared: Any, inputs: jax.Array, budget: Any, decisions: Any) -> Any:
        return function(prepared, inputs, config, budget=budget, forced=decisions)

    rows = () if batch == 1 else (batch,)
    side = config.image_size
    return (
        (_shared(run, devices) if devices else jax.jit(run))
        .lower(
            prepared_shapes(config),
            jax.ShapeDtypeStruct((batch, side, side, 4), jnp.float32),
            jax.ShapeDtypeStruct(rows, jnp.float32) if config.any_budget else None,
            jax.ShapeDtypeStruct((*rows, config.depth, 2), jnp.float32) if forced else None,
        )
        .compile(compiler_options=compiler_options())
    )


def _shared(run: Callable[..., Any], devices: tuple[jax.Device, ...]) -> Any:
    """A program whose images are split over devices, each of which has all parameters."""
    mesh = mesh_of(devices)
    images, everywhere = PartitionSpec(AXIS), PartitionSpec()
    split = jax.shard_map(
        run,
        mesh=mesh,
        in_specs=(everywhere, images, images, images),
        out_specs=images,
        check_vma=False,
    )
    placed = [NamedSharding(mesh, spec) for spec in (everywhere, images, images, images)]
    return jax.jit(split, in_shardings=tuple(placed), out_shardings=placed[1])


@functools.cache
def prepared_shapes(config: ModelConfig) -> Any:
    """Shapes of prepared parameters."""
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), param_shapes(config))
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), prepare_params(zeros, config)
    )

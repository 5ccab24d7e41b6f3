"""The benchmark of the forward and of everything around it."""

from __future__ import annotations

import dataclasses
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np

from acolvit_jax.checkpoint.weights import save_weights
from acolvit_jax.config import AUTO_DTYPE, ModelConfig
from acolvit_jax.config.budgets import DEFAULT_BUDGET
from acolvit_jax.hints import Hint, hint_planes, true_hints
from acolvit_jax.inference import finish, timing
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.compilation import CACHE_VARIABLE, compile_forward
from acolvit_jax.inference.devices import device_name
from acolvit_jax.inference.engine import Engine
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.params import Params
from acolvit_jax.models.prepared import prepare_params
from acolvit_jax.photo import color, images
from acolvit_jax.photo.upsampling import upsample

PATTERNS = 8  # random patterns a keep ratio, and photos with the model's own decisions
HINTS = 10  # on each of these photos
BATCHES = (1, 8, 32)
PHOTO = (864, 1152)  # one megapixel, 4:3
# Variables that make JAX keep compiled programs elsewhere, or none.
_JAX_CACHE = ("JAX_COMPILATION_CACHE", "JAX_ENABLE_COMPILATION_CACHE", "JAX_PERSISTENT_CACHE")
_START = (
    "import sys; import numpy as np; from acolvit_jax import Colorizer; "
    "from acolvit_jax.inference.compilation import keep_compiled_programs as keep; keep(); "
    "Colorizer.from_pretrained(sys.argv[1], dtype=sys.argv[2])(np.zeros((864, 1152, 3), np.uint8))"
)


@dataclass(frozen=True)
class Row:
    """One line of a table of forwards.

    Attributes:
        name: what was computed.
        dtype: of the matrix products.
        keep_ratio: mean over the patterns.
        macs: mean multiply-accumulates an image.
        timing: seconds an image.
    """

    name: str
    dtype: str
    keep_ratio: float
    macs: float
    timing: timing.Timing


@dataclass(frozen=True)
class Report:
    """Everything that the benchmark measured.

    Attributes:
        machine: processor, device, threads, versions.
        rows: forwards of one image, full depth first.
        floor: the full forward's products of matrices alone.
        floor_macs: multiply-accumulates of the floor.
        batches: by name, seconds an image in a batch.
        stages: by name, seconds of the steps around the model, of a photo of one megapixel.
        starts: seconds from the start of a process to its first result, by name.
    """

    machine: dict[str, str]
    rows: list[Row]
    floor: timing.Timing
    floor_macs: float
    batches: dict[str, timing.Timing] = field(default_factory=dict)
    stages: dict[str, timing.Timing] = field(default_factory=dict)
    starts: dict[str, float] = field(default_factory=dict)


def describe_machine(threads: int) -> dict[str, str]:
    """Processor, the device that JAX computes on, threads and versions."""
    names = [
        line.split(":", 1)[1].strip()
        for line in _read("/proc/cpuinfo").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": names[0] if names else platform.processor(),
        "device": device_name(),
        "cores": str(os.cpu_count()),
        "threads": str(threads),
        "python": platform.python_version(),
        "jax": jax.__version__,
    }


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def measure(
    config: ModelConfig,
    params: Params,
    *,
    checkpoint: str,
    keep_ratios: Sequence[float],
    budgets: Sequence[float],
    rounds: int,
    threads: int,
    seed: int,
    forwards_only: bool = False,
    dtypes: Sequence[str] = ("float32",),
) -> Report:
    """Runs the benchmark.

    Args:
        config: the architecture.
        params: nested dict of float32 arrays.
        checkpoint: name that a process of its own loads the same model by, for the time from its
            start; empty for weights that are in no file.
        keep_ratios: shares of sublayers to force, random fixed patterns.
        budgets: to ask a model of any budget for; none is its default. A gated model's own
            decisions are those for some of the photographs in the package.
        rounds: times that everything is run.
        threads: that the process may use.
        seed: of patterns and inputs.
        forwards_only: measure forwards of one image and the floor alone.
        dtypes: of the matrix products; forwards of one image are measured in each, all else in the
            first.

    Returns:
        The measurements; what was not measured is empty.
    """
    config = dataclasses.replace(config, dtype=dtypes[0])
    others = [dataclasses.replace(config, dtype=dtype) for dtype in dtypes[1:]]
    rows, floor = _single([config, *others], params, keep_ratios, budgets, rounds, seed)
    report = Report(describe_machine(threads), rows, floor, timing.floor_macs(config))
    if forwards_only:
        return report
    return dataclasses.replace(
        report,
        batches=_batches(config, params, max(3, rounds // 6), threads, seed),
        stages=_stages(config, params, rounds),
        starts=_starts(config, params, checkpoint),
    )


def _single(
    configs: Sequence[ModelConfig],
    params: Params,
    keep_ratios: Sequence[float],
    budgets: Sequence[float],
    rounds: int,
    seed: int,
) -> tuple[list[Row], timing.Timing]:
    """Forwards of one image in every dtype, and the floor of the first, in one run."""
    config = configs[0]
    inputs = timing.random_inputs(config, 1, seed)
    budget = np.float32(0.5) if config.any_budget else None
    patterns = {"full depth": np.ones((PATTERNS, config.depth, 2), np.float32)}
    for keep in keep_ratios:
        patterns[f"{keep:.0%} of the sublayers"] = timing.random_decisions(
            config, keep, PATTERNS, seed
        )
    for asked in measured_budgets(config, budgets):
        photos = sample_inputs(config)
        patterns[own_decisions_name(asked)] = own_decisions(config, params, photos, asked)
    calls = {}
    for each in configs:
        prepared = jax.device_put(prepare_params(params, each))
        forced = compile_forward(each, forced=True)
        for name, made in patterns.items():
            key = name, each.dtype
            calls[key] = timing.single_calls(forced, prepared, inputs, made, budget)
    floor = "floor", config.dtype
    taken = timing.time_in_turns(calls | {floor: [timing.floor_call(config)] * PATTERNS}, rounds)
    rows = [
        Row(name, dtype, float(p.mean()), timing.mean_macs(p, config), taken[name, dtype])
        for dtype in (each.dtype for each in configs)
        for name, p in patterns.items()
    ]
    return rows, taken[floor]


def measured_dtypes(asked: str, resolved: str) -> list[str]:
    """Dtypes to measure: what was asked for; of `auto` float32 too, for comparison."""
    return list(dict.fromkeys([resolved, "float32"] if asked == AUTO_DTYPE else [resolved]))


def measured_budgets(config: ModelConfig, budgets: Sequence[float]) -> list[float | None]:
    """Budgets at which a model's own decisions are measured; None is a fixed one."""
    if not config.gated:
        return []
    return [*(budgets or [DEFAULT_BUDGET])] if config.any_budget else [None]


def own_decisions_name(budget: float | None) -> str:
    """Name of the row of a model's own decisions."""
    return "its own decisions" if budget is None else f"its own decisions at {budget:g}"


def sample_inputs(config: ModelConfig) -> np.ndarray:
    """Photos of the package with hints, float32 `[PATTERNS, S, S, 4]`."""
    from acolvit_jax.data.sources import sample_photos

    side = config.image_size
    inputs = []
    for seed, path in enumerate(sample_photos()[:PATTERNS]):
        rgb = images.read_image(path)
        planes = hint_planes(true_hints(rgb, HINTS, seed), rgb.shape[:2], side, config.hint_size)
        inputs.append(np.concatenate([Tones.of(rgb, side).norm, planes], axis=-1))
    return np.stack(inputs)


def own_decisions(
    config: ModelConfig, params: Params, inputs: np.ndarray, budget: float | None
) -> np.ndarray:
    """What a model decides for inputs `[B, S, S, 4]`, `[B, depth, 2]`."""
    engine = Engine(config, params)
    return engine.many(inputs, engine.check_budget(budget))[1]


def _batches(
    config: ModelConfig, params: Params, rounds: int, threads: int, seed: int
) -> dict[str, timing.Timing]:
    """Batches whose images each keep another half of the sublayers, and full depth."""
    prepared = jax.device_put(prepare_params(params, config))
    forced = compile_forward(config, forced=True)
    budget = np.float32(0.5) if config.any_budget else None
    calls, sizes = {}, {}
    for size in BATCHES:
        for name, keep in (("half", 0.5), ("full depth", 1.0)):
            key = f"batch of {size}, {name}"
            inputs = timing.random_inputs(config, size, seed)
            patterns = timing.random_decisions(config, keep, size, seed)
            calls[key] = [timing.batch_call(forced, prepared, inputs, patterns, budget, threads)]
            sizes[key] = size
    taken = timing.time_in_turns(calls, rounds)
    return {name: taken[name].divided(size) for name, size in sizes.items()}


def _stages(config: ModelConfig, params: Params, rounds: int) -> dict[str, timing.Timing]:
    """The steps around the model, for one megapixel, and the whole."""
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (*PHOTO, 3), dtype=np.uint8)
    side = config.image_size
    small = images.resize(rgb, (side, side))
    hints = [Hint(10 * i, 20 * i, (200, 20 * i, 30)) for i in range(10)]
    ab = rng.normal(scale=20, size=(side, side, 2)).astype(np.float32)
    colorizer = Colorizer(config, params)
    calls: dict[str, Any] = {
        "resize the photo": lambda: images.resize(rgb, (side, side)),
        "sRGB to Lab": lambda: color.uint8_to_lab(small),
        "draw 10 hints": lambda: hint_planes(hints, PHOTO, side),
        "upsample a, b": lambda: upsample(ab.transpose(2, 0, 1), PHOTO),
        "upsample and compose": lambda: finish.color_photo(rgb, ab),
        "colorize, end to end": lambda: colorizer(rgb, hints),
    }
    return timing.time_in_turns({name: [call] for name, call in calls.items()}, rounds)


def _starts(config: ModelConfig, params: Params, checkpoint: str) -> dict[str, float]:
    """Seconds from the start of a process to its first result, cold and warm."""
    with tempfile.TemporaryDirectory() as cache:
        others = {k: v for k, v in os.environ.items() if not k.startswith(_JAX_CACHE)}
        environment = {**others, CACHE_VARIABLE: cache}
        path = Path(cache) / "weights.safetensors"
        if not checkpoint:
            save_weights(path, config, params, {})
        command = [sys.executable, "-c", _START, checkpoint or str(path), config.dtype]

        def start() -> float:
            began = time.perf_counter()
            subprocess.run(command, env=environment, capture_output=True, check=True)
            return time.perf_counter() - began

        return {"nothing cached": start(), "programs cached": min(start() for _ in range(3))}

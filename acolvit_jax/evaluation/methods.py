"""What is scored: models at a budget, and baselines, behind one interface."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.places import place
from acolvit_jax.config import ModelConfig
from acolvit_jax.config.budgets import DEFAULT_BUDGET
from acolvit_jax.evaluation.baselines import BASELINES
from acolvit_jax.hints import HINT_SIZE
from acolvit_jax.inference.engine import Engine
from acolvit_jax.models.compute import forward_macs
from acolvit_jax.models.params import Params
from acolvit_jax.models.precision import with_dtype

IMAGE_SIZE = 224  # of the protocol


class Answer(NamedTuple):
    """What a method makes of a batch.

    Attributes:
        ab: normalized a, b `[B, S, S, 2]`.
        decisions: `[B, depth, 2]`, None for a baseline.
        macs: multiply-accumulates of all that was computed for each image, `[B]`; None likewise.
    """

    ab: np.ndarray
    decisions: np.ndarray | None = None
    macs: np.ndarray | None = None


Colorize = Callable[[np.ndarray], Answer]


@dataclass(frozen=True)
class Method:
    """Something that colorizes.

    Attributes:
        name: in tables and figures; unique in a report.
        identity: changes when its results would: a digest of weights and budget.
        colorize: answers inputs, float32 `[B, S, S, 4]`.
        config: the architecture, None for a baseline.
        budget: asked of a model of any budget, else None.
    """

    name: str
    identity: str
    colorize: Colorize
    config: ModelConfig | None = None
    budget: float | None = None


def model_methods(
    checkpoint: str, budgets: Sequence[float], dtype: str = "float32"
) -> list[Method]:
    """A model, at every budget if it takes one.

    Args:
        checkpoint: `NAME=PATH` or a path, whose last part is the name; see `load_pretrained`.
        budgets: to ask a model of any budget for; none is its default.
        dtype: of the matrix products.

    Returns:
        One method a budget; one for a model whose budget is fixed.

    Raises:
        CheckpointError: if the model cannot be read.
        ConfigError: if it is not of the protocol's sizes, or a budget is out of range.
    """
    label, path = split_name(checkpoint)
    config, params = protocol_model(path, dtype)
    engine = Engine(config, params)
    digest = _digest(config, params)
    if not config.any_budget:
        return [Method(label, digest, answering(engine, None), config)]
    methods = []
    for asked in dict.fromkeys(budgets or [DEFAULT_BUDGET]):
        budget = engine.check_budget(asked)
        colorize = answering(engine, budget)
        identity = f"{digest} {budget}"
        methods.append(Method(f"{label}@{budget:g}", identity, colorize, config, budget))
    return methods


def protocol_model(path: str, dtype: str = "float32") -> tuple[ModelConfig, Params]:
    """Loads a model that takes the protocol's images and hints.

    Args:
        path: see `load_pretrained`.
        dtype: of the matrix products.

    Returns:
        Its architecture and parameters.

    Raises:
        CheckpointError: if the model cannot be read.
        ConfigError: if its images or hints are of another size.
    """
    config, params = load_pretrained(path)
    config = with_dtype(config, dtype)
    if config.image_size != IMAGE_SIZE:
        raise ConfigError(
            f"{path} takes images of {config.image_size} pixels; the protocol's are {IMAGE_SIZE}"
        )
    if config.hint_size != HINT_SIZE:
        raise ConfigError(
            f"{path} takes hints of {config.hint_size} pixels; the protocol's are {HINT_SIZE}"
        )
    return config, params


def without_budget(name: str) -> str:
    """A method's name without its budget: one for all budgets of a model."""
    return re.sub(r"@\d[\d.e-]*(?=\+|$)", "", name)


def split_name(checkpoint: str) -> tuple[str, str]:
    """Name and path of `NAME=PATH`, or of a path that may hold an equals sign itself."""
    label, equals, path = checkpoint.partition("=")
    if not equals or place(checkpoint).exists():
        path = checkpoint
        label = path.rstrip("/").rsplit("/", 1)[-1]
    return label, path


def answering(engine: Engine, budget: float | None) -> Colorize:
    """A model's own answers, at a budget from `check_budget`."""

    def colorize(inputs: np.ndarray) -> Answer:
        ab, decisions = engine.many(inputs, budget)
        return Answer(ab, decisions, forward_macs(decisions, engine.config))

    return colorize


def _digest(config: ModelConfig, params: Params) -> str:
    """Identifies a model by its architecture and weights."""
    total = hashlib.sha256(json.dumps(dataclasses.asdict(config)).encode())
    for leaf in jax.tree.leaves(params):
        total.update(np.ascontiguousarray(leaf).tobytes())
    return total.hexdigest()[:16]


def baseline_methods(names: Sequence[str]) -> list[Method]:
    """Baselines by name.

    Raises:
        ConfigError: for an unknown name; the message lists them.
    """
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        raise ConfigError(f"baseline {unknown[0]!r} is unknown; use {', '.join(BASELINES)}")
    return [Method(name, name, _in_threads(BASELINES[name])) for name in names]


def _in_threads(baseline: Callable[[np.ndarray], np.ndarray]) -> Colorize:
    pool = ThreadPoolExecutor(len(available_cores()))
    return lambda inputs: Answer(np.stack(list(pool.map(baseline, inputs))))


def check_names(methods: Sequence[Method]) -> None:
    """Checks that methods can be told apart.

    Raises:
        ConfigError: names the first that occurs twice.
    """
    names = [method.name for method in methods]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"two methods are called {twice[0]!r}; write --checkpoint NAME=PATH")
    if not names:
        raise ConfigError("nothing to evaluate: give --checkpoint, --baselines, or both")

"""Recipes: what `configs/SIZE.py:ARG` means for each budget and data set."""

from __future__ import annotations

import dataclasses
from typing import Any

from ml_collections import ConfigDict

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config import (
    AUTO_DTYPE,
    DATASETS,
    WITH_PATH,
    Config,
    DataConfig,
    ModelConfig,
)
from acolvit_jax.config.build import to_config_dict
from acolvit_jax.config.checks import choose, keep_ratio
from acolvit_jax.config.training import OptimizerConfig, TrainConfig
from acolvit_jax.config.variants import VARIANTS

IMAGENET_IMAGES = 1_281_167
ANY = "any"
DENSE = "dense"
DENSE_WEIGHTS = {"tiny": "pretrained-dense"}  # in the package, by size

# What each data set changes in the schedule. The paper's recipe is `imagenet`: 25 epochs.
_PAPER = {
    "steps": 25 * IMAGENET_IMAGES // 256,
    "batch_size": 256,
    "eval_every": 5_000,
    "checkpoint_every": 5_000,
}
_SHORT = {"steps": 20_000, "batch_size": 32, "eval_every": 1_000}
# A demonstration of two minutes on two cores.
_DEMONSTRATION = {"steps": 80, "batch_size": 16, "log_every": 10, "eval_every": 40}
SCHEDULES: dict[str, dict[str, Any]] = {
    "sample": _DEMONSTRATION | {"checkpoint_every": 40},
    "folder": _SHORT,
    "records": _SHORT,
    "imagenet": _PAPER,
    "imagenette": _SHORT,
    "imagenette-320": _SHORT,
    "flowers": _SHORT,
    "birds": _SHORT,
}


def make_config(variant: str, arg: str | None) -> ConfigDict:
    """The config of `configs/VARIANT.py:ARG`.

    Args:
        variant: a key of `VARIANTS`.
        arg: `BUDGET[,DATASET]`: a keep ratio in (0, 1], `any` (one model for every budget) or
            `dense` (the iColoriT baseline), and a data set (default `sample`). None is
            `0.5,sample`.

    Returns:
        A locked ConfigDict; any field can be overridden with `--config.x.y=value`.

    Raises:
        ConfigError: for an unknown variant, budget or data set; the message lists the choices.
    """
    budget_text, _, dataset = (arg or "0.5").partition(",")
    dataset = dataset or "sample"
    choose("variant", variant, tuple(VARIANTS))
    choose("data set", dataset, DATASETS)
    budget = parse_budget(budget_text)
    model = dataclasses.replace(
        VARIANTS[variant],
        gated=budget is not None,
        any_budget=budget_text == ANY,
        dtype=AUTO_DTYPE,
    )
    config = Config(
        name=f"{variant}-{budget_text}-{dataset}",
        model=model,
        # The folder of `folder` and `records` comes from --config.data.path: checked later.
        data=DataConfig() if dataset in WITH_PATH else DataConfig(dataset=dataset),
        optimizer=OptimizerConfig(),
        train=TrainConfig(
            budget=budget,
            gate_noise="falling" if model.any_budget else "constant",
            **SCHEDULES[dataset],
        ),
    )
    if dataset == "sample" and model.gated and variant in DENSE_WEIGHTS:
        config = _from_dense(config, DENSE_WEIGHTS[variant])
    config_dict = to_config_dict(config)
    config_dict.data.dataset = dataset
    return config_dict


def _from_dense(config: Config, weights: str) -> Config:
    """A short run that begins, as the paper's does, with a trained dense model.

    Its colors are good already: they are what is learned, in decibels. Few steps have none to spare
    for decisions that are made by chance, so the gates' noise falls; and hints are as few as they
    are in validation, where the decisions count. Colors pull towards more layers: with a sparsity
    weight of 4 the keep ratio ends 0.02 above a budget of 0.5, with 8 within 0.01 of it.
    """
    firmly: dict[str, Any] = {} if config.model.any_budget else {"sparsity_weight": 8.0}
    return dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, crop_scale_min=0.3, hint_counts="log-uniform"),
        optimizer=OptimizerConfig(name="muon", warmup=0.1, ema=0.9),
        train=dataclasses.replace(
            config.train,
            init_from=weights,
            teacher=weights,
            gate_noise="falling",
            loss="psnr",
            **firmly,
        ),
    )


def parse_budget(text: str) -> float | None:
    """Reads the budget part of a config's argument.

    Args:
        text: a number in (0, 1], `any` or `dense`.

    Returns:
        The keep ratio, the smallest for a model of any budget, or None for the dense baseline.

    Raises:
        ConfigError: for anything else.
    """
    if text == DENSE:
        return None
    if text == ANY:
        return ModelConfig().smallest_budget
    try:
        keep_ratio("budget", budget := float(text))
    except (ValueError, ConfigError):
        raise ConfigError(
            f"budget {text!r} is unknown; use a keep ratio in (0, 1] (the paper's are 0.9, 0.7, "
            "0.5, 0.3), 'any' for one model of every budget, or 'dense' for the iColoriT baseline"
        ) from None
    return budget

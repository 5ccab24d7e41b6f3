"""Where the parameters of a run that begins come from."""

from __future__ import annotations

from typing import Any

from acolvit_jax.checkpoint.graft import at_budget, check_architecture, graft
from acolvit_jax.checkpoint.load import load
from acolvit_jax.config import Config
from acolvit_jax.config.budgets import checked_budget
from acolvit_jax.config.recipes import DENSE_WEIGHTS
from acolvit_jax.models.params import init_params


def initial_params(config: Config, notes: list[str]) -> Any:
    """Parameters from the seed, or from another model where the config says so.

    Args:
        config: of the run.
        notes: get lines that say so.

    Raises:
        CheckpointError: if the other model cannot be read, or does not fit.
        ConfigError: for a budget that it is not trained for.
    """
    notes.append(f"start: {_described(config)}")
    name = config.train.init_from
    if not name:
        return init_params(config.model, config.train.seed)
    architecture, source, _ = load(name, setting="train.init_from")
    check_architecture(config.model, architecture, "init_from")
    if architecture.any_budget and not config.model.any_budget and config.train.budget:
        checked_budget(architecture, config.train.budget, f"train.init_from={name}: train.budget")
        source = at_budget(source, config.train.budget)
    grafted = graft(init_params(config.model, config.train.seed), source)
    notes.append(f"from {name}: {grafted}")
    return grafted.params


def _described(config: Config) -> str:
    """Where the parameters come from, and what else they could come from."""
    name = config.train.init_from
    if name and config.model.gated:
        teacher = " --config.train.teacher=" if config.train.teacher else ""
        return (
            f"the weights of {name}, as the paper starts from a trained dense model; what they "
            f"lack is new. From nothing: --config.train.init_from={teacher} "
            "--config.train.loss=huber"
        )
    if name:
        return f"the weights of {name}. From nothing: --config.train.init_from="
    if config.data.dataset == "sample":
        return (
            "from nothing, and in so few steps a model learns next to nothing of colors: expect "
            "brownish pictures, about 1 dB over grey with any number of hints. "
            "The package has trained weights to start from for "
            f"{', '.join(DENSE_WEIGHTS)} (configs/tiny.py)"
        )
    if config.model.gated:
        return (
            "from nothing. The paper starts A-ColViT from a trained dense model: "
            "--config.train.init_from=DENSE_RUN, or pretrained-dense for tiny"
        )
    return "from nothing"

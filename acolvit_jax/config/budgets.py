"""The budget that a model is run with: the one place that checks it."""

from __future__ import annotations

import numpy as np

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config.checks import keep_ratio
from acolvit_jax.config.schema import ModelConfig

DEFAULT_BUDGET = 0.5


def checked_budget(config: ModelConfig, budget: float | None, name: str = "budget") -> float | None:
    """The budget to run a model with.

    Args:
        config: the architecture.
        budget: asked for; None is the default of a model that takes one.
        name: of the setting, for the message.

    Returns:
        A keep ratio between the smallest that the model is trained for and 1; None for a model
        whose budget is fixed.

    Raises:
        ConfigError: for what is no number, a budget out of range, or a model that takes none.
    """
    if not config.any_budget:
        if budget is not None:
            raise ConfigError(
                f"{name} {budget}: this model's budget was fixed when it was trained; only a "
                "model of any budget takes one"
            )
        return None
    budget = DEFAULT_BUDGET if budget is None else budget
    if isinstance(budget, bool | np.bool_ | str) or np.ndim(budget):
        raise ConfigError(f"{name} {budget!r} must be a number")
    budget = float(budget)
    keep_ratio(name, budget, config.smallest_budget)
    return budget

"""The budget that a model is run with: the one place that checks it."""

from __future__ import annotations

import numpy as np

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config.schema import SMALLEST_BUDGET, ModelConfig

DEFAULT_BUDGET = 0.5


def checked_budget(config: ModelConfig, budget: float | None) -> float | None:
    """The budget to run a model with.

    Args:
        config: the architecture.
        budget: asked for; None is the default of a model that takes one.

    Returns:
        A keep ratio, or None for a model whose budget is fixed.

    Raises:
        ConfigError: for what is no number, a budget out of range, or a model that takes none.
    """
    if not config.any_budget:
        if budget is not None:
            raise ConfigError(
                f"budget {budget}: this model's budget was fixed when it was trained; only a "
                "model of any budget takes one"
            )
        return None
    budget = DEFAULT_BUDGET if budget is None else budget
    if isinstance(budget, bool | np.bool_ | str) or np.ndim(budget):
        raise ConfigError(f"budget {budget!r} must be a number")
    budget = float(budget)
    if not SMALLEST_BUDGET <= budget <= 1:
        raise ConfigError(f"budget {budget} must be in [{SMALLEST_BUDGET}, 1]")
    return budget

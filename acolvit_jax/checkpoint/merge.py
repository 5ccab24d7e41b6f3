"""What models of one origin have learned, added or averaged without training.

A model for every budget is a dense one that learned to skip. When the dense one has learned more
since, the difference of its parameters, added to the other's, gives that some of it at full depth;
less the further the two have moved apart. Decisions move too, and low budgets can lose: it is where
training starts, not where it ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acolvit_jax.models.params import Params, flatten, nest


def add_learned(params: Params, *, before: Params, after: Params) -> Params:
    """Adds what training changed between two states of a model to the parameters of another.

    Args:
        params: nested dict of arrays. Names that `before` lacks (gates, the embedding of the
            budget) stay as they are.
        before: of the model that learned.
        after: of the same model, later.

    Returns:
        Nested dict of float32 arrays: `params + after - before`.

    Raises:
        ValueError: if `params` lacks some of the names; it lists them.
    """
    own, old, new = flatten(params), flatten(before), flatten(after)
    if missing := sorted(old.keys() - own.keys()):
        raise ValueError(f"there is no {', no '.join(missing)} to add to")
    changes = {name: np.asarray(new[name]) - np.asarray(old[name]) for name in old}
    return nest({name: value + changes.get(name, 0) for name, value in own.items()})


def relative_change(before: Params, after: Params) -> float:
    """How far training moved a model: norm of the change of all parameters over their norm."""
    old, new = flatten(before), flatten(after)
    moved = sum(float(np.square(new[name] - value).sum()) for name, value in old.items())
    return (moved / sum(float(np.square(value).sum()) for value in old.values())) ** 0.5


def weighted_mean(models: Sequence[tuple[Params, float]]) -> Params:
    """Averages the parameters of models of one architecture that came from one another.

    Two stretches of training that end in one valley err by chance; their mean errs less.

    Args:
        models: nested dicts of arrays and their weights, above 0.

    Returns:
        Nested dict of float32 arrays.

    Raises:
        ValueError: if the names of the parameters differ.
    """
    flat = [(flatten(params), weight) for params, weight in models]
    if len({frozenset(params) for params, _ in flat}) > 1:
        raise ValueError("models of different parameters have no mean")
    total = sum(weight for _, weight in flat)
    means = {
        name: sum(
            np.asarray(params[name], np.float32) * (weight / total) for params, weight in flat
        )
        for name in flat[0][0]
    }
    return nest(means)

"""What one model learned, given to another that came from the same parameters, without training.

A model for every budget is a dense one that learned to skip. When the dense one has learned more
since, the difference of its parameters, added to the other's, gives it most of that too.
"""

from __future__ import annotations

import numpy as np

from acolvit_jax.models.params import Params, flatten, nest


def transfer(params: Params, before: Params, after: Params) -> Params:
    """Adds what training changed between two states of a model to the parameters of another.

    Args:
        params: nested dict of arrays. Names that `before` lacks (gates, the embedding of the
            budget) stay as they are.
        before: of the model that learned.
        after: of the same model, later.

    Returns:
        Nested dict of float32 arrays: `params + after - before`.

    Raises:
        ValueError: if `before` and `after` are of two architectures, or theirs does not fit into
            that of `params`; it names a parameter.
    """
    own, old, new = flatten(params), flatten(before), flatten(after)
    for name in sorted(old.keys() | new.keys()):
        shapes = [np.shape(tree[name]) if name in tree else None for tree in (own, old, new)]
        if len(set(shapes)) > 1:
            raise ValueError(f"{name} has shapes {', '.join(map(str, shapes))}")
    changes = {name: np.asarray(new[name]) - np.asarray(old[name]) for name in old}
    return nest({name: value + changes.get(name, 0) for name, value in own.items()})

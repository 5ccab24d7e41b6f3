"""What of a run's state a checkpoint holds, and under which names."""

from __future__ import annotations

from typing import Any

import jax

from acolvit_jax.checkpoint.state import TrainState


def stored_tree(state: TrainState) -> dict[str, Any]:
    """The state as a dict, without what is None: an average, an optimizer that is not read."""
    tree = {"step": state.step, "params": state.params}
    tree |= {} if state.opt_state is None else {"opt_state": state.opt_state}
    return tree if state.ema is None else tree | {"ema": state.ema}


def one_copy(tree: Any) -> Any:
    """Of arrays that every device of this process has whole, the first device's.

    Orbax would have each device write a piece, and compile a program for each kind of piece. Of
    several processes each writes its part: there the tree stays as it is.
    """
    if jax.process_count() > 1:
        return tree
    return jax.tree.map(lambda a: a.addressable_data(0) if a.is_fully_replicated else a, tree)


def stored_checksums(stored: list[int], state: TrainState) -> list[int]:
    """The stored checksums of what a state holds; they are in the order of a whole state."""
    if state.opt_state is not None:
        return stored
    count = len(jax.tree.leaves(state.params))
    return stored[: 1 + count] + ([] if state.ema is None else stored[-count:])


def leaf_names(tree: Any) -> set[str]:
    """Dotted names of the leaves, the same for tuples, lists, dicts and dataclasses."""
    return {_name(path) for path, _ in jax.tree_util.tree_leaves_with_path(tree)}


def _name(keys: tuple[Any, ...]) -> str:
    parts = (getattr(k, "key", getattr(k, "idx", getattr(k, "name", k))) for k in keys)
    return ".".join(str(part) for part in parts)

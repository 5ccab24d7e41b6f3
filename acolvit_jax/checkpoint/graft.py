"""Starting a model from the parameters of another, A-ColViT from a dense run for example."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.config import ModelConfig
from acolvit_jax.models.acolvit import budget_tokens
from acolvit_jax.models.params import flatten, nest

SAME_IN_BOTH = ("width", "depth", "num_heads", "patch_size", "image_size", "head")
NEW_IN_GATED = ("policy_token", "budget_embed", "gate")  # parameters that dense models lack


class Grafted(NamedTuple):
    """Parameters partly taken from another model.

    Attributes:
        params: nested dict of the target's shapes.
        loaded: names that came from the source.
        new: names that keep their initial values.
        left_out: names of the source that the target has no place for.
    """

    params: Any
    loaded: list[str]
    new: list[str]
    left_out: list[str]

    def __str__(self) -> str:
        """One phrase for the log."""
        parts = [f"{len(self.loaded)} parameters loaded"]
        if self.new:
            parts.append(f"{len(self.new)} new ({', '.join(_kinds(self.new))})")
        if self.left_out:
            parts.append(f"{len(self.left_out)} left out ({', '.join(_kinds(self.left_out))})")
        if any(name.endswith("bias_table") for name in self.left_out):
            parts.append("A-ColViT has no relative position bias")
        return "; ".join(parts)


def check_architecture(target: ModelConfig, source: ModelConfig, name: str) -> None:
    """Refuses a source whose arrays fit but mean something else.

    Args:
        target: of the run.
        source: of the model to start from.
        name: of that model or of the setting that names it, for the error.

    Raises:
        CheckpointError: lists the fields that differ.
    """
    different = [
        f"{field} {getattr(source, field)} for {getattr(target, field)}"
        for field in SAME_IN_BOTH
        if getattr(source, field) != getattr(target, field)
    ]
    if different:
        raise CheckpointError(f"{name} is another architecture: {'; '.join(different)}")


def at_budget(params: Any, budget: float) -> dict[str, Any]:
    """A model of any budget as one of a fixed budget that decides the same.

    Args:
        params: of the model of any budget, a nested dict.
        budget: keep ratio in (0, 1].

    Returns:
        Nested dict: what the budget adds has joined the policy token.
    """
    flat = flatten(params)
    added = budget_tokens(flat.pop("budget_embed"), jnp.array([budget], jnp.float32))
    return nest(flat | {"policy_token": flat["policy_token"] + added})


def graft(initial: Any, source: Any) -> Grafted:
    """Takes every parameter that both models have from the source.

    Args:
        initial: the target's initial parameters, a nested dict.
        source: parameters of the other model.

    Returns:
        The target's parameters and what became of each name.

    Raises:
        CheckpointError: if a shared parameter has another shape, or the source lacks one that is
            not new in A-ColViT; every one is listed.
    """
    target, given = flatten(initial), flatten(source)
    misfits = [
        f"{name} {given[name].shape} for {value.shape}"
        for name, value in target.items()
        if name in given and given[name].shape != value.shape
    ]
    new = [name for name in target if name not in given]
    missing = [name for name in new if not set(name.split(".")) & set(NEW_IN_GATED)]
    if misfits or missing:
        listed = [f"{name} is missing" for name in missing] + misfits
        raise CheckpointError(f"init_from is another architecture: {'; '.join(listed)}")
    taken = {name: given.get(name, value) for name, value in target.items()}
    params = jax.tree.unflatten(jax.tree.structure(initial), list(taken.values()))
    loaded = [name for name in target if name in given]
    return Grafted(params, loaded, new, [name for name in given if name not in target])


def _kinds(names: list[str]) -> list[str]:
    """Names with the block's number left out, each once."""
    return list(dict.fromkeys(".".join(p for p in n.split(".") if not p.isdigit()) for n in names))

"""One model of several of one origin: what another has learned since is added, or all averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from acolvit_jax.checkpoint.graft import check_architecture
from acolvit_jax.checkpoint.load import load
from acolvit_jax.checkpoint.merge import add_learned, relative_change, weighted_mean
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.config import ModelConfig
from acolvit_jax.models.params import Params, param_shapes

UNRELATED = 1.0  # relative change; two models that share nothing differ by more, of one norm by 1.4


class WithLearned(NamedTuple):
    """A model with what another learned.

    Attributes:
        params: nested dict of float32 arrays.
        provenance: of the two states of the other model, each its name and what it says of itself.
        note: of what was added, for the person.
    """

    params: Params
    provenance: list[dict[str, Any]]
    note: str


def with_learned(config: ModelConfig, params: Params, names: tuple[str, str]) -> WithLearned:
    """Loads two states of a model and adds their difference.

    Args:
        config: the architecture of the model that is added to.
        params: its parameters.
        names: of the states, before and after, in this order; what `load` takes.

    Returns:
        The sum, and what to say of it.

    Raises:
        CheckpointError: if a state cannot be read or is of another architecture, or if the two are
            the same or have nothing to do with each other.
    """
    states = [load(name, setting="--learned") for name in names]
    before, after = states
    check_architecture(config, before.config, f"--learned: {names[0]}")
    check_architecture(config, after.config, f"--learned: {names[1]}")
    if param_shapes(before.config) != param_shapes(after.config):
        raise CheckpointError(f"--learned: {names[0]} and {names[1]} are two kinds of model")
    change = relative_change(before.params, after.params)
    if change == 0:
        raise CheckpointError(f"--learned: {names[0]} and {names[1]} are the same")
    if change > UNRELATED:
        raise CheckpointError(
            f"--learned: {names[1]} differs from {names[0]} by {change:.0%}; what it learned can "
            f"only be told apart if its training started from {names[0]}"
        )
    try:
        params = add_learned(params, before=before.params, after=after.params)
    except ValueError as error:
        raise CheckpointError(f"--learned: {names[0]} does not fit: {error}") from error
    provenance = [
        {"model": name, **state.provenance} for name, state in zip(names, states, strict=True)
    ]
    note = f"with what {names[1]} learned since {names[0]} (a change of {change:.1%})"
    return WithLearned(params, provenance, note)


def with_average(config: ModelConfig, params: Params, others: Sequence[str]) -> Params:
    """Averages a model with others of its architecture.

    Args:
        config: its architecture.
        params: its parameters; their share is what the others leave.
        others: `MODEL=SHARE` each: what `load` takes, and its share of the mean.

    Returns:
        Nested dict of float32 arrays.

    Raises:
        CheckpointError: if a share is none, nothing is left for the model itself, or another cannot
            be read or is of another architecture.
    """
    models = []
    for text in others:
        name, share = _share_of(text)
        other = load(name, setting="--average")
        check_architecture(config, other.config, f"--average: {name}")
        models.append((other.params, share))
    left = 1 - sum(share for _, share in models)
    if left <= 0:
        raise CheckpointError(
            f"--average: shares of {1 - left:g} in all leave none to the model itself; they must "
            "be below 1 together"
        )
    try:
        return weighted_mean([(params, left), *models])
    except ValueError as error:
        raise CheckpointError(f"--average: {error}") from error


def _share_of(text: str) -> tuple[str, float]:
    name, _, share = text.rpartition("=")
    try:
        value = float(share)
    except ValueError:
        value = 0.0
    if not (name and 0 < value < 1):
        raise CheckpointError(f"--average {text!r}: wanted MODEL=SHARE, the share in (0, 1)")
    return name, value

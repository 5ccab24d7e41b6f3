"""Distillation: a model learns the colors of another instead of the photographs' own.

What a photograph leaves open (a shirt may be red or blue) is noise to a model that only has to do
with less compute what another does with all. The teacher's colors have none of it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import jax
from flax import nnx
from jax.sharding import Mesh

from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.config import Config, ModelConfig
from acolvit_jax.models.params import Params, graphdef_of
from acolvit_jax.training import micro_batches, sharding
from acolvit_jax.training.budgets import per_photo
from acolvit_jax.training.micro_batches import Batch

Teach = Callable[[Batch], Batch]
SAME_IN_TEACHER = ("image_size", "patch_size")  # windows of one are windows of the other


def make_teach(config: Config, architecture: ModelConfig, params: Params, mesh: Mesh) -> Teach:
    """Builds the function that adds the teacher's colors to a batch.

    Args:
        config: of the run that learns.
        architecture: the teacher's; it may be of another size.
        params: the teacher's, a nested dict.
        mesh: of the run.

    Returns:
        `teach(batch) -> batch`, with `teacher_ab` `[B, H, W, 2]`: what the teacher makes of
        `inputs`, without noise; a model of any budget is asked for a budget of 1.

    Raises:
        CheckpointError: if the teacher divides an image into other patches.
    """
    for name in SAME_IN_TEACHER:
        own, other = getattr(config.model, name), getattr(architecture, name)
        if own != other:
            raise CheckpointError(
                f"train.teacher={config.train.teacher} has {name} {other} where the run has {own}; "
                "both need the same"
            )
    computed = sharding.micro_batch_size(config.train, mesh, per_photo(config.model))
    micro_batch = math.gcd(computed, config.train.batch_size)  # each photo is colored once
    graphdef = graphdef_of(dataclasses.replace(architecture, dtype=config.model.dtype))
    budget = 1.0 if architecture.any_budget else None

    def colors(params: Params, given: Batch) -> jax.Array:
        model = nnx.merge(graphdef, params)
        return model(**given, train=False, budget=budget)[0]

    def teacher_colors(params: Params, batch: Batch) -> jax.Array:
        parts = micro_batches.split(micro_batches.given(batch), micro_batch, mesh)
        return micro_batches.join(jax.lax.map(lambda part: colors(params, part), parts), mesh)

    batches, shardings = sharding.batch_sharding(mesh), sharding.state_shardings(params, mesh)
    teacher = jax.jit(teacher_colors, in_shardings=(shardings, batches), out_shardings=batches)
    params = jax.jit(lambda params: params, out_shardings=shardings)(params)  # sent once
    return lambda batch: batch | {"teacher_ab": teacher(params, batch)}

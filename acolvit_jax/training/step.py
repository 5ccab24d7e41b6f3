"""One optimizer step: jitted, sharded, its state donated."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh

from acolvit_jax.checkpoint.state import TrainState
from acolvit_jax.common.jax_settings import compiler_options
from acolvit_jax.config import Config
from acolvit_jax.models.acolvit import TrainingNoise, training_noise
from acolvit_jax.models.params import graphdef_of
from acolvit_jax.training import budgets, losses, micro_batches, sharding
from acolvit_jax.training.gate_noise import noise_scale
from acolvit_jax.training.micro_batches import Batch
from acolvit_jax.training.optimizer import learning_rate_schedule, update_ema

Metrics = dict[str, jax.Array]
Forward = Callable[..., tuple[jax.Array, jax.Array]]
LossAndGrad = Callable[[Any, Batch, TrainingNoise], tuple[Metrics, Any]]
TrainStep = jax.stages.Wrapped  # (TrainState, Batch) -> (TrainState, Metrics)


def make_train_step(
    config: Config, optimizer: optax.GradientTransformation, shardings: Any, mesh: Mesh
) -> TrainStep:
    """Builds the jitted step.

    Args:
        config: of the run.
        optimizer: from `make_optimizer`.
        shardings: of the state, from `state_shardings`.
        mesh: of the run.

    Returns:
        `step(state, batch) -> (state, metrics)`. The state is donated. The batch holds `inputs`
        `[B, H, W, 4]`, `target_ab` `[B, H, W, 2]`, for windows `origin` `[B, 2]`, with a teacher
        `teacher_ab` `[B, H, W, 2]` and with `train.regret_weight` `error_before` `[B]`
        (`corrections.make_correct`). Metrics are scalars, but `keep` is the keep ratio by layer,
        `[depth, 2]`. The same seed, step and batch give the same result.
    """
    loss_and_grad = make_loss_and_grad(config, mesh)
    schedule = learning_rate_schedule(config.optimizer, config.train.steps)
    root_key = jax.random.key(config.train.seed)

    def step(state: TrainState, batch: Batch) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(root_key, state.step)
        budget_key, noise_key = jax.random.split(key)
        noise = _noise(state.step, noise_key, batch["inputs"].shape[0], config)
        batch = _with_budgets(batch, budget_key, config)
        metrics, grads = loss_and_grad(state.params, batch, noise)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        ema = state.ema
        if ema is not None:
            ema = update_ema(ema, params, config.optimizer.ema, state.step)
        metrics["grad_norm"] = optax.tree.norm(grads)
        metrics["learning_rate"] = schedule(state.step)
        return TrainState(state.step + 1, params, opt_state, ema), metrics

    return jax.jit(
        step,
        in_shardings=(shardings, sharding.batch_sharding(mesh)),
        out_shardings=(shardings, sharding.replicated(mesh)),
        donate_argnums=0,
        compiler_options=compiler_options(),
    )


def _noise(step: jax.Array, key: jax.Array, photos: int, config: Config) -> TrainingNoise:
    """What is random in the model at a step; both budgets of a photo have the same."""
    noise = training_noise(key, photos, config.model)
    scale = noise_scale(config.train.gate_noise, step, config.train.steps)
    noise = noise._replace(gates=noise.gates * scale)
    if not config.model.any_budget:
        return noise
    return TrainingNoise(*(jnp.repeat(x, budgets.PER_PHOTO, axis=0) for x in noise))


def _with_budgets(batch: Batch, key: jax.Array, config: Config) -> Batch:
    """For a model of any budget: every photo at two of them, `budget` `[2 * B]`, and `groups`."""
    if not config.model.any_budget:
        return batch
    drawn = budgets.draw_budgets(key, config.train.budget_groups, config.train.budget or 0.0)
    groups = budgets.group_by_hints(batch["inputs"], config.train.budget_groups)
    return budgets.at_two_budgets(batch, drawn, groups) | {"groups": groups}


def make_loss_and_grad(config: Config, mesh: Mesh) -> LossAndGrad:
    """Builds the loss of a whole batch (paper eq. 10, colors by `train.loss`) and its gradient.

    Neither depends on the size of the micro-batch. On CPU a micro-batch stays in cache; anywhere
    it bounds memory. There are two ways to compute it:

    - The dense baseline's loss is a mean over images, so gradients of micro-batches add up.
    - The sparsity loss is the square of a mean over the whole batch: every decision must be known
      before any gradient is. The forward runs first, a micro-batch at a time; it keeps the
      products with weights, and the backward pass computes the rest again.

    Args:
        config: of the run.
        mesh: of the run.

    Returns:
        `f(params, batch, noise) -> (metrics, gradient)`.
    """
    per_photo = budgets.per_photo(config.model)
    micro_batch = sharding.micro_batch_size(config.train, mesh, per_photo)
    in_parts = micro_batch < config.train.batch_size * per_photo
    sums_up = config.train.budget is None
    forward = functools.partial(_forward, graphdef_of(config.model), config.train.remat)
    if in_parts and not sums_up:
        forward = functools.partial(_forward_in_parts, forward, micro_batch, mesh)
    loss_and_grad = functools.partial(_loss_and_grad, config, forward)
    if in_parts and sums_up:
        loss_and_grad = functools.partial(_mean_over_parts, loss_and_grad, micro_batch, mesh)
    return loss_and_grad


def _forward(
    graphdef: Any, remat: bool, params: Any, given: Batch, noise: TrainingNoise
) -> tuple[jax.Array, jax.Array]:
    """Colors and decisions; given are `inputs`, maybe `origin` `[B, 2]`, maybe `budget` `[B]`."""
    return nnx.merge(graphdef, params)(**given, train=True, noise=noise, remat=remat)


def _forward_in_parts(
    forward: Forward, micro_batch: int, mesh: Mesh, params: Any, given: Batch, noise: TrainingNoise
) -> tuple[jax.Array, jax.Array]:
    """The forward of a whole batch, a micro-batch at a time."""
    saved = jax.checkpoint_policies.dots_with_no_batch_dims_saveable
    part = jax.checkpoint(forward, policy=saved)
    parts = micro_batches.split((given, noise), micro_batch, mesh)
    ab, decisions = jax.lax.map(lambda args: part(params, *args), parts)
    return micro_batches.join(ab, mesh), micro_batches.join(decisions, mesh)


def _loss_and_grad(
    config: Config, forward: Forward, params: Any, batch: Batch, noise: TrainingNoise
) -> tuple[Metrics, Any]:
    """Metrics and gradient of a batch at once."""
    loss = functools.partial(_loss, config, forward)
    (_, metrics), grads = jax.value_and_grad(loss, has_aux=True)(params, batch, noise)
    return metrics, grads


def _mean_over_parts(
    part: LossAndGrad, micro_batch: int, mesh: Mesh, params: Any, batch: Batch, noise: TrainingNoise
) -> tuple[Metrics, Any]:
    """Means of metrics and gradients over the micro-batches of a batch."""
    parts = micro_batches.split((batch, noise), micro_batch, mesh)
    first = jax.tree.map(lambda x: x[0], parts)
    zeros = jax.tree.map(jnp.zeros_like, jax.eval_shape(part, params, *first))

    def add(total: Any, args: Any) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, part(params, *args)), None

    total, _ = jax.lax.scan(add, zeros, parts)
    count = noise.gates.shape[0] // micro_batch
    return jax.tree.map(lambda x: x / count, total)


def _loss(
    config: Config, forward: Forward, params: Any, batch: Batch, noise: TrainingNoise
) -> tuple[jax.Array, Metrics]:
    """The loss of a batch and its metrics.

    Metrics: `loss` and its parts `color`, `regret` and `sparsity`; `huber` to the photos and,
    with a teacher, `distillation`, Huber to the teacher's colors, whatever is learned; `keep`;
    `over_grey` in dB.
    """
    ab, decisions = forward(params, micro_batches.given(batch), noise)
    by_image = losses.huber(ab, batch["target_ab"], config.train.huber_delta)
    loss = losses.color_loss(ab, batch, config.train).mean()
    over_grey = losses.decibels_over_grey(batch["inputs"][..., 0], ab, batch["target_ab"])
    metrics = {"huber": by_image.mean(), "color": loss, "keep": decisions.mean(axis=0)}
    metrics["over_grey"] = over_grey.mean()
    if config.train.regret_weight:
        metrics["regret"] = losses.regret(ab, batch).mean()
        loss = loss + config.train.regret_weight * metrics["regret"]
    if config.train.teacher:
        taught = losses.huber(ab, batch["teacher_ab"], config.train.huber_delta)
        metrics["distillation"] = taught.mean()
    if config.train.budget is not None:
        beta = _budgets_of(batch, ab, by_image, config)
        metrics["sparsity"] = losses.sparsity(decisions, beta)
        loss = loss + config.train.sparsity_weight * metrics["sparsity"]
    return loss, metrics | {"loss": loss}


def _budgets_of(
    batch: Batch, ab: jax.Array, by_image: jax.Array, config: Config
) -> jax.Array | float:
    """The budget of the whole batch, or that of each image."""
    settings = config.train
    if not config.model.any_budget:
        return settings.budget or 0.0
    worth = budgets.value_of_compute(ab, by_image, settings.huber_delta)
    return budgets.budget_by_photo(batch["budget"], worth, batch["groups"], settings.budget_spread)

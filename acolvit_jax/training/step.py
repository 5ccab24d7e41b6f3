"""One optimiser step: jitted, sharded, its state donated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh

from acolvit_jax.checkpoint.state import TrainState
from acolvit_jax.config import Config, ModelConfig
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
        `[B, H, W, 4]`, `target_ab` `[B, H, W, 2]`, for windows `origin` `[B, 2]` and with a teacher
        `teacher_ab` `[B, H, W, 2]`. Metrics are scalars, but `keep` is the keep ratio by layer,
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
    groups = budgets.alike(batch["inputs"], config.train.budget_groups)
    return budgets.twice(batch, drawn, groups) | {"groups": groups}


def make_loss_and_grad(config: Config, mesh: Mesh) -> LossAndGrad:
    """Builds the loss of a whole batch (paper eq. 10, colours by `train.loss`) and its gradient.

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
    forward = make_forward(config.model, remat=config.train.remat)
    if micro_batch == config.train.batch_size * per_photo:
        return _whole(make_loss(config, forward))
    if config.train.budget is None:
        return _accumulated(_whole(make_loss(config, forward)), micro_batch, mesh)
    return _whole(make_loss(config, _mapped(forward, micro_batch, mesh)))


def make_forward(config: ModelConfig, *, remat: bool = False) -> Forward:
    """Builds the training forward `(params, given, noise) -> (ab, decisions)`.

    What is given is `inputs` `[B, H, W, 4]`, maybe `origin` `[B, 2]`, maybe `budget` `[B]`.
    """
    graphdef = graphdef_of(config)

    def forward(params: Any, given: Batch, noise: TrainingNoise) -> tuple[jax.Array, jax.Array]:
        return nnx.merge(graphdef, params)(**given, train=True, noise=noise, remat=remat)

    return forward


def make_loss(config: Config, forward: Forward) -> Callable[..., tuple[jax.Array, Metrics]]:
    """Builds the loss of a batch: `loss(params, batch, noise) -> (loss, metrics)`.

    Metrics: `loss` and its parts `colour` and `sparsity`; `huber` to the photos and, with a
    teacher, `distillation`, Huber to the teacher's colours, whatever is learned; `keep`;
    `over_grey` in dB.
    """

    def loss_fn(params: Any, batch: Batch, noise: TrainingNoise) -> tuple[jax.Array, Metrics]:
        ab, decisions = forward(params, micro_batches.given(batch), noise)
        by_image = losses.huber(ab, batch["target_ab"], config.train.huber_delta)
        loss = losses.colour_loss(ab, batch, config.train).mean()
        over_grey = losses.decibels_over_grey(batch["inputs"][..., 0], ab, batch["target_ab"])
        metrics = {"huber": by_image.mean(), "colour": loss, "keep": decisions.mean(axis=0)}
        metrics["over_grey"] = over_grey.mean()
        if config.train.teacher:
            taught = losses.huber(ab, batch["teacher_ab"], config.train.huber_delta)
            metrics["distillation"] = taught.mean()
        if config.train.budget is not None:
            metrics["sparsity"] = losses.sparsity(decisions, _asked(batch, ab, by_image, config))
            loss = loss + config.train.sparsity_weight * metrics["sparsity"]
        return loss, metrics | {"loss": loss}

    return loss_fn


def _asked(batch: Batch, ab: jax.Array, by_image: jax.Array, config: Config) -> jax.Array | float:
    """The budget of the whole batch, or that of each image."""
    settings = config.train
    if not config.model.any_budget:
        return settings.budget or 0.0
    worth = budgets.worth(ab, by_image, settings.huber_delta)
    return budgets.own_budgets(batch["budget"], worth, batch["groups"], settings.budget_spread)


def _whole(loss_fn: Callable[..., tuple[jax.Array, Metrics]]) -> LossAndGrad:
    """Loss and gradient of a batch at once."""

    def loss_and_grad(params: Any, batch: Batch, noise: TrainingNoise) -> tuple[Metrics, Any]:
        (_, metrics), grads = jax.value_and_grad(loss_fn, has_aux=True)(params, batch, noise)
        return metrics, grads

    return loss_and_grad


def _accumulated(part: LossAndGrad, micro_batch: int, mesh: Mesh) -> LossAndGrad:
    """Mean of metrics and gradients over the micro-batches of a batch."""

    def loss_and_grad(params: Any, batch: Batch, noise: TrainingNoise) -> tuple[Metrics, Any]:
        parts = micro_batches.split((batch, noise), micro_batch, mesh)
        zeros = jax.tree.map(jnp.zeros_like, jax.eval_shape(part, params, *_first(parts)))

        def add(total: Any, args: Any) -> tuple[Any, None]:
            return jax.tree.map(jnp.add, total, part(params, *args)), None

        total, _ = jax.lax.scan(add, zeros, parts)
        count = noise.gates.shape[0] // micro_batch
        return jax.tree.map(lambda x: x / count, total)

    return loss_and_grad


def _mapped(forward: Forward, micro_batch: int, mesh: Mesh) -> Forward:
    """The forward of a whole batch, a micro-batch at a time."""
    saved = jax.checkpoint_policies.dots_with_no_batch_dims_saveable
    part = jax.checkpoint(forward, policy=saved)

    def mapped(params: Any, given: Batch, noise: TrainingNoise) -> tuple[jax.Array, jax.Array]:
        parts = micro_batches.split((given, noise), micro_batch, mesh)
        ab, decisions = jax.lax.map(lambda args: part(params, *args), parts)
        return micro_batches.join(ab), micro_batches.join(decisions)

    return mapped


def _first(parts: Any) -> Any:
    """The first micro-batch."""
    return jax.tree.map(lambda x: x[0], parts)

"""One optimiser step: jitted, sharded, its state donated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import optax
from flax import nnx
from jax.sharding import Mesh

from acolvit_jax.config import Config, ModelConfig
from acolvit_jax.models.acolvit import TrainingNoise, training_noise
from acolvit_jax.models.variants import graphdef_of
from acolvit_jax.training import losses, sharding
from acolvit_jax.training.optimizer import learning_rate_schedule, update_ema
from acolvit_jax.training.state import TrainState

Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]
TrainStep = Callable[[TrainState, Batch], tuple[TrainState, Metrics]]


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
        `[B, H, W, 4]`, `target_ab` `[B, H, W, 2]` and, for windows, `origin` `[B, 2]`. Metrics are
        scalars, but `keep` is the keep ratio by layer, `[depth, 2]`. The same seed, step and
        batch give the same result.
    """
    loss_fn = make_loss(config, mesh)
    schedule = learning_rate_schedule(config.optimizer, config.train.steps)
    root_key = jax.random.key(config.train.seed)

    def step(state: TrainState, batch: Batch) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(root_key, state.step)
        noise = training_noise(key, batch["inputs"].shape[0], config.model)
        (_, metrics), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params, batch, noise)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        ema = state.ema
        if ema is not None:
            ema = update_ema(ema, params, config.optimizer.ema, state.step)
        metrics["grad_norm"] = optax.global_norm(grads)
        metrics["learning_rate"] = schedule(state.step)
        return TrainState(state.step + 1, params, opt_state, ema), metrics

    return jax.jit(
        step,
        in_shardings=(shardings, sharding.batch_sharding(mesh)),
        out_shardings=(shardings, sharding.replicated(mesh)),
        donate_argnums=0,
    )


def make_loss(
    config: Config, mesh: Mesh
) -> Callable[[Any, Batch, TrainingNoise], tuple[jax.Array, Metrics]]:
    """Builds the loss of a whole batch (paper eq. 10) as a function of the parameters.

    Args:
        config: of the run.
        mesh: of the run.

    Returns:
        `loss(params, batch, noise) -> (loss, metrics)`.
    """
    forward = make_forward(config.model, config.train.micro_batch, mesh)
    budget = config.train.budget

    def loss_fn(params: Any, batch: Batch, noise: TrainingNoise) -> tuple[jax.Array, Metrics]:
        ab, decisions = forward(params, batch["inputs"], batch.get("origin"), noise)
        color = losses.huber(ab, batch["target_ab"], config.train.huber_delta)
        metrics = {"huber": color, "keep": decisions.mean(axis=0)}
        loss = color
        if budget is not None:
            metrics["sparsity"] = losses.sparsity(decisions, budget)
            loss = loss + config.train.sparsity_weight * metrics["sparsity"]
        return loss, metrics | {"loss": loss}

    return loss_fn


def make_forward(
    config: ModelConfig, micro_batch: int, mesh: Mesh
) -> Callable[..., tuple[jax.Array, jax.Array]]:
    """Builds the training forward, computed a micro-batch at a time.

    The backward pass keeps the products with weights and computes the rest again, a micro-batch
    at a time: on CPU that stays in cache. The losses see the whole batch, so the gradient does
    not depend on the size of the micro-batch, the sparsity loss's neither.

    Args:
        config: the architecture.
        micro_batch: images computed at once; 0 is all of them.
        mesh: of the run.

    Returns:
        `forward(params, inputs, origin, noise) -> (ab, decisions)` for a whole batch.
    """
    graphdef = graphdef_of(config)

    def part(
        params: Any, inputs: jax.Array, origin: jax.Array | None, noise: TrainingNoise
    ) -> tuple[jax.Array, jax.Array]:
        model = nnx.merge(graphdef, params)
        return model(inputs, train=True, noise=noise, origin=origin)

    if not micro_batch:
        return part

    saved = jax.checkpoint_policies.dots_with_no_batch_dims_saveable
    part_again = jax.checkpoint(part, policy=saved)

    def forward(
        params: Any, inputs: jax.Array, origin: jax.Array | None, noise: TrainingNoise
    ) -> tuple[jax.Array, jax.Array]:
        rows = inputs.shape[0] // micro_batch
        # Every micro-batch takes images from all devices, so that none has to move.
        spread = sharding.batch_sharding(mesh, axis=1)

        def split(x: jax.Array) -> jax.Array:  # [B, ...] -> [rows, micro, ...]
            x = x.reshape(micro_batch, rows, *x.shape[1:]).swapaxes(0, 1)
            return jax.lax.with_sharding_constraint(x, spread)

        def join(x: jax.Array) -> jax.Array:  # [rows, micro, ...] -> [B, ...]
            return x.swapaxes(0, 1).reshape(rows * micro_batch, *x.shape[2:])

        parts = jax.tree.map(split, (inputs, origin, noise))
        return jax.tree.map(join, jax.lax.map(lambda args: part_again(params, *args), parts))

    return forward


def make_eval_step(config: ModelConfig) -> Callable[[Any, jax.Array], tuple[jax.Array, jax.Array]]:
    """Builds the jitted forward of validation: `(params, inputs) -> (ab, decisions)`."""
    graphdef = graphdef_of(config)
    return jax.jit(lambda params, inputs: nnx.merge(graphdef, params)(inputs, train=False))

"""Small runs for tests: a model of seconds, on photographs made here."""

import dataclasses

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.state import init_state
from acolvit_jax.config import (
    Config,
    DataConfig,
    MeshConfig,
    ModelConfig,
    ValidationConfig,
)
from acolvit_jax.config.training import OptimizerConfig, TrainConfig
from acolvit_jax.models.params import init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.optimizer import make_optimizer
from acolvit_jax.training.step import make_train_step

EIGHT_DEVICES = pytest.mark.skipif(jax.device_count() < 8, reason="needs eight devices")
MODEL = ModelConfig(width=32, depth=2, num_heads=2, patch_size=8, image_size=32)


def small_config(path="", *, model=None, fsdp=1, learning_rate=1e-3, **train):
    """A run of a tiny model; `train` overrides TrainConfig."""
    model = dataclasses.replace(MODEL, **(model or {}))
    defaults = {
        "steps": 4,
        "batch_size": 8,
        "log_every": 1,
        "eval_every": 4,
        "checkpoint_every": 2,
        "micro_batch": 8,
    }
    data = (
        DataConfig(dataset="folder", path=str(path), max_hints=16)
        if path
        else DataConfig(max_hints=16)
    )
    if model.any_budget:
        model = dataclasses.replace(model, smallest_budget=train.get("budget", 0.5))
    return Config(
        model=model,
        data=data,
        optimizer=OptimizerConfig(learning_rate=learning_rate, warmup=0.0, ema=0.9),
        train=TrainConfig(**{**defaults, "budget": 0.5 if model.gated else None, **train}),
        validation=ValidationConfig(hints=(1, 4), max_images=8, batch_size=8),
        mesh=MeshConfig(fsdp=fsdp),
    )


def batches(count, size=8, window=0):
    """Random batches of numbers."""
    rng = np.random.default_rng(0)
    side = window * 8 or 32
    made = []
    for _ in range(count):
        batch = {
            "inputs": rng.normal(size=(size, side, side, 4)).astype(np.float32),
            "target_ab": rng.uniform(-1, 1, (size, side, side, 2)).astype(np.float32),
        }
        if window:
            batch["origin"] = rng.integers(0, 4 - window + 1, (size, 2)).astype(np.int32)
        made.append(batch)
    return made


def muted(batch):
    """The same batch in colors that sRGB can show: others have no gradient in decibels."""
    inputs = batch["inputs"].copy()
    inputs[..., 0] = np.tanh(inputs[..., 0]) / 5
    return batch | {"inputs": inputs, "target_ab": batch["target_ab"] / 5}


def run_steps(config, steps, *, devices=8, window=0, data=None):
    """Losses and final parameters of a few steps on some of the virtual devices."""
    if jax.device_count() < devices:
        pytest.skip(f"needs {devices} devices")
    chosen = np.array(jax.devices()[:devices]).reshape(-1, config.mesh.fsdp)
    mesh = jax.sharding.Mesh(chosen, sharding.BATCH_AXES)
    optimizer = make_optimizer(config.optimizer, config.train.steps)
    state = init_state(init_params(config.model, 0), optimizer, ema=True)
    shardings = sharding.state_shardings(state, mesh)
    state = jax.device_put(state, shardings)
    step = make_train_step(config, optimizer, shardings, mesh)
    losses = []
    for batch in data or batches(steps, window=window):
        state, metrics = step(state, sharding.put_batch(batch, mesh))
        losses.append(float(metrics["loss"]))
    return np.array(losses), state, metrics

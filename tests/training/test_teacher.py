"""Learning the colors of another model."""

import dataclasses

import numpy as np
import pytest
from flax import nnx

from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.models.params import graphdef_of, init_params
from acolvit_jax.training import sharding
from acolvit_jax.training.teacher import make_teach
from tests.training.runs import MODEL, batches, muted, run_steps, small_config

WIDE_DENSE = dataclasses.replace(MODEL, width=48, gated=False)
ANY = dataclasses.replace(MODEL, any_budget=True)


def teach(config, architecture, params, batch):
    """A batch with the teacher's colors, by this config."""
    mesh = sharding.make_mesh(1)
    return make_teach(config, architecture, params, mesh)(sharding.put_batch(batch, mesh))


@pytest.mark.parametrize(("architecture", "budget"), [(WIDE_DENSE, None), (ANY, 1.0)])
def test_the_teacher_s_colors_join_the_batch(architecture, budget):
    params = init_params(architecture, 3)
    batch = batches(1, size=16, window=2)[0]
    taught = teach(small_config(batch_size=16, micro_batch=1), architecture, params, batch)
    expected, _ = nnx.merge(graphdef_of(architecture), params)(
        batch["inputs"], origin=batch["origin"], budget=budget, train=False
    )
    np.testing.assert_allclose(taught["teacher_ab"], expected, atol=1e-5)
    for name, value in batch.items():
        np.testing.assert_array_equal(taught[name], value)


def test_a_teacher_computes_a_photo_once_where_the_model_computes_it_twice():
    """Eight divides the 24 images of a device, and not its twelve photos."""
    batch = batches(1, size=96)[0]
    config = small_config(model={"any_budget": True}, batch_size=96, micro_batch=8)
    params = init_params(WIDE_DENSE, 3)
    taught = teach(config, WIDE_DENSE, params, batch)
    expected, _ = nnx.merge(graphdef_of(WIDE_DENSE), params)(batch["inputs"], train=False)
    np.testing.assert_allclose(taught["teacher_ab"], expected, atol=1e-5)


@pytest.mark.parametrize("loss", ["huber", "psnr"])
def test_what_already_does_what_its_teacher_does_has_nothing_to_learn(loss):
    config = small_config(model={"gated": False}, learning_rate=1e-2, teacher="itself", loss=loss)
    plain = [muted(batches(1)[0])]
    taught = [teach(config, config.model, init_params(config.model, 0), plain[0])]
    losses, _, metrics = run_steps(config, 1, devices=1, data=taught)
    if loss == "huber":
        assert losses[0] == pytest.approx(0.0, abs=1e-10)
    assert float(metrics["distillation"]) == pytest.approx(0.0, abs=1e-10)
    assert float(metrics["grad_norm"]) == pytest.approx(0.0, abs=1e-5)
    config = small_config(model={"gated": False}, learning_rate=1e-2)
    alone, _, by_photo = run_steps(config, 1, devices=1, data=plain)
    assert float(metrics["huber"]) == pytest.approx(alone[0])  # still told, not learned
    assert "distillation" not in by_photo


@pytest.mark.parametrize(("loss", "nearer"), [("huber", 2), ("psnr", 1.5)])
def test_any_budget_learns_from_its_teacher(loss, nearer):
    config = small_config(
        model={"any_budget": True},
        learning_rate=3e-3,
        steps=30,
        sparsity_weight=0.0,
        teacher="wide",
        micro_batch=4,
        loss=loss,
    )
    batch = muted(batches(1)[0])
    taught = teach(config, WIDE_DENSE, init_params(WIDE_DENSE, 3), batch)
    _, _, first = run_steps(config, 1, devices=1, data=[taught])
    _, _, metrics = run_steps(config, 30, devices=1, data=[taught] * 30)
    assert float(metrics["distillation"]) < 0.5 * float(first["distillation"])
    assert float(metrics["huber"]) > nearer * float(metrics["distillation"])


@pytest.mark.parametrize("change", [{"patch_size": 4}, {"image_size": 64}])
def test_a_teacher_of_other_patches_is_refused(change):
    architecture = dataclasses.replace(WIDE_DENSE, **change)
    config = small_config(teacher="runs/dense")
    name, value = next(iter(change.items()))
    with pytest.raises(CheckpointError, match=f"train.teacher=runs/dense has {name} {value} where"):
        make_teach(config, architecture, {}, sharding.make_mesh(1))

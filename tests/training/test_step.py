"""A step: the same for any devices and any micro-batch; it learns; its state is split as told."""

import jax
import numpy as np
import pytest
from flax import nnx
from jax.sharding import PartitionSpec as P

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config.training import TrainConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.models.acolvit import training_noise
from acolvit_jax.models.params import graphdef_of, init_params, param_shapes
from acolvit_jax.training import sharding
from acolvit_jax.training.step import make_loss_and_grad
from tests.training.runs import EIGHT_DEVICES, MODEL, batches, muted, run_steps, small_config

STEPS = 6


@pytest.fixture(scope="module")
def one_device():
    return run_steps(small_config(steps=STEPS), STEPS, devices=1)


@pytest.mark.parametrize(("devices", "fsdp"), [(8, 1), (8, 8), (8, 2)])
def test_eight_devices_equal_one(one_device, devices, fsdp):
    losses, *_ = run_steps(small_config(steps=STEPS, fsdp=fsdp), STEPS, devices=devices)
    np.testing.assert_allclose(losses, one_device[0], atol=1e-5)


@pytest.mark.parametrize(("micro_batch", "devices"), [(4, 1), (1, 4), (2, 2)])
def test_the_micro_batch_does_not_change_the_result(one_device, micro_batch, devices):
    config = small_config(steps=STEPS, micro_batch=micro_batch)
    losses, state, _ = run_steps(config, STEPS, devices=devices)
    np.testing.assert_allclose(losses, one_device[0], atol=1e-5)
    assert int(state.step) == STEPS


def losses_and_gradients(config, data):
    """Metrics of each batch for a fresh model, on one device, and the gradient as one vector."""
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]).reshape(1, 1), sharding.BATCH_AXES)
    loss_and_gradient = jax.jit(make_loss_and_grad(config, mesh))
    params = init_params(config.model, 0)
    for batch in data:
        noise = training_noise(jax.random.key(0), len(batch["inputs"]), config.model)
        metrics, grads = loss_and_gradient(params, batch, noise)
        yield metrics, np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(grads)])


@pytest.mark.parametrize(("window", "loss"), [(2, "huber"), (0, "psnr"), (2, "psnr")])
def test_the_dense_baseline_s_gradients_add_up(window, loss):
    """Compared at the same parameters: over steps Adam makes large what rounding left small.

    The gradient of the decibels is a difference of colors; in float32 it is right to 5e-6 of its
    length (against float64), sums over pixels and layers triple that, and two of them are compared.
    A micro-batch left out, or weighted wrongly, changes it by a tenth and more.
    """
    before = {"error_before": np.array([np.inf, 1e-3] * 4, np.float32)}
    data = [muted(batch) | before for batch in batches(5, window=window)]
    settings = {"model": {"gated": False}, "loss": loss, "correct_one_in": 2, "regret_weight": 0.5}
    whole, parts = (small_config(micro_batch=size, **settings) for size in (8, 2))
    for (expected, gradient), (found, sum_of_parts) in zip(
        losses_and_gradients(whole, data), losses_and_gradients(parts, data), strict=True
    ):
        assert np.linalg.norm(sum_of_parts - gradient) < 5e-5 * np.linalg.norm(gradient)
        assert expected["regret"] > 0
        assert expected["loss"] == pytest.approx(expected["color"] + 0.5 * expected["regret"])
        for name in ("loss", "regret", "keep", "huber", "over_grey"):
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-5)


def test_the_loss_is_the_sum_of_its_parts(one_device):
    losses, _, metrics = one_device
    assert float(metrics["sparsity"]) == pytest.approx(
        (float(metrics["keep"].mean()) - 0.5) ** 2, abs=1e-6
    )
    assert float(metrics["color"]) == float(metrics["huber"])  # the paper's loss, no teacher
    assert losses[-1] == pytest.approx(float(metrics["color"] + metrics["sparsity"]), rel=1e-5)
    assert metrics["keep"].shape == (2, 2)


@pytest.mark.parametrize("loss", ["huber", "psnr"])
def test_training_learns_one_batch_by_heart(loss):
    config = small_config(steps=60, model={"gated": False}, learning_rate=1e-2, loss=loss)
    data = [muted(batches(1)[0])] * 60
    losses, state, _ = run_steps(config, 60, devices=1, data=data)
    assert losses[-1] < losses[0] - 0.2 * abs(losses[0])
    differ = jax.tree.map(lambda a, b: bool((a != b).any()), state.params, state.ema)
    assert all(jax.tree.leaves(differ))


def test_the_seed_decides_the_gate_noise(one_device):
    again, *_ = run_steps(small_config(steps=STEPS), 5, devices=1)
    np.testing.assert_array_equal(again, one_device[0][:5])
    other, *_ = run_steps(small_config(steps=STEPS, seed=1), 5, devices=1)
    assert abs(other - one_device[0][:5]).max() > 1e-4


def test_without_noise_training_decides_as_evaluation_does():
    """Rate 0: the model stays, so that the metrics are of the model that is returned."""
    data = batches(1)
    config = small_config(steps=2, gate_noise="none", learning_rate=0.0)
    _, state, metrics = run_steps(config, 1, devices=1, data=data)
    model = nnx.merge(graphdef_of(MODEL), state.params)
    _, decisions = model(data[0]["inputs"], train=False)
    np.testing.assert_array_equal(metrics["keep"], decisions.mean(axis=0))
    noisy = run_steps(small_config(steps=2, learning_rate=0.0), 1, devices=1, data=data)
    assert (noisy[2]["keep"] != metrics["keep"]).any()


@EIGHT_DEVICES
def test_fsdp_splits_large_arrays_by_their_largest_axis():
    mesh = jax.make_mesh((2, 4), sharding.BATCH_AXES, axis_types=(jax.sharding.AxisType.Auto,) * 2)
    specs = sharding.state_shardings(param_shapes(VARIANTS["tiny"]), mesh)
    assert specs["blocks"][0]["ffn"]["fc1"]["kernel"].spec == P(None, "fsdp")
    assert specs["blocks"][0]["ffn"]["fc2"]["kernel"].spec == P("fsdp")
    assert specs["norm"]["scale"].spec == P()
    alone = jax.make_mesh((8, 1), sharding.BATCH_AXES, axis_types=(jax.sharding.AxisType.Auto,) * 2)
    assert all(
        s.spec == P() for s in jax.tree.leaves(sharding.state_shardings(param_shapes(MODEL), alone))
    )


@EIGHT_DEVICES
def test_devices_that_do_not_divide_are_refused():
    with pytest.raises(ConfigError, match=r"mesh\.fsdp=3 must divide the 8 devices"):
        sharding.make_mesh(3)
    mesh = sharding.make_mesh(1)
    with pytest.raises(ConfigError, match=r"train\.batch_size=12 must be a multiple of the 8"):
        sharding.micro_batch_size(TrainConfig(batch_size=12), mesh)
    with pytest.raises(ConfigError, match=r"train\.micro_batch=3 must divide the 4 images"):
        sharding.micro_batch_size(TrainConfig(batch_size=32, micro_batch=3), mesh)


@EIGHT_DEVICES
def test_the_micro_batch_is_a_device_s():
    """A photo that is computed twice is two images of it."""
    mesh = sharding.make_mesh(1)
    sizes = {(32, 2): 16, (32, 4): 32, (32, 9): 32, (32, 0): 32, (64, 0): 32, (16, 0): 16}
    for (batch, micro), size in sizes.items():
        config = TrainConfig(batch_size=batch, micro_batch=micro)
        assert sharding.micro_batch_size(config, mesh) == size
    twice = {(32, 2): 16, (32, 4): 32, (32, 8): 64, (32, 9): 64, (16, 0): 32, (8, 0): 16}
    for (batch, micro), size in twice.items():
        config = TrainConfig(batch_size=batch, micro_batch=micro)
        assert sharding.micro_batch_size(config, mesh, 2) == size


def test_initial_parameters_depend_on_the_seed_alone():
    a, b, c = (init_params(MODEL, seed) for seed in (0, 0, 1))
    jax.tree.map(np.testing.assert_array_equal, a, b)
    assert (a["policy_token"] != c["policy_token"]).any()


def test_a_model_of_any_budget_asks_each_photo_for_its_own():
    """Devices and micro-batches change nothing; groups and spread change what is asked for.

    Photos differ by what the budget does to them, not by chance: at first it does nothing, however
    noisy the decisions, so that without a spread the same is asked for.
    """
    model = {"any_budget": True}
    options = {"steps": 5, "model": model, "budget": 0.2, "budget_groups": 4, "micro_batch": 16}
    whole = run_steps(small_config(**options), 5, devices=1)
    parts = run_steps(small_config(**options | {"micro_batch": 2}), 5, devices=2)
    np.testing.assert_allclose(parts[0], whole[0], atol=1e-5)
    grouped, even = (
        run_steps(small_config(**{**options, **change}), 5, devices=1)[0]
        for change in ({"budget_groups": 1}, {"budget_spread": 0.0})
    )
    assert abs(grouped - whole[0]).max() > 1e-4
    assert even[0] == whole[0][0]
    assert abs(even - whole[0]).max() > 1e-4
    assert float(abs(whole[1].params["budget_embed"]).max()) > 0


def test_groups_must_divide_the_batch():
    with pytest.raises(ConfigError, match="budget_groups=3 must divide"):
        small_config(model={"any_budget": True}, budget_groups=3)


@pytest.mark.parametrize("options", [{}, {"micro_batch": 2}])
def test_remat_changes_nothing(one_device, options):
    losses, *_ = run_steps(small_config(steps=STEPS, remat=True, **options), STEPS, devices=1)
    np.testing.assert_allclose(losses, one_device[0], atol=1e-6)


def test_bf16_products_stay_within_a_bound(one_device):
    """1e-3 of a loss near 1, over the steps: bf16 has three digits, and sums cancel its errors."""
    config = small_config(steps=STEPS, model={"dtype": "bfloat16"})
    losses, state, _ = run_steps(config, STEPS, devices=1)
    np.testing.assert_allclose(losses, one_device[0], atol=1e-3)
    assert abs(losses - one_device[0]).max() > 0
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(state.params))


@pytest.mark.parametrize("window", [0, 2])
def test_bf16_on_eight_devices_is_bf16_on_one(window):
    config = small_config(steps=4, model={"dtype": "bfloat16"})
    one, _, _ = run_steps(config, 4, devices=1, window=window)
    eight, _, _ = run_steps(config, 4, devices=8, window=window)
    np.testing.assert_allclose(eight, one, atol=1e-3)

"""Starting A-ColViT from a dense model."""

import dataclasses

import jax
import numpy as np
import pytest
from flax import nnx

from acolvit_jax.checkpoint.graft import at_budget, check_architecture, graft
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.models.params import graphdef_of, init_params
from tests.training.runs import MODEL

DENSE = dataclasses.replace(MODEL, gated=False, rel_pos_bias=True)


def test_shared_parameters_are_loaded_and_gates_are_new():
    initial, source = init_params(MODEL, 0), init_params(DENSE, 1)
    grafted = graft(initial, source)
    np.testing.assert_array_equal(
        grafted.params["blocks"][1]["ffn"]["fc1"]["kernel"],
        source["blocks"][1]["ffn"]["fc1"]["kernel"],
    )
    np.testing.assert_array_equal(grafted.params["policy_token"], initial["policy_token"])
    assert {n.split(".")[-3] for n in grafted.new if "." in n} == {"gate"}
    text = str(grafted)
    assert "new (" in text
    assert "policy_token" in text
    assert "2 left out (blocks.attention.bias_table)" in text
    assert "A-ColViT has no relative position bias" in text


def test_a_model_of_the_same_kind_is_loaded_whole():
    source = init_params(MODEL, 1)
    grafted = graft(init_params(MODEL, 0), source)
    assert not grafted.new
    assert not grafted.left_out
    np.testing.assert_array_equal(grafted.params["policy_token"], source["policy_token"])


@pytest.mark.parametrize("budget", [0.3, 1.0])
def test_a_model_of_any_budget_at_one_budget_decides_and_colors_the_same(budget):
    config = dataclasses.replace(MODEL, any_budget=True)
    source = init_params(config, 1)
    source["budget_embed"] = jax.random.normal(jax.random.key(2), (3, MODEL.width))
    fixed = graft(init_params(MODEL, 0), at_budget(source, budget))
    assert not fixed.new
    assert not fixed.left_out
    inputs = jax.random.normal(jax.random.key(3), (2, 32, 32, 4))
    ours = nnx.merge(graphdef_of(MODEL), fixed.params)(inputs, train=False)
    theirs = nnx.merge(graphdef_of(config), source)(inputs, train=False, budget=budget)
    np.testing.assert_array_equal(ours[1], theirs[1])
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-6)


def test_every_misfit_is_listed():
    wide = init_params(dataclasses.replace(DENSE, depth=1, mlp_ratio=2), 0)
    with pytest.raises(CheckpointError) as caught:
        graft(init_params(MODEL, 0), wide)
    message = str(caught.value)
    assert "blocks.1.norm1.scale is missing" in message
    assert "blocks.0.ffn.fc1.kernel (32, 64) for (32, 128)" in message


def test_another_number_of_heads_is_refused_though_all_shapes_fit():
    source = dataclasses.replace(MODEL, num_heads=4)
    with pytest.raises(CheckpointError, match="num_heads 4 for 2"):
        check_architecture(MODEL, source, "init_from")
    check_architecture(MODEL, dataclasses.replace(MODEL, gated=False), "init_from")

"""Products that must not be rounded: on TPU the default precision is bfloat16's."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from acolvit_jax.models import skipping
from acolvit_jax.models.acolvit import budget_tokens
from acolvit_jax.models.prepared import prepare_params
from tests.models_on_disk import SMALL, random_params

CONFIG = dataclasses.replace(SMALL, any_budget=True)
PREPARED = prepare_params(random_params(CONFIG), CONFIG)


def in_training(matrix, budget):
    return budget_tokens(matrix, budget[None])


def in_inference(matrix, budget):
    image = jnp.zeros((CONFIG.image_size, CONFIG.image_size, 4))
    return skipping.embed(PREPARED._replace(budget=matrix), image, CONFIG, budget)


@pytest.mark.parametrize("run", [in_training, in_inference])
def test_a_tpu_reads_the_budget_in_full(run):
    """Else a budget of 0.3 is 0.3008."""
    traced = jax.jit(run).trace(jnp.ones((3, CONFIG.width)), jnp.float32(0.3))
    text = traced.lower(lowering_platforms=("tpu",)).as_text()
    products = [
        line for line in text.splitlines() if "dot_general" in line and "tensor<3x64xf32>" in line
    ]
    assert len(products) == 1
    assert "precision = [HIGHEST, HIGHEST]" in products[0]

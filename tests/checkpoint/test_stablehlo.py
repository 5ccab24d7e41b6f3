"""StableHLO of a model whose products are bfloat16."""

import dataclasses

import numpy as np

from acolvit_jax.checkpoint.stablehlo import export_stablehlo, load_stablehlo
from acolvit_jax.models import skipping
from acolvit_jax.models.prepared import prepare_params
from tests.models_on_disk import SMALL, random_params


def test_a_bfloat16_model_is_exported(tmp_path):
    config = dataclasses.replace(SMALL, dtype="bfloat16", any_budget=False)
    params, side = random_params(config), config.image_size
    inputs = np.random.default_rng(0).normal(size=(1, side, side, 4)).astype(np.float32)
    export_stablehlo(tmp_path / "program.bin", config, params)
    ab, decisions = load_stablehlo(tmp_path / "program.bin")(inputs)
    wanted, expected = skipping.forward(prepare_params(params, config), inputs, config)
    np.testing.assert_array_equal(decisions, expected)
    np.testing.assert_allclose(ab, wanted, atol=1e-3)

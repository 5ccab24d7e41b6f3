"""A dense run whose corrected hints may make nothing worse, interrupted and gone on with."""

import shutil

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.load import load
from acolvit_jax.training.loop import train
from acolvit_jax.training.metrics_log import read_metrics
from tests.photos import make_folder
from tests.training.runs import small_config


def test_a_run_with_regret_goes_on_as_if_it_had_never_stopped(tmp_path):
    """One image in 12 of batches of 8: the first batch has none that is corrected."""
    photos = make_folder(tmp_path / "photos", 16)
    dense = {"gated": False}
    settings = {"loss": "psnr", "correct_one_in": 12, "regret_weight": 0.5}
    config = small_config(photos, model=dense, **settings)
    workdir = tmp_path / "run"
    train(config, workdir)
    whole, lines = load(workdir), read_metrics(workdir)
    shutil.rmtree(workdir / "checkpoints" / "4")
    train(config, workdir)
    again = load(workdir)
    jax.tree.map(np.testing.assert_array_equal, whole.params, again.params)
    regrets = [line["regret"] for line in lines if "regret" in line]
    assert len(regrets) == 4
    assert regrets[0] == 0 < max(regrets)
    for line in lines:
        if "regret" in line:
            assert line["loss"] == pytest.approx(line["color"] + 0.5 * line["regret"], rel=1e-5)

"""One model for every budget: Muon, an average, corrected hints, validation, and going on."""

import dataclasses
import shutil

import jax
import numpy as np

from acolvit_jax.checkpoint.load import load
from acolvit_jax.training.loop import train
from acolvit_jax.training.metrics_log import read_metrics
from tests.photos import make_folder
from tests.training.runs import small_config


def test_a_run_that_goes_on_ends_as_one_that_never_stopped(tmp_path):
    photos = make_folder(tmp_path / "photos", 16)
    settings = {"budget": 0.2, "budget_groups": 2, "correct_one_in": 2}
    config = small_config(photos, model={"any_budget": True}, **settings)
    muon = dataclasses.replace(config.optimizer, name="muon", ema=0.9)
    config = dataclasses.replace(config, optimizer=muon)
    workdir = tmp_path / "run"
    first = train(config, workdir)
    whole, lines = load(workdir), read_metrics(workdir)
    shutil.rmtree(workdir / "checkpoints" / "4")
    second = train(config, workdir)
    again = load(workdir)
    assert (first.steps, second.steps) == (4, 4)
    assert again.config.smallest_budget == 0.2
    jax.tree.map(np.testing.assert_array_equal, whole.params, again.params)
    assert second.validation.psnr == first.validation.psnr
    losses = [line["loss"] for line in lines if "loss" in line]
    parts = [line["color"] + line["sparsity"] for line in lines if "loss" in line]
    np.testing.assert_allclose(parts, losses, rtol=1e-5)
    assert losses == [line["loss"] for line in read_metrics(workdir) if "loss" in line]
    assert float(abs(whole.params["budget_embed"]).max()) > 0

"""Training by its arguments, in this process: what they start, what is refused, what fails."""

import re
import shutil

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.workdir import read_config
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.train import main
from acolvit_jax.training import setup
from tests.integration.commands import one_line_error, refusal, run
from tests.integration.commands import training as arguments
from tests.photos import make_folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("photos"), 40)


def test_a_truncated_checkpoint_gives_one_warning_and_the_one_before(
    photos, tmp_path, capsys, caplog
):
    workdir = tmp_path / "run"
    main(arguments(photos, workdir, steps=4))
    for path in (workdir / "checkpoints" / "4").rglob("d/*"):
        path.write_bytes(path.read_bytes()[:10])
    assert "start: from nothing" in capsys.readouterr().out
    caplog.clear()
    main(arguments(photos, workdir, steps=4))
    assert caplog.text.count("checkpoint 4 cannot be read") == 1
    out = capsys.readouterr().out
    assert "resuming after step 2" in out
    assert "from nothing" not in out


def test_a_loss_that_is_no_number_stops_the_run(photos, tmp_path):
    workdir = tmp_path / "run"
    main(arguments(photos, workdir, steps=2))
    more = "--config.optimizer.learning_rate=1e30"
    code, message = refusal(main, *arguments(photos, workdir, more, steps=20))
    assert code == 1
    assert "at step" in message
    assert "that of step 2 is kept" in message
    assert (workdir / "checkpoints" / "2").is_dir()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(load_pretrained(workdir)[1]))


def test_dense_windows_then_a_gated_model_from_them(photos, tmp_path, capsys):
    dense = tmp_path / "dense"
    options = ["--config.data.window=2"]
    main(arguments(photos, dense, *options, arg="dense,folder", steps=4))
    assert "windows of 2 patches" in capsys.readouterr().out
    gated = tmp_path / "gated"
    options = [f"--config.train.init_from={dense}", f"--config.train.teacher={dense}"]
    main(arguments(photos, gated, *options, steps=2))
    out = capsys.readouterr().out
    assert f"the colors of {dense} are learned, step 4" in out
    assert '"distillation": ' in (gated / "metrics.jsonl").read_text()
    options = [f"--config.train.teacher={gated}"]
    code, message = refusal(main, *arguments(photos, gated, *options, steps=4))
    assert code == 2
    assert "is the run's own folder" in message
    new = "blocks.gate.linear.bias, blocks.gate.linear.kernel, policy_token"
    assert f"parameters loaded; 5 new ({new})" in out


BAD = {
    "budget": (["--config", "configs/tiny.py:1.5"], 2, "budget '1.5' is unknown"),
    "budget text": (["--config", "configs/tiny.py:half"], 2, "(0, 1]"),
    "data set": (["--config", "configs/tiny.py:0.5,cifar"], 2, "choose one of sample, folder"),
    "field": (["--config", "configs/tiny.py", "--config.train.stepz=3"], 2, "stepz"),
    "type": (["--config", "configs/tiny.py", "--config.train.steps=many"], 2, "many"),
    "value": (["--config", "configs/tiny.py", "--config.model.head=mlp"], 2, "cnn, linear"),
    "flag": (["--config", "configs/tiny.py", "--stpes=3"], 2, "stpes"),
    "config": ([], 2, "--config is missing"),
    "config file": (["--config", "configs/huge.py"], 2, "configs/huge.py"),
    "config file and a field": (
        ["--config", "configs/tinny.py:0.5", "--config.train.steps=1"],
        2,
        "no config file at configs/tinny.py:0.5 (looked in ",
    ),
    "no config's name": (["--config="], 2, "--config is missing"),
    "a field alone": (["--config.train.steps=1"], 2, "--config is missing"),
    "no path": (["--config", "configs/tiny.py:0.5,folder"], 2, "--config.data.path=DIR"),
    "no folder": (
        ["--config", "configs/tiny.py:0.5,folder", "--config.data.path=/nowhere"],
        1,
        "no folder at /nowhere",
    ),
    "tfds": (
        ["--config", "configs/tiny.py:0.5,birds", "--config.data.data_dir=/nowhere"],
        1,
        "tfds build",
    ),
    "init_from": (
        ["--config", "configs/tiny.py", "--config.train.init_from=/nowhere"],
        1,
        "train.init_from: no model at /nowhere",
    ),
    "init_from at a budget below its smallest": (
        ["--config=configs/tiny.py:0.02", "--config.train.init_from=pretrained"],
        2,
        "train.init_from=pretrained: train.budget=0.02 must be in [0.1, 1]",
    ),
    "teacher": (
        ["--config", "configs/tiny.py", "--config.train.teacher=/none"],
        1,
        "train.teacher: no model at /none",
    ),
    "validation budget": (
        ["--config", "configs/tiny.py:any", "--config.validation.budget=0.05"],
        2,
        "validation.budget=0.05 must be in [0.1, 1]",
    ),
    "photos on the devices": (
        ["--config", "configs/tiny.py", "--config.data.device_side=1000000"],
        2,
        "GB are there for them; ",
    ),
    "profile": (
        ["--config", "configs/tiny.py", "--config.train.steps=9", "--profile_steps=8,10"],
        2,
        "--profile_steps=8,10: the run has 9 steps",
    ),
    "a profile of many digits": (
        ["--config", "configs/tiny.py", f"--profile_steps=1,{'9' * 5000}"],
        2,
        "wanted FIRST,LAST, for example 10,15",
    ),
    "half of the processes": (
        ["--config", "configs/tiny.py", "--num_processes=2", "--process_id=1"],
        2,
        "--coordinator, --num_processes and --process_id belong together",
    ),
    "other storage": (
        ["--config", "configs/tiny.py", "--workdir=s3://b/run"],
        2,
        "of storage elsewhere only gs:// is known",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_line(case, tmp_path):
    args, code, part = BAD[case]
    found, message = refusal(main, f"--workdir={tmp_path / 'run'}", *args)
    assert found == code
    assert part in message


def test_bad_input_in_the_shell(tmp_path):
    args, code, part = BAD["field"]
    assert part in one_line_error(run("train", f"--workdir={tmp_path / 'run'}", *args), code)


def test_a_bad_photo_held_out_for_validation_costs_nothing(photos, tmp_path, capsys, caplog):
    held_out = make_folder(tmp_path / "held_out", 8)
    (held_out / "0002.jpg").write_bytes(b"no photo")
    option = f"--config.data.validation_path={held_out}"
    main(arguments(photos, tmp_path / "run", option, steps=2))
    assert "| 7 |" in capsys.readouterr().out
    assert caplog.text.count("skipped 0002.jpg") == 1


def test_a_start_that_failed_leaves_no_run(photos, tmp_path):
    workdir = tmp_path / "run"
    code, message = refusal(main, *arguments(tmp_path / "none", workdir, steps=2))
    assert code == 1
    assert "none" in message
    assert not (workdir / "config.json").exists()
    with pytest.raises(CheckpointError, match="no work folder"):
        read_config(workdir)


def test_other_optimizer_settings_do_not_cost_the_checkpoints(photos, tmp_path, capsys):
    workdir = tmp_path / "run"
    main(arguments(photos, workdir, steps=2))
    other = "--config.optimizer.ema=0.9"
    code, message = refusal(main, *arguments(photos, workdir, other, steps=4))
    assert code == 1
    assert "was saved with another optimizer" in message
    assert read_config(workdir).optimizer.ema == 0  # what the checkpoint is read with
    main(arguments(photos, workdir, "--config.optimizer.grad_clip=1.0", steps=4))
    assert "resuming after step 2" in capsys.readouterr().out


def test_a_run_whose_photos_stay_on_the_devices_goes_on_where_it_was(
    photos, tmp_path, capsys, monkeypatch
):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    options = ["--config.data.device_side=32", "--config.data.click_share=0.5"]
    main(arguments(photos, whole, *options, steps=4))
    out = capsys.readouterr().out
    assert "0s left" in out
    smaller = re.search(r"data.device_side=32: (\d+) of (\d+) photos are made smaller", out)
    assert smaller[1] == smaller[2]
    assert "(data.crop_scale_min=0.08) are less sharp than with 114\n" in out  # 32 / sqrt(0.08)
    shutil.copytree(whole, cut)
    shutil.rmtree(cut / "checkpoints" / "4")
    main(arguments(photos, cut, *options, steps=4))
    assert "resuming after step 2" in capsys.readouterr().out
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(cut)[1], load_pretrained(whole)[1])
    monkeypatch.setattr(setup, "decode_all", None)  # a run that is complete decodes nothing
    main(arguments(photos, whole, *options, "--profile_steps=4,4", steps=4))
    out = capsys.readouterr().out
    assert "--profile_steps=4,4: no trace, for 4 steps are done already" in out
    assert "validation after 4 steps" in out

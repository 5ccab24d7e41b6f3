"""Training through its command line: the result, faults, bad input."""

import json
import re
import signal

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.checkpoint.workdir import read_config
from acolvit_jax.common.errors import CheckpointError
from acolvit_jax.train import main
from acolvit_jax.training.metrics_log import read_metrics
from tests.integration.commands import (
    SMALL,
    kill,
    one_line_error,
    refusal,
    run,
    start,
    wait_for,
)
from tests.photos import make_folder

# ml_collections reads config files so.
pytestmark = pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")
STEPS = 14  # the last validation is not one of those that come every 4


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("photos"), 40)


def arguments(photos, workdir, *more, arg="0.5,folder", steps=STEPS):
    return [
        "--config",
        f"configs/tiny.py:{arg}",
        f"--config.data.path={photos}",
        f"--config.train.steps={steps}",
        f"--workdir={workdir}",
        *SMALL,
        *more,
    ]


@pytest.fixture(scope="module")
def uninterrupted(photos, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("runs") / "whole"
    status, out, err = run("train", *arguments(photos, workdir))
    assert status == 0, err
    return workdir, out


def numbers(workdir):
    """The record of a run without what depends on the clock."""
    clock = ("images_per_second", "input_wait")
    return [{k: v for k, v in e.items() if k not in clock} for e in read_metrics(workdir)]


def assert_same_run(a, b):
    """Same parameters to the bit, same record."""
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(a)[1], load_pretrained(b)[1])
    assert numbers(a) == numbers(b)


def test_a_run_leaves_what_it_says(uninterrupted):
    workdir, out = uninterrupted
    assert "A-ColViT at budget 0.5" in out
    assert "|  | 1 hint | 10 hints | 50 hints | keep ratio | images |" in out
    assert re.search(r"\| over grey \(\d+\.\d\d dB\) \| [+-]\d+\.\d\d \|", out)
    said = dict(
        line.split(": ", 1) for line in out.splitlines() if line.startswith(("check", "look"))
    )
    assert said["checkpoint"] == str(workdir / "checkpoints" / str(STEPS))
    assert (workdir / "checkpoints" / str(STEPS)).is_dir()
    assert said["look at it"] == str(workdir / "pictures" / f"step_{STEPS:07d}.png")
    assert (workdir / "pictures" / f"step_{STEPS:07d}.png").stat().st_size > 1000
    assert json.loads((workdir / "config.json").read_text())["train"]["steps"] == STEPS
    record = read_metrics(workdir)
    training = [e for e in record if "loss" in e]
    assert [e["step"] for e in training] == list(range(1, STEPS + 1))
    assert {"huber", "sparsity", "keep", "keep_ratio", "learning_rate", "grad_norm"} <= set(
        training[0]
    )
    assert np.shape(training[0]["keep"]) == (2, 2)
    validation = [e for e in record if e.get("validation")]
    assert [e["step"] for e in validation] == [*range(4, STEPS + 1, 4), STEPS]
    assert all(5 < e["psnr@10"] < 50 for e in validation)


def test_tensorboard_reads_the_events(uninterrupted):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(uninterrupted[0])).Reload()
    assert {"loss", "keep_ratio", "psnr@10", "keep/0/0"} <= set(events.Tags()["scalars"])
    assert len(events.Scalars("loss")) == STEPS
    assert events.Tags()["images"] == ["validation"]


def test_a_finished_run_says_so_again(uninterrupted, photos):
    workdir, out = uninterrupted
    before = numbers(workdir)
    status, again, err = run("train", *arguments(photos, workdir))
    assert status == 0, err
    assert f"resuming after step {STEPS}" in again
    assert [line for line in again.splitlines() if line.startswith("| ")] == [
        line for line in out.splitlines() if line.startswith("| ")
    ]
    assert numbers(workdir) == before


def test_kill_9_loses_nothing_but_time(uninterrupted, photos, tmp_path):
    workdir = tmp_path / "run"
    process = start("train", *arguments(photos, workdir))
    wait_for(workdir / "checkpoints" / "6", process)
    kill(process)
    assert not (workdir / "checkpoints" / str(STEPS)).exists()
    status, out, err = run("train", *arguments(photos, workdir))
    assert status == 0, err
    assert "resuming after step" in out
    assert_same_run(workdir, uninterrupted[0])


def test_kill_9_in_the_middle_of_a_save(uninterrupted, photos, tmp_path):
    """A save under way is a folder with another name; killed there, the step before is used."""
    workdir = tmp_path / "run"
    process = start("train", *arguments(photos, workdir))
    wait_for(workdir / "checkpoints" / "4", process)
    partial = []
    while process.poll() is None and not partial:
        partial = [p for p in (workdir / "checkpoints").iterdir() if not p.name.isdigit()]
    kill(process)
    assert partial, "no save was caught under way"
    status, _, err = run("train", *arguments(photos, workdir))
    assert status == 0, err
    assert_same_run(workdir, uninterrupted[0])


def test_sigterm_saves_and_exits_with_75(uninterrupted, photos, tmp_path):
    workdir = tmp_path / "run"
    process = start("train", *arguments(photos, workdir))
    wait_for(workdir / "checkpoints" / "2", process)
    _, err = kill(process, signal.SIGTERM)
    message = one_line_error((process.returncode, "", err), 75)
    step = int(message.split("after step ")[1].split(",")[0])
    assert (workdir / "checkpoints" / str(step)).is_dir()
    status, out, err = run("train", *arguments(photos, workdir))
    assert status == 0, err
    assert f"resuming after step {step}" in out
    assert_same_run(workdir, uninterrupted[0])


@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN, reason="a script's background ignores Ctrl-C"
)
def test_ctrl_c_saves_and_exits_with_130(photos, tmp_path):
    workdir = tmp_path / "run"
    process = start("train", *arguments(photos, workdir))
    wait_for(workdir / "checkpoints" / "2", process)
    _, err = kill(process, signal.SIGINT)
    notice, message = err.splitlines()
    assert "Ctrl-C again stops at once" in notice
    step = one_line_error((process.returncode, "", message), 130).split("after step ")[1]
    assert (workdir / "checkpoints" / step.split(",")[0]).is_dir()


def test_a_truncated_checkpoint_gives_one_warning_and_the_one_before(
    photos, tmp_path, capsys, caplog
):
    workdir = tmp_path / "run"
    main(arguments(photos, workdir, steps=4))
    for path in (workdir / "checkpoints" / "4").rglob("d/*"):
        path.write_bytes(path.read_bytes()[:10])
    caplog.clear()
    main(arguments(photos, workdir, steps=4))
    assert caplog.text.count("checkpoint 4 cannot be read") == 1
    assert "resuming after step 2" in capsys.readouterr().out


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


def test_a_full_disk_gives_one_line_and_keeps_the_last_checkpoint(photos, tmp_path):
    """A limit on the size of files stands in for the disk.

    100 KiB: pictures and events have about half of that; of a checkpoint's files, over which Orbax
    spreads a megabyte as it comes, some always have more (150 to 210).
    """
    workdir = tmp_path / "run"
    assert run("train", *arguments(photos, workdir, steps=2))[0] == 0
    result = run("train", *arguments(photos, workdir, steps=4), file_limit=100)
    message = one_line_error(result, 1)
    assert "cannot write" in message
    assert "File too large" in message
    assert "the last whole one is of step 2" in message
    assert run("train", *arguments(photos, workdir, steps=4))[0] == 0


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


def test_a_folder_of_another_model_is_left_alone(uninterrupted, photos):
    workdir, _ = uninterrupted
    before = (workdir / "config.json").read_text()
    code, message = refusal(main, *arguments(photos, workdir, arg="0.3,folder"))
    assert code == 2
    assert "train.budget: 0.5 -> 0.3" in message
    assert (workdir / "config.json").read_text() == before


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


def test_help_is_answered():
    status, out, _ = run("train", "--help")
    assert status == 0
    assert "--config configs/tiny.py:0.5" in out
    assert "--workdir" in out


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

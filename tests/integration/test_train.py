"""Training through its command line: the result, kills, signals, a full disk."""

import functools
import json
import re
import shutil
import signal

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.train import main
from acolvit_jax.training.metrics_log import read_metrics
from tests.integration import commands
from tests.integration.commands import (
    HERE,
    kill,
    one_line_error,
    output,
    refusal,
    training,
    wait_for,
)
from tests.photos import make_folder

STEPS = 14  # the last validation is not one of those that come every 4
arguments = functools.partial(training, steps=STEPS)
# Runs that are disturbed are processes, which compute what this one does; others run here.
start = functools.partial(commands.start, "train", devices=HERE)
run = functools.partial(commands.run, "train", devices=HERE)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("photos"), 40)


@pytest.fixture(scope="module")
def uninterrupted(photos, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("runs") / "whole"
    return workdir, output(main, *arguments(photos, workdir))


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
    again = output(main, *arguments(photos, workdir))
    assert f"resuming after step {STEPS}" in again
    assert [line for line in again.splitlines() if line.startswith("| ")] == [
        line for line in out.splitlines() if line.startswith("| ")
    ]
    assert numbers(workdir) == before


def test_kill_9_loses_nothing_but_time(uninterrupted, photos, tmp_path):
    workdir = tmp_path / "run"
    process = start(*arguments(photos, workdir), to_kill=True)
    wait_for(workdir / "checkpoints" / "6", process)
    kill(process)
    assert not (workdir / "checkpoints" / str(STEPS)).exists()
    assert "resuming after step" in output(main, *arguments(photos, workdir))
    assert_same_run(workdir, uninterrupted[0])


def test_kill_9_in_the_middle_of_a_save(uninterrupted, photos, tmp_path):
    """A save under way is a folder with another name; killed there, the step before is used."""
    workdir = tmp_path / "run"
    process = start(*arguments(photos, workdir), to_kill=True)
    wait_for(workdir / "checkpoints" / "4", process)
    partial = []
    while process.poll() is None and not partial:
        partial = [p for p in (workdir / "checkpoints").iterdir() if not p.name.isdigit()]
    kill(process)
    assert partial, "no save was caught under way"
    main(arguments(photos, workdir))
    assert_same_run(workdir, uninterrupted[0])


def test_sigterm_saves_and_exits_with_75(uninterrupted, photos, tmp_path):
    workdir = tmp_path / "run"
    process = start(*arguments(photos, workdir))
    wait_for(workdir / "checkpoints" / "2", process)
    _, err = kill(process, signal.SIGTERM)
    message = one_line_error((process.returncode, "", err), 75)
    step = int(message.split("after step ")[1].split(",")[0])
    assert (workdir / "checkpoints" / str(step)).is_dir()
    assert f"resuming after step {step}" in output(main, *arguments(photos, workdir))
    assert_same_run(workdir, uninterrupted[0])


def test_ctrl_c_saves_and_exits_with_130(photos, tmp_path):
    workdir = tmp_path / "run"
    process = start(*arguments(photos, workdir))
    wait_for(workdir / "checkpoints" / "2", process)
    _, err = kill(process, signal.SIGINT)
    notice, message = err.splitlines()
    assert "Ctrl-C again stops at once" in notice
    step = one_line_error((process.returncode, "", message), 130).split("after step ")[1]
    assert (workdir / "checkpoints" / step.split(",")[0]).is_dir()


def test_a_full_disk_gives_one_line_and_keeps_the_last_checkpoint(uninterrupted, photos, tmp_path):
    """A limit on the size of files stands in for the disk.

    100 KiB: pictures and events have about half of that; of a checkpoint's files, over which Orbax
    spreads a megabyte as it comes, some always have more (150 to 210).
    """
    workdir = tmp_path / "run"
    shutil.copytree(uninterrupted[0], workdir)
    shutil.rmtree(workdir / "checkpoints" / str(STEPS))
    result = run(*arguments(photos, workdir), file_limit=100)
    message = one_line_error(result, 1)
    assert "cannot write" in message
    assert "File too large" in message
    assert f"the last whole one is of step {STEPS - 2}" in message
    main(arguments(photos, workdir))
    assert_same_run(workdir, uninterrupted[0])


def test_a_folder_of_another_model_is_left_alone(uninterrupted, photos):
    workdir, _ = uninterrupted
    before = (workdir / "config.json").read_text()
    code, message = refusal(main, *arguments(photos, workdir, arg="0.3,folder"))
    assert code == 2
    assert "train.budget: 0.5 -> 0.3" in message
    assert (workdir / "config.json").read_text() == before


def test_help_is_answered():
    status, out, _ = run("--help")
    assert status == 0
    assert "--config configs/tiny.py:0.5" in out
    assert "--workdir" in out

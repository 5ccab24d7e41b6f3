"""The launcher of the whole recipe: what it would run, what it refuses, where it stops."""

import os
import signal
import subprocess
import sys

import pytest

from tests.integration.commands import wait_for
from tests.launch.scripts import ROOT, launch
from tests.photos import make_folder

STEPS = ["40", "30"]


def test_dense_comes_before_what_learns_from_it(tmp_path):
    photos, out = make_folder(tmp_path / "photos", 1), tmp_path / "o"
    more = ["--before", "5", "--batch", "16", "--", "--config.optimizer.learning_rate=2e-4"]
    status, said, err = launch("released", "--dry_run", str(photos), str(out), *STEPS, *more)
    assert status == 0, err
    dense, start = f"{out}/dense.safetensors", f"{out}/any-start.safetensors"
    wanted = [
        "python -c ",
        f"released.py:dense --config.data.path={photos} --config.data.dataset=folder",
        f"convert {out}/dense-run {dense} --to weights --average pretrained-dense=0.05",
        f"--checkpoint pretrained-dense dense={dense} --images sample",
        f"convert pretrained {start} --to weights --learned pretrained-dense {dense}",
        f"--config.train.init_from={start} --config.train.teacher={dense}",
        f"convert {out}/any-run {out}/any.safetensors --to weights --average pretrained=0.05",
        f"--checkpoint pretrained any={out}/any.safetensors --budgets 0.5 --images sample",
    ]
    commands = said.splitlines()
    assert [part in command for part, command in zip(wanted, commands, strict=True)] == [True] * 8
    for training, steps in zip((commands[1], commands[5]), STEPS, strict=True):
        assert f"--config.train.steps={steps} " in training
        assert "--config.train.batch_size=16 " in training
        assert "--config.optimizer.learning_rate=2e-4 " in training
    assert not out.exists()
    _, said, _ = launch("released", "--dry_run", str(photos), str(out), *STEPS, "--before", "0")
    assert "--average" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["HERE", "out", "3"], "wanted PHOTOS OUT DENSE_STEPS ANY_STEPS"),
        (["HERE", "out", "3", "0"], "ANY_STEPS is '0'"),
        (["/nowhere", "out", "3", "3"], "no folder at /nowhere"),
        (["HERE", "out", "3", "3", "--before", "100"], "--before is '100', not a whole number"),
        (["HERE", "out", "3", "3", "--batch", "0"], "--batch is '0', not a whole number from 1"),
        (["HERE", "HERE/o", "3", "3", "--validation", "/no"], "--validation /no cannot be scored"),
        (["HERE", "out", "3", "3", "--", "--config.train.teacher=x"], "this is the recipe's"),
        (["HERE", "out", "3", "3", "--", "--config.data.device_side=0"], "use --batch and --side"),
        (["HERE", "out", "3", "3", "--", "--config", "mine.py"], "--config: this is the recipe's"),
        (["HERE", "out", "3", "3", "--", "--config.train.regret_weight=2"], "this is the recipe's"),
        (["HERE", "out", "3", "3", "--", "--workdir=x"], "--workdir=x: PHOTOS and OUT say it"),
    ],
)
def test_it_refuses_what_it_cannot_do(arguments, message, tmp_path):
    status, _, err = launch("released", *(a.replace("HERE", str(tmp_path)) for a in arguments))
    assert status == 2
    assert message in err


def test_a_stage_that_fails_is_the_last(tmp_path):
    """With a program in python's place that records its calls; training of any budget fails."""
    photos, out = make_folder(tmp_path / "photos", 1), tmp_path / "o"
    python = tmp_path / "python"
    python.write_text(
        f"""#!/usr/bin/env bash
        echo "$*" >>{tmp_path}/calls
        case "$*" in
        *acolvit_jax.evaluate*) echo "no scores" && exit 4 ;;
        *released.py:any*) echo "no such photo" && exit 75 ;;
        esac
        """
    )
    python.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for _ in range(2):
        status, _, err = launch("released", str(photos), str(out), *STEPS, env=env)
        assert status == 2
        assert "error: any ended with code 75" in err
        assert (out / "any.log").read_text() == "no such photo\n"
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len([call for call in calls if "released.py:dense" in call]) == 2  # goes on, or is done
    assert len([call for call in calls if "--learned" in call]) == 2  # dense may have trained on
    assert len([call for call in calls if "--checkpoint pretrained-dense" in call]) == 2
    assert "released.py:any" in calls[-1]


@pytest.mark.parametrize("asked", ["Ctrl-C", "SIGTERM to the script"])
def test_what_stops_it_has_training_save(asked, tmp_path):
    """Ctrl-C reaches the whole foreground group, and tee must go on reading."""
    photos, out = make_folder(tmp_path / "photos", 1), tmp_path / "o"
    python = tmp_path / "python"
    python.write_text(
        f"""#!{sys.executable}
import os, signal, sys, time
if "released.py:dense" in " ".join(sys.argv):
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    stopped = []
    open({str(tmp_path / "ready")!r}, "w").close()
    while not stopped:
        time.sleep(0.05)
    time.sleep(0.5)  # whoever dies of it is gone
    print("stopping", flush=True)
    open({str(tmp_path / "saved")!r}, "w").close()
    sys.exit(130 if stopped == [signal.SIGINT] else 75)
print("called", flush=True)
"""
    )
    python.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["bash", str(ROOT / "launch" / "released.sh"), str(photos), str(out), *STEPS]
    started = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    wait_for(tmp_path / "ready", started)
    if asked == "Ctrl-C":
        os.killpg(started.pid, signal.SIGINT)
    else:
        os.kill(started.pid, signal.SIGTERM)
    said, _ = started.communicate(timeout=60)
    code = 130 if asked == "Ctrl-C" else 75
    assert started.returncode == code
    assert (tmp_path / "saved").exists()
    assert said.count(b"called") == 1  # to look at the validation photos, and not to go on
    assert f"stopped in dense with code {code}; see {out}/dense.log".encode() in said
    assert (out / "dense.log").read_text() == "stopping\n"

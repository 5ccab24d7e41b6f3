"""The launcher that measures the weights: what it would run, what it refuses, how it goes on."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.launch.scripts import ROOT, launch
from tests.photos import make_folder

# A python that writes down what it is asked for, and fails at what FAILING names.
STAND_IN = """#!/usr/bin/env bash
echo "$*" >> "$ASKED"
[[ -z $FAILING || $* != *"$FAILING"* ]]
"""


@pytest.fixture
def sets(tmp_path):
    return [str(make_folder(tmp_path / name, 1)) for name in ("first", "second")]


@pytest.fixture
def stand_in(tmp_path):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "python"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {"PATH": path, "ASKED": str(tmp_path / "asked"), "FAILING": ""}


def asked(stand_in):
    path = Path(stand_in["ASKED"])
    lines = path.read_text().splitlines()
    path.unlink()
    return lines


def test_every_measurement_of_the_documents_is_run(sets, tmp_path):
    out = tmp_path / "o"
    status, said, err = launch("measure", "--dry_run", str(out), *sets)
    assert status == 0, err
    commands = [shlex.split(line) for line in said.splitlines()]
    assert "--config configs/tiny.py:0.5" in shlex.join(commands[0])
    for kind in ("reports", "clicks", "shown"):
        for name, photos in (("photos", "acolvit_jax/assets/photos"), ("first", sets[0])):
            (one,) = (c for c in commands if c[-1] == f"{out}/{kind}/{name}")
            assert one[one.index("--images") + 1] == photos
    # Programs that development.md names under "When the weights change".
    text = (ROOT / "docs" / "development.md").read_text()
    table = text.split("## When the weights change")[1].split("\n## ")[0]
    named = {word.strip("`,;") for word in table.split() if "benchmarks." in word}
    named -= {"benchmarks.compare_runs", "benchmarks.onnx_files"}  # before it; needs --onnx
    named = {name for name in named if name.startswith("benchmarks.")}
    assert len(named) > 8
    assert named == {c[2] for c in commands if c[2].startswith("benchmarks.")}
    assert not out.exists()
    _, said, _ = launch("measure", "--dry_run", str(out), *sets, "--images", "3", "--onnx", "sh")
    assert said.count("--max_images 3 ") == 9 + 7
    assert "sh -m benchmarks.onnx_files" in said


def test_what_ended_is_not_measured_again(sets, tmp_path, stand_in):
    out = tmp_path / "o"
    stand_in["FAILING"] = "clicks/first"
    status, _, err = launch("measure", str(out), *sets, env=stand_in)
    assert status == 2
    assert f"failed: clicks-first; see their logs in {out}" in err
    everything = asked(stand_in)
    assert len(everything) > 20
    assert (out / "faded.log").read_text().endswith(" s\n")
    stand_in["FAILING"] = ""
    status, _, err = launch("measure", str(out), *sets, env=stand_in)
    assert status == 0, err
    assert asked(stand_in) == [line for line in everything if "clicks/first" in line]


def test_measurements_of_other_weights_are_not_gone_on_with(sets, tmp_path, stand_in):
    out = tmp_path / "o"
    out.mkdir()
    (out / "weights.sums").write_text("0 tiny.safetensors\n")
    status, _, err = launch("measure", str(out), *sets, env=stand_in)
    assert (status, "has measurements of other weights" in err) == (2, True)
    assert not Path(stand_in["ASKED"]).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["out"], "wanted OUT PHOTOS PHOTOS..."),
        (["out", "/nowhere"], "no folder at /nowhere"),
        (["out", "HERE", "HERE"], "two would be first; rename one"),
        (["out", "HERE/photos"], "two would be photos; rename one"),
        (["out", "HERE", "--images", "some"], "--images is 'some', not a whole number"),
        (["out", "HERE", "--onnx", "/no/python"], "--onnx: no program of this name"),
        (["out", "HERE", "--", "--steps=3"], "nothing is trained; leave out --"),
    ],
)
def test_it_refuses_what_it_cannot_do(arguments, message, sets, tmp_path):
    (Path(sets[0]) / "photos").mkdir()
    arguments = [word.replace("HERE", sets[0]) for word in arguments]
    arguments[0] = str(tmp_path / arguments[0])
    status, said, err = launch("measure", *arguments)
    assert (status, said) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_its_help_names_every_option():
    done = subprocess.run(
        ["bash", str(ROOT / "launch" / "measure.sh"), "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert all(option in done.stdout for option in ("--images N", "--onnx PYTHON", "--dry_run"))

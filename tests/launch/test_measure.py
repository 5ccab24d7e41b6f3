"""The launcher that measures the weights: what it would run, what it refuses, how it goes on."""

import os
import re
import shlex
import signal
import subprocess
import time
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


def expected(out, sets, evaluated, faded, precision, allocation):
    """Every command in its order; numbers of photos as `--max_images` gives them, or nothing."""
    evaluate, folder = "-m acolvit_jax.evaluate --images", "acolvit_jax/assets/photos"
    both = "--checkpoint dense=pretrained-dense any=pretrained"
    kinds = {
        "reports": "--budgets 1,0.9,0.7,0.5,0.3,0.15,0.1 --baselines grey,nearest,levin",
        "clicks": "--budgets 0.5 --clicks 15",
        "shown": "--budgets 1,0.7,0.5 --finished --hints 1,5,10 --clicks 15",
    }
    named = {"photos42": folder, **{Path(one).name: one for one in sets}}
    held_out = " ".join(sets)
    yield f"-m acolvit_jax.train --config configs/tiny.py:0.5 --workdir {out}/first-run"
    for name, photos in named.items():
        for (kind, words), limit in zip(kinds.items(), evaluated, strict=True):
            yield f"{evaluate} {photos}{limit} {both} {words} --output {out}/{kind}/{name}"
    yield (
        f"{evaluate} sample --checkpoint pretrained --budgets 1,0.5,0.3 --baselines "
        f"grey,nearest,levin --lpips --throughput --propagation --output {out}/reports/sample"
    )
    kind = {kind: " ".join(f"{out}/{kind}/{name}" for name in named) for kind in kinds}
    yield f"-m benchmarks.score_tables {kind['reports']}"
    for name in named:
        yield f"-m benchmarks.pooled_reports {out}/clicks/{name}"
    for budget in ("0.5", "1"):
        yield f"-m benchmarks.pooled_reports {kind['shown']} --base any@{budget}+finished"
    for model in ("pretrained", "pretrained-dense"):
        yield f"-m benchmarks.color_pipeline --checkpoint {model}{faded}"
    yield f"-m benchmarks.faded{faded}"
    yield f"-m benchmarks.faded --images {held_out}{faded}"
    yield f"-m benchmarks.precision --images {held_out}{precision}"
    for photos in sets:
        yield f"-m benchmarks.allocation --images {photos}{allocation}"
    yield f"-m benchmarks.scans {sets[0]} {out}/scans.jpg"
    yield "-m benchmarks.page_numbers"
    yield f"-m benchmarks.showcase {out}/showcase.jpg"
    yield f"-m benchmarks.demo_screenshots {out}/pictures"


LIMITS = (("", " --max_images 42", " --max_images 125"), " --max_images 42", "", " --max_images 60")
TRIED = ((" --max_images 3",) * 3, *(" --max_images 3",) * 3)


@pytest.mark.parametrize(("options", "limits"), [([], LIMITS), (["--images", "3"], TRIED)])
def test_every_measurement_is_run(options, limits, sets, tmp_path):
    out = tmp_path / "R&D"
    status, said, err = launch("measure", "--dry_run", str(out), *sets, *options)
    assert status == 0, err
    commands = [shlex.split(line) for line in said.splitlines()]
    assert {command[0] for command in commands} == {"python"}
    relative = [os.path.relpath(one, ROOT) for one in sets]
    wanted = list(expected(out, relative, *limits))
    assert [" ".join(command[1:]) for command in commands] == wanted
    assert not out.exists()


def test_the_documents_know_every_benchmark_that_is_run(sets, tmp_path):
    _, said, _ = launch("measure", "--dry_run", str(tmp_path), *sets, "--onnx", "python")
    run = set(re.findall(r"-m (benchmarks\.\w+)", said))
    text = (ROOT / "docs" / "development.md").read_text()
    table = text.split("| in OUT |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(benchmarks\.\w+)", table)) == run


def test_a_program_is_found_from_the_folder_where_it_was_named(sets, tmp_path):
    program = tmp_path / "env" / "python"
    program.parent.mkdir()
    program.symlink_to("/bin/true")
    command = ["bash", str(ROOT / "launch/measure.sh"), "--dry_run", "o", *sets]
    done = subprocess.run(
        [*command, "--onnx", "env/python"], capture_output=True, text=True, cwd=tmp_path
    )
    assert f"{program} -m benchmarks.onnx_files \n" in done.stdout


def test_what_ended_is_not_measured_again(sets, tmp_path, stand_in):
    out = tmp_path / "o"
    stand_in["FAILING"] = "--output " + f"{out}/clicks/first"
    status, _, err = launch("measure", str(out), *sets, env=stand_in)
    assert status == 2
    assert f"failed: clicks-first; see their logs in {out}" in err
    before = asked(stand_in)
    wanted = list(expected(out, [os.path.relpath(one, ROOT) for one in sets], *LIMITS))
    (table,) = (line for line in wanted if line.endswith(f"pooled_reports {out}/clicks/first"))
    assert before == [line for line in wanted if line != table]
    assert (out / "faded.log").read_text().endswith(" s\n")
    stand_in["FAILING"] = ""
    status, _, err = launch("measure", str(out), *sets, env=stand_in)
    assert status == 0, err
    (again,) = (line for line in wanted if "--output" in line and line.endswith("clicks/first"))
    tables = [line for line in wanted if "score_tables" in line or "pooled_reports" in line]
    assert asked(stand_in) == [again, *tables]
    _, said, _ = launch("measure", "--dry_run", str(out), *sets)
    assert len(said.splitlines()) == len(wanted)


def test_a_first_command_that_was_stopped_begins_anew(sets, tmp_path, stand_in):
    """It is timed, so that nothing may be done already. A good end is a stop all the same."""
    out, marks = tmp_path / "o", set()
    command = ["bash", str(ROOT / "launch" / "measure.sh"), str(out), *sets]
    for end in ("exit 75", "exit 0"):
        (tmp_path / "bin" / "python").write_text(
            f"#!/bin/bash\ntrap '{end}' TERM\nmkdir -p {out}/first-run\n"
            f"touch {out}/first-run/$$\nwhile sleep 0.1; do :; done\n"
        )
        started = subprocess.Popen(command, env=os.environ | stand_in, stderr=subprocess.PIPE)
        while not (found := set(out.glob("first-run/*")) - marks):
            time.sleep(0.01)
        os.kill(started.pid, signal.SIGTERM)
        _, said = started.communicate(timeout=60)
        code = 75 if end == "exit 75" else 128 + signal.SIGTERM
        assert started.returncode == code
        assert f"stopped in first-command with code {code}".encode() in said
        assert set(out.glob("first-run/*")) == found
        assert not (out / "first-command.ended").exists()
        marks |= found


def test_measurements_of_other_weights_are_not_gone_on_with(sets, tmp_path, stand_in):
    out = tmp_path / "o"
    out.mkdir()
    (out / "measured.txt").write_text("0 tiny.safetensors\n")
    status, _, err = launch("measure", str(out), *sets, env=stand_in)
    assert (status, "has measurements of other weights" in err) == (2, True)
    assert not Path(stand_in["ASKED"]).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["out"], "wanted OUT PHOTOS PHOTOS..."),
        (["out", "/nowhere"], "no folder at /nowhere"),
        (["out", "HERE", "HERE"], "two would be first; rename one"),
        (["out", "HERE/photos42"], "two would be photos42; rename one"),
        (["out", "acolvit_jax/assets/photos"], "the photos in the package are measured anyway"),
        (["out", "HERE", "--images", "some"], "--images is 'some', not a whole number"),
        (["out", "HERE", "--onnx", "/no/python"], "--onnx: no such program"),
        (["out", "HERE", "--", "--steps=3"], "nothing is trained; leave out --"),
    ],
)
def test_it_refuses_what_it_cannot_do(arguments, message, sets, tmp_path):
    (Path(sets[0]) / "photos42").mkdir()
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

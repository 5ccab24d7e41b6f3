"""Benchmarks are commands: they help, and say in one line what they cannot use."""

import importlib
import json
import subprocess
import sys

import pytest

from acolvit_jax.checkpoint.workdir import write_config
from acolvit_jax.common import cores
from acolvit_jax.common.errors import UserError
from benchmarks import allocation, compare_runs, input_pipeline, precision, training_curve
from tests.benchmarks.test_names import FOLDER
from tests.models_on_disk import write_model
from tests.training.runs import small_config

NO_COMMANDS = {"__init__", "gpu_kernels", "photo_sets", "torch_baseline"}
IN_A_BROWSER = {"demo_latency", "demo_screenshots", "page_numbers", "web_page"}
COMMANDS = sorted({path.stem for path in FOLDER.glob("*.py")} - NO_COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_benchmark_answers_help(name, capsys, monkeypatch):
    if name in IN_A_BROWSER:
        pytest.importorskip("selenium", reason="selenium is not installed")
    monkeypatch.setattr(cores, "use_cores", lambda count: None)  # for the process, on import
    module = importlib.import_module(f"benchmarks.{name}")
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ")


def test_what_cannot_be_used_is_told_in_one_line(tmp_path):
    small = str(write_model(tmp_path, gated=False))
    for main, arguments, said in (
        (training_curve.main, [], "are required: picture, runs"),
        (training_curve.main, ["curve.png", "/nope"], "/nope"),
        (compare_runs.main, [str(tmp_path / "out"), "a=/nope"], "/nope"),
        (compare_runs.main, [str(tmp_path / "out"), f"a={small}"], "takes images of 32 pixels"),
        (precision.main, ["--checkpoint", "/nope"], "/nope"),
        (allocation.main, ["--checkpoint", small], "takes images of 32 pixels"),
        (allocation.main, ["--checkpoint", "pretrained-dense"], "has one budget"),
        (allocation.main, ["--budgets", "0.5,1.5"], "wanted numbers in [0, 1]"),
        (allocation.main, ["--budgets", "0,0.5"], "budget=0.0 must be in [0.1, 1]"),
        (input_pipeline.main, ["--workers", "two"], "wanted numbers in [0, 256]"),
    ):
        with pytest.raises(UserError) as refused:
            main(arguments)
        assert said in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("count", [1, 4, 6])
def test_the_curve_of_a_run_of_few_steps(tmp_path, count):
    """Means end at the last value: of five in a row, of all where there are fewer."""
    losses = [0.5, 0.25, 0.125, 0.0, 0.125, 1.0][:count]
    expected = {1: [0.5], 4: [0.875 / 4], 6: [0.2, 0.3]}[count]
    assert training_curve.means(losses) == pytest.approx(expected)
    write_config(tmp_path, small_config())
    lines = [{"step": i, "loss": x, "huber": x, "keep": [0.5]} for i, x in enumerate(losses, 1)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    training_curve.main([str(tmp_path / "curve.png"), str(tmp_path)])
    assert (tmp_path / "curve.png").stat().st_size > 0


def test_an_error_ends_the_command(tmp_path):
    command = [sys.executable, "-m", "benchmarks.score_tables", str(tmp_path / "nope")]
    done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (
        1,
        f"error: {tmp_path}/nope/report.json: No such file or directory\n",
    )

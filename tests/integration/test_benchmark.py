"""The benchmark through its command line, on a small model."""

import json

import pytest

from acolvit_jax import benchmark
from acolvit_jax.config import ModelConfig
from acolvit_jax.inference import measurement
from tests.integration.commands import refusal, run
from tests.models_on_disk import write_model


@pytest.fixture
def measure(monkeypatch, capsys):
    """The command in this process, which keeps its cores; gives what is printed."""
    monkeypatch.setattr(benchmark, "use_cores", lambda count: True)

    def call(*arguments):
        benchmark.main(arguments)
        return capsys.readouterr().out

    return call


def test_it_measures_what_it_says(tmp_path):
    model = write_model(tmp_path, any_budget=True)
    file = tmp_path / "out" / "numbers.json"
    status, out, err = run(
        "benchmark", f"--checkpoint={model}", "--rounds=2", f"--json={file}", "--budgets=0.5"
    )
    assert status == 0, err
    for heading in ("speed-up", "images together", "one megapixel", "first result", "floor:"):
        assert heading in out
    numbers = json.loads(file.read_text())
    assert numbers["machine"]["threads"] == "1"
    rows = {row["name"]: row for row in numbers["rows"]}
    assert rows["full depth"]["keep_ratio"] == 1
    assert rows["50% of the sublayers"]["keep_ratio"] == 0.5
    assert "its own decisions at 0.5" in rows
    full, half = rows["full depth"]["macs"], rows["50% of the sublayers"]["macs"]
    assert rows["0% of the sublayers"]["macs"] < half < full
    assert all(0 < row["timing"]["low"] <= row["timing"]["high"] for row in rows.values())
    assert set(numbers["starts"]) == {"nothing cached", "programs cached"}


def test_what_is_cached_is_cached_by_the_benchmark_alone(monkeypatch):
    """Whatever the user has set up for JAX."""
    seen = []
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/full/of/programs")
    monkeypatch.setenv("JAX_ENABLE_COMPILATION_CACHE", "false")
    monkeypatch.setattr(measurement.subprocess, "run", lambda *_, env, **__: seen.append(env))
    measurement._starts(ModelConfig(), {}, "pretrained")
    assert len(seen) == 4
    assert len({env["ACOLVIT_CACHE"] for env in seen}) == 1
    assert not any("COMPILATION_CACHE" in name for env in seen for name in env)


def test_auto_is_compared_with_float32(tmp_path, monkeypatch, measure):
    monkeypatch.setattr("acolvit_jax.models.precision.multiplies_bfloat16", lambda: True)
    file = tmp_path / "numbers.json"
    command = ["--forwards_only", "--keep_ratios=0.5", "--rounds=1", f"--json={file}"]
    out = measure(*command, f"--checkpoint={write_model(tmp_path)}")
    numbers = json.loads(file.read_text())
    assert numbers["machine"]["processor"]
    names = ["full depth", "50% of the sublayers", "its own decisions"]
    assert [(row["name"], row["dtype"]) for row in numbers["rows"]] == [
        (name, dtype) for dtype in ("bfloat16", "float32") for name in names
    ]
    assert "| full depth | bfloat16 |" in out
    assert "| full depth | float32 |" in out


def test_of_the_forwards_alone_it_prints_no_other_table(tmp_path, measure):
    model = write_model(tmp_path)
    out = measure("--forwards_only", "--keep_ratios=", "--rounds=1", f"--checkpoint={model}")
    assert "| its own decisions | float32 |" in out
    assert "floor:" in out
    for other in ("images together", "one megapixel", "first result", "% of the sublayers"):
        assert other not in out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--threads=1000"], "--threads 1000 must be"),
        (["--keep_ratios=0.5,2"], "[0, 1]"),
        ([f"--seed={2**32}"], f"--seed {2**32} must be 0..{2**32 - 1}"),
        (["--size=huge"], "choose one of tiny, small, base"),
        (["--size=tiny", "--budgets=0.5"], "budget is fixed"),
        (["--size=tiny", "--checkpoint=pretrained"], "choose one of them"),
    ],
)
def test_bad_input_gives_one_line(measure, arguments, part):
    code, message = refusal(benchmark.main, *arguments)
    assert code == 2
    assert part in message

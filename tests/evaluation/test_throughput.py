"""The process that measures Table 2."""

import json
import subprocess
from pathlib import Path

import pytest

from acolvit_jax.common.errors import UserError
from acolvit_jax.evaluation import throughput
from acolvit_jax.evaluation.methods import Method


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("warning: slow\n\nerror: no model at x\n", r"benchmark of x failed: no model at x$"),
        ("", r"failed: status -9$"),
    ],
)
def test_it_computes_on_the_processor_and_a_failure_is_one_line(monkeypatch, said, told):
    asked = []

    def run(command, env, **_):
        asked.append(env)
        return subprocess.CompletedProcess(command, -9, "", said)

    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setattr(throughput.subprocess, "run", run)
    with pytest.raises(UserError, match=told):
        throughput.measure_throughput("x", [Method("x", "", None)])
    assert [env["JAX_PLATFORMS"] for env in asked] == ["cpu"]
    assert "PATH" in asked[0]


def test_the_chosen_products_are_told_not_those_measured_for_comparison(monkeypatch):
    def run(command, **_):
        (file,) = (word.removeprefix("--json=") for word in command if word.startswith("--json="))
        rows = [
            {"name": name, "dtype": dtype, "timing": {"median": seconds}}
            for dtype, times in {"bfloat16": (0.01, 0.004), "float32": (0.04, 0.02)}.items()
            for name, seconds in zip(("full depth", "its own decisions"), times, strict=True)
        ]
        Path(file).write_text(json.dumps({"rows": rows}))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(throughput.subprocess, "run", run)
    found = throughput.measure_throughput("x", [Method("x", "", None)])
    assert found == {"x, full depth": 100.0, "x": 250.0}

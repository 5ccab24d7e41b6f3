"""The process that measures Table 2."""

import subprocess

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

"""Images a second for Table 2: the benchmark in a process of its own, on one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from acolvit_jax.common.errors import UserError
from acolvit_jax.evaluation.methods import Method, without_budget
from acolvit_jax.inference.measurement import HINTS, PATTERNS, own_decisions_name

FULL_DEPTH = "full depth"
TIMED = (
    "One image at a time on one thread of the processor. A model's own decisions are those for "
    f"{PATTERNS} photos of the package, each with {HINTS} hints."
)


def measure_throughput(
    path: str, methods: Sequence[Method], dtype: str = "auto"
) -> dict[str, float]:
    """Times one model at full depth and with its own decisions.

    A process that has begun with all cores, or on an accelerator, cannot go back to one thread, so
    this starts another.

    Args:
        path: of the model.
        methods: that model's, one a budget.
        dtype: of the matrix products; `auto` is the faster of the processor.

    Returns:
        Images a second by name, full depth first.

    Raises:
        UserError: if the benchmark fails; the message ends in the last line of its own.
    """
    budgets = [c.budget for c in methods if c.budget is not None]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "numbers.json"
        command = [sys.executable, "-m", "acolvit_jax.benchmark", f"--checkpoint={path}"]
        command += ["--forwards_only", "--keep_ratios=", f"--json={file}"]
        command.append(f"--dtype={dtype}")
        command.append("--budgets=" + ",".join(f"{b:g}" for b in budgets))
        environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
            raise UserError(f"the benchmark of {path} failed: {said[-1].removeprefix('error: ')}")
        measured = json.loads(file.read_text())["rows"]
    # The benchmark adds float32 for comparison where another dtype is chosen; that comes first.
    chosen = measured[0]["dtype"]
    rows = {row["name"]: row for row in measured if row["dtype"] == chosen}
    rates = {row: 1 / values["timing"]["median"] for row, values in rows.items()}
    found = {full_depth_name(methods[0]): rates[FULL_DEPTH]}
    for method in methods:
        own = own_decisions_name(method.budget)
        if own in rates:
            found[method.name] = rates[own]
    return found


def full_depth_name(method: Method) -> str:
    """Name of a model's row at full depth: one for all its budgets."""
    return f"{without_budget(method.name)}, {FULL_DEPTH}"

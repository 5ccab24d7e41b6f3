"""Images a second for Table 2: the benchmark in a process of its own, on one thread."""

from __future__ import annotations

import json
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
    "One image at a time on one thread. A model's own decisions are those for "
    f"{PATTERNS} photos of the package, each with {HINTS} hints."
)


def measure_throughput(
    path: str, methods: Sequence[Method], dtype: str = "float32"
) -> dict[str, float]:
    """Times one model at full depth and with its own decisions.

    A process that has begun with all cores cannot go back to one thread, so this starts another.

    Args:
        path: of the model.
        methods: that model's, one a budget.
        dtype: of the matrix products.

    Returns:
        Images a second by name, full depth first.

    Raises:
        UserError: if the benchmark fails; the message is its own.
    """
    name = without_budget(methods[0].name)
    budgets = [c.budget for c in methods if c.budget is not None]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "numbers.json"
        command = [sys.executable, "-m", "acolvit_jax.benchmark", f"--checkpoint={path}"]
        command += ["--forwards_only", "--keep_ratios=", f"--json={file}"]
        command.append(f"--dtype={dtype}")
        command.append("--budgets=" + ",".join(f"{b:g}" for b in budgets))
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"the benchmark of {path} failed: {done.stderr.strip()[-300:]}")
        rows = {row["name"]: row for row in json.loads(file.read_text())["rows"]}
    rates = {row: 1 / values["timing"]["median"] for row, values in rows.items()}
    found = {f"{name}, full depth": rates[FULL_DEPTH]}
    for method in methods:
        own = own_decisions_name(method.budget)
        if own in rates:
            found[method.name] = rates[own]
    return found

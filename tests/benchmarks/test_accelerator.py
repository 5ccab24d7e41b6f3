"""The benchmark of one accelerator runs to its tables."""

import json

import pytest

from benchmarks.accelerator import markdown, measure
from tests.training.runs import MODEL


def test_it_times_steps_and_batches():
    report = measure(MODEL, 8, 64, 1)
    rows = report["rows"]
    assert list(rows) == [
        "step float32",
        "step bfloat16",
        "plain",
        "kept 1",
        "kept 0.5",
        "kept 0.3",
    ]
    assert rows["plain"]["over_plain"] == 1
    for row in rows.values():
        assert row["images_per_second"] == pytest.approx(8 / row["seconds"])
    json.dumps(report)
    assert markdown(report).count("\n") == 3 + len(rows)

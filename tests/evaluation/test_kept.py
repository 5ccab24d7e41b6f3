"""What a report goes on telling: clicks and rates of before."""

import json

import pytest

from acolvit_jax.evaluation.click_scores import Clicked, ClickFile
from acolvit_jax.evaluation.kept import kept_clicks, kept_rates
from acolvit_jax.evaluation.methods import Method


def clicked(method, image, count):
    psnr = [20.0 + k for k in range(count + 1)]
    return Clicked(
        method, image, psnr, [[0, k] for k in range(count)], [None] * count, [0.5] * count
    )


def test_clicks_on_every_image_are_kept_as_many_as_all_have(tmp_path):
    file = ClickFile(tmp_path, 1)
    file.add([clicked("long", image, 3) for image in "ab"])
    file.add([clicked("short", "a", 2), clicked("short", "b", 3), clicked("part", "a", 1)])
    file.add([clicked("another", "a", 1), clicked("another", "b", 1)])
    file.close()
    before = (tmp_path / "clicks.jsonl").read_bytes()
    kept = kept_clicks(tmp_path, ["short", "part", "long", "new"], {"a", "b"})
    assert {one.key for one in kept} == {(name, i) for name in ("short", "long") for i in "ab"}
    assert {len(one.cells) for one in kept} == {2}
    assert (tmp_path / "clicks.jsonl").read_bytes() == before
    assert kept_clicks(tmp_path / "none", ["long"], {"a"}) == []


def test_rates_are_kept_by_name(tmp_path):
    methods = [Method("grey", "", None), Method("any@0.5", "", None)]
    rates = {"any, full depth": 20.5, "any@0.5": 30.5, "any@0.3": 40.5, "other, full depth": 1.5}
    report = {"throughput": rates, "facts": {"device": "cpu"}}
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert kept_rates(tmp_path, methods) == {"any, full depth": 20.5, "any@0.5": 30.5}
    # One that names no device may have measured on an accelerator.
    (tmp_path / "report.json").write_text(json.dumps(report | {"facts": {}}))
    assert kept_rates(tmp_path, methods) == {}


@pytest.mark.parametrize(
    "text", [None, "", "{}", '{"throughput": [1]}', '{"throughput": {"a": "b"}}']
)
def test_without_a_whole_report_there_are_no_rates(tmp_path, text):
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    assert kept_rates(tmp_path, [Method("a", "", None)]) == {}

"""Reports on several sets are read as one, every photo counting once."""

import json
from pathlib import Path

import pytest

from acolvit_jax.common.errors import ConfigError
from benchmarks import pooled_reports


def write_report(folder: Path, photos: dict[str, dict[str, list[float]]], clicks=True) -> Path:
    """A report of `{method: {photo: PSNR after 0, 1, 2 clicks}}`; a hint gives 20 dB more."""
    folder.mkdir()
    scores, clicked = [], []
    for method, by_photo in photos.items():
        for image, psnr in by_photo.items():
            score = {"contender": method, "count": 1, "image": image, "macs": 1.0}
            decisions = None if method == "grey" else [[1, 1]]
            scores.append(score | {"values": {"psnr": psnr[0] + 20}, "decisions": decisions})
            steps = len(psnr) - 1
            clicked.append(
                {"method": method, "image": image, "psnr": psnr, "cells": [[0, 0]] * steps}
                | {"reach": [None] * steps, "across": [None] * steps}
            )
    for name, lines in (("scores", scores), ("clicks", clicked if clicks else [])):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = {"contenders": [{"name": method} for method in photos]}
    told["clicks"] = [{"clicks": steps}] if clicks else []
    (folder / "report.json").write_text(json.dumps(told))
    return folder


@pytest.fixture
def reports(tmp_path):
    """Two photos and one, the first of the same name in both sets."""
    first = {"grey": {"a": [0, 0, 0], "b": [0, 0, 0]}, "old": {"a": [1, 2, 3], "b": [2, 1, 40]}}
    first["new"] = {"a": [1, 4, 5], "b": [4, 6, 8]}
    second = {"grey": {"a": [0, 0, 0]}, "old": {"a": [6, 5, 4]}, "new": {"a": [9, 9, 9]}}
    return [write_report(tmp_path / "one", first), write_report(tmp_path / "two", second)]


def test_every_photo_counts_once(reports):
    found = pooled_reports.tables(reports, "")
    # Random hints: (21 + 22 + 26) / 3 and (21 + 24 + 29) / 3.
    assert "| old | 23.00 |" in found
    assert "| new | 24.67 |" in found
    # Clicks: old 1, 2, 6; 2, 1, 5; 3, 40, 4. Its first makes b and the other a worse, by 1 each.
    assert "| old | 3.00 | 2.67 | 15.67 | 2 of 3 | -0.33 | -1.0 | 2 |" in found
    assert "| new | 4.67 | 6.33 | 7.33 | 0 of 3 | 1.67 | 0.0 | 3 |" in found
    # Against the first model, not grey: (0 + 2) / 2 of two photos, 3 of one; one has no error.
    assert "against old, in dB" in found
    assert "| new | +1.67 |" in found
    assert "| grey | -3.00 |" in found


def test_the_base_may_be_named(reports):
    found = pooled_reports.tables(reports, "new")
    assert "against new, in dB" in found
    assert "| old | -1.67 |" in found


def test_one_report_has_errors_of_its_own(tmp_path):
    photos = {"old": {"a": [1], "b": [2]}, "new": {"a": [1], "b": [4]}}
    found = pooled_reports.tables([write_report(tmp_path / "r", photos, clicks=False)], "")
    # Differences 0 and 2: mean 1, deviation sqrt(2), by sqrt(2) photos.
    assert "| new | +1.00 ± 1.00 |" in found


def test_reports_without_clicks_have_random_hints_alone(tmp_path):
    photos = {"old": {"a": [1, 2]}}
    found = pooled_reports.tables([write_report(tmp_path / "r", photos, clicks=False)], "")
    assert found == "| random hints | 1 |\n| :--- | ---: |\n| old | 21.00 |"


def test_lines_that_a_report_does_not_tell_of_are_left_out(reports):
    """Of a method and of clicks that an earlier call asked for."""
    wanted = pooled_reports.tables(reports[1:], "")
    for name in ("scores", "clicks"):
        path = reports[1] / f"{name}.jsonl"
        path.write_text(path.read_text() + path.read_text().replace('"new"', '"newer"'))
    told = json.loads((reports[1] / "report.json").read_text())
    assert pooled_reports.tables(reports[1:], "") == wanted
    told["clicks"][0]["clicks"] = 1
    (reports[1] / "report.json").write_text(json.dumps(told))
    assert "| clicks | 0 | 1 | first" in pooled_reports.tables(reports[1:], "")


def test_what_cannot_be_pooled_is_said(reports, tmp_path):
    def pool(*folders, base=""):
        pooled_reports.tables(folders, base)

    with pytest.raises(ConfigError, match=r"no method 'newer' in .*; there are old, new, grey"):
        pool(*reports, base="newer")
    photos = {"old": {"a": [1, 2, 3]}, "new": {"a": [1, 2, 3]}, "grey": {"a": [1, 2, 3]}}
    fewer = write_report(tmp_path / "fewer", {"old": photos["old"]})
    with pytest.raises(ConfigError, match=r"other methods than .*: old instead of grey, new, old"):
        pool(reports[0], fewer)
    unclicked = write_report(tmp_path / "unclicked", photos, clicks=False)
    with pytest.raises(ConfigError, match=r"unclicked has other clicks than .*: none instead"):
        pool(reports[0], unclicked)
    other = write_report(tmp_path / "other", {name: {"a": [1, 2]} for name in photos})
    with pytest.raises(ConfigError, match="other has other clicks than"):
        pool(reports[0], other)
    hints = write_report(tmp_path / "hints", photos)
    path = hints / "scores.jsonl"
    path.write_text(path.read_text().replace('"count": 1,', '"count": 5,'))
    with pytest.raises(ConfigError, match=r"hints has other numbers of hints than .*: 5 instead"):
        pool(reports[0], hints)
    with pytest.raises(ConfigError, match="a report is named twice"):
        pool(reports[0], reports[0].parent / "two" / ".." / "one")
    with pytest.raises(ConfigError, match="nothing holds no finished report"):
        pool(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["scores", "clicks"])
def test_a_report_that_lacks_photos_is_refused(reports, name):
    """Scored again while it is read, or damaged since."""
    path = reports[0] / f"{name}.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ConfigError, match="one lacks photos of a method; run its `evaluate` again"):
        pooled_reports.tables(reports, "")

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


def test_what_cannot_be_pooled_is_said(reports, tmp_path):
    with pytest.raises(ConfigError, match=r"no method 'newer' in .*; there are old, new, grey"):
        pooled_reports.tables(reports, "newer")
    other = write_report(tmp_path / "other", {"old": {"a": [1, 2, 3]}})
    with pytest.raises(ConfigError, match=r"other lacks new, grey"):
        pooled_reports.tables([reports[0], other], "")
    with pytest.raises(ConfigError, match="nothing holds no report"):
        pooled_reports.tables([tmp_path / "nothing"], "")

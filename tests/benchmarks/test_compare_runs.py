"""Runs are compared over several sets of photos."""

import pytest

from benchmarks import compare_runs
from tests.models_on_disk import write_model
from tests.photos import make_folder

SHAPE = {"patch_size": 16, "image_size": 224, "width": 64, "depth": 2}


@pytest.fixture
def models(tmp_path):
    made = []
    for seed, name in enumerate(("first", "second")):
        (tmp_path / name).mkdir()
        made.append(f"{name}={write_model(tmp_path / name, **SHAPE, seed=seed)}")
    return tuple(made)


def test_the_difference_is_that_over_all_photos(models, tmp_path, monkeypatch):
    """Of three photos and of two; the clicks are shortened alone."""
    monkeypatch.setattr(compare_runs, "CLICKS", 1)
    reports = []
    for name, number in (("some", 3), ("others", 2)):
        make_folder(tmp_path / name, number)
        reports.append(compare_runs.score(tmp_path / "r" / name, models, str(tmp_path / name), 0))
    table = compare_runs.against_first(reports)
    one, other = (report["against"][0]["hints"]["10"][0] for report in reports)
    assert f"{(3 * one + 2 * other) / 5:+.2f} ± " in table
    assert "| clicks | 0 | 1 |" in table
    alone = compare_runs.score(tmp_path / "s", models[:1], str(tmp_path / "others"), 0)
    assert compare_runs.against_first([alone]) == ""


def test_reports_on_folders_of_one_name_have_different_names(tmp_path, monkeypatch):
    for name in ("a/val", "b/val"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    one, other = map(compare_runs.report_name, ("a/val", "b/val"))
    assert one != other
    assert one.startswith("val-")
    # The set alone says it, however it is spelled.
    assert compare_runs.report_name(f"{tmp_path}/a/val/") == one
    assert compare_runs.report_name("sample") == "sample"

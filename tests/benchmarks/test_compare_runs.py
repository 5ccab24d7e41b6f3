"""Runs are compared over several sets of photos."""

from benchmarks import compare_runs
from benchmarks.compare_runs import report_name, score
from tests.models_on_disk import write_model
from tests.photos import make_folder


def test_reports_on_folders_of_one_name_have_different_names():
    sets = ["a/val", "b/val", "c/test", "sample", "x/a/val"]
    names = [report_name(images, sets) for images in sets]
    assert names == ["a-val", "b-val", "test", "sample", "x-a-val"]
    assert [report_name(images, ["/p/val", "q/val"]) for images in ("/p/val", "q/val")] == [
        "p-val",
        "q-val",
    ]
    assert report_name("p/val", ["p/val", "p/val"]) == "val"


def test_runs_are_compared_over_all_sets(tmp_path, monkeypatch):
    shape = {"patch_size": 16, "image_size": 224, "width": 64, "depth": 2}
    models = []
    for seed, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        models.append(f"{name}={write_model(tmp_path / name, seed=seed, **shape)}")
    sets = [str(make_folder(tmp_path / "photos", 5)), str(make_folder(tmp_path / "others", 2))]
    monkeypatch.setattr(compare_runs, "CLICKS", 1)
    reports = [
        score(tmp_path / name, tuple(models), images, 3)
        for name, images in zip("ab", sets, strict=True)
    ]
    first, other = (report["against"][0]["hints"]["10"][0] for report in reports)
    table = compare_runs.against_first(reports)
    assert f"{(3 * first + 2 * other) / 5:+.2f} ± " in table
    assert "| clicks | 0 | 1 |" in table
    alone = score(tmp_path / "c", (models[0],), sets[1], 0)
    assert compare_runs.against_first([alone]) == ""

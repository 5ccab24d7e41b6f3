"""Tables of scores are printed from reports."""

import json

from benchmarks.score_tables import main


def method(name, keep_ratio, psnr, gmacs=1.0, deviation=0.0):
    return {
        "name": name,
        "keep_ratio": keep_ratio,
        "keep_deviation": deviation,
        "gmacs": gmacs,
        "means": {"psnr": dict(zip(("1", "10"), psnr, strict=True))},
    }


def report(folder, *methods):
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps({"contenders": methods}))
    return str(folder)


def test_distances_to_dense_are_printed(tmp_path, capsys):
    grey = method("grey", None, (20.0, 20.0), gmacs=None)
    half = method("any@0.5", 0.4986, (22.25, 24.75), 0.834, 0.0523)
    with_dense = report(tmp_path / "a", grey, method("dense", 1.0, (22.5, 25.5), 1.43), half)
    without = report(tmp_path / "b", grey, half)
    main([with_dense, without])
    first, second = capsys.readouterr().out.split(without)
    assert "| grey |  |  | 20.00 | 20.00 |" in first
    assert "| any@0.5 | 0.499 | 0.83 | 22.25 | 24.75 |" in first
    # 0.25 and 0.75 below dense, 0.5 in the mean
    assert "| any@0.5 | 0.052 | 0.25 | 0.75 | 0.50 |" in first
    assert "| grey | 0" not in first
    assert "| dense | 0" not in first
    assert "| any@0.5 | 0.499 | 0.83 | 22.25 | 24.75 |" in second
    assert "below dense" not in second

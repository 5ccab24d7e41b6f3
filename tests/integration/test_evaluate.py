"""Evaluation through the command line: the report, a kill half-way, clicks."""

import json
import time

import numpy as np
import pytest

from acolvit_jax import __version__
from acolvit_jax.common.errors import UserError
from acolvit_jax.evaluate import main
from tests.integration.commands import HERE, kill, run, start
from tests.integration.evaluations import arguments, per_image


@pytest.fixture(scope="module")
def report(setting, tmp_path_factory):
    output = tmp_path_factory.mktemp("reports") / "whole"
    status, out, err = run("evaluate", *arguments(setting, output), devices=HERE)
    assert status == 0, err
    return output, out


def test_the_report_has_the_tables_and_figures(report, setting):
    output, out = report
    assert "| PSNR@1, dB | PSNR@10, dB |" in out.replace("|  | GFLOPs ", "")
    text = (output / "report.md").read_text()
    for part in ("any@1", "any@0.3", "fixed", "nearest", "iColoriT-T (paper", "Boundary PSNR"):
        assert part in text
    data = json.loads((output / "report.json").read_text())
    folder, models = setting
    assert data["facts"] == {
        "images": f"40 of {folder / 'photos'}",
        "hints": "drawn as the published sets of acolvit, seed 1234",
        "LPIPS": "not measured; --lpips does",
        "models": ", ".join(models).replace("=", " = "),
        "matrix products": "float32",
        "device": "cpu",
        "computed by": f"acolvit_jax {__version__}",
    }
    by_name = {c["name"]: c for c in data["contenders"]}
    assert list(by_name) == ["grey", "nearest", "fixed", "any@1", "any@0.3"]
    rows = per_image(output)
    assert len(rows) == 40 * 2 * 5
    for name, method in by_name.items():
        assert method["images"] == 40
        for count in (1, 10):
            own = [r for r in rows if r["contender"] == name and r["hints"] == str(count)]
            mean = np.mean([float(r["psnr"]) for r in own])
            assert method["means"]["psnr"][str(count)] == pytest.approx(mean)
    assert by_name["grey"]["gmacs"] is None
    assert 0 < by_name["fixed"]["keep_ratio"] < 1
    for figure in ("figure_2", "figure_3", "compute", "keep", "quality"):
        for suffix in ("png", "svg"):
            assert (output / f"{figure}.{suffix}").stat().st_size > 1000
        assert f"({figure}.png)" in text


def test_killed_half_way_the_report_is_the_same(report, setting, tmp_path):
    output = tmp_path / "killed"
    process = start("evaluate", *arguments(setting, output), devices=HERE, to_kill=True)
    scores = output / "scores.jsonl"
    end = time.monotonic() + 120
    while not (scores.exists() and scores.stat().st_size) and time.monotonic() < end:
        time.sleep(0.02)
    kill(process)
    done = len(scores.read_text().splitlines())
    assert 0 < done < 400
    main(arguments(setting, output))
    for name in ("report.json", "report.md", "per_image.csv"):
        assert (output / name).read_text() == (report[0] / name).read_text(), name


@pytest.mark.usefixtures("scores_alone")
def test_hint_files_give_the_same_scores_as_drawn_hints(report, setting, tmp_path, capsys):
    folder, _ = setting
    hints = tmp_path / "hints" / "1234"
    main([f"--images={folder / 'photos'}", "--make_hints", f"--hint_dir={hints}"])
    assert str(hints) in capsys.readouterr().out
    assert len(list(hints.rglob("*.txt"))) == 6 * 40
    main(arguments(setting, tmp_path / "report", f"--hint_dir={hints}"))
    texts = [(p / "per_image.csv").read_text() for p in (report[0], tmp_path / "report")]
    assert texts[0] == texts[1]


def test_clicks_are_reported_and_go_on(setting, tmp_path):
    folder, models = setting
    output = tmp_path / "r"
    command = ["--checkpoint", models[0], f"--images={folder / 'photos'}", "--hints=1"]
    command += ["--max_images=3", f"--output={output}"]
    main(command)
    assert "## Clicks" not in (output / "report.md").read_text()
    main([*command, "--clicks=2"])
    text = (output / "report.md").read_text()
    whole = (output / "clicks.jsonl").read_text()
    for part in ("## Clicks", "clicks to 28 dB", "of 3 |", "(clicks.png)"):
        assert part in text
    found = [json.loads(line) for line in whole.splitlines()]
    data = json.loads((output / "report.json").read_text())["clicks"][0]
    assert data["psnr"] == pytest.approx(np.mean([one["psnr"] for one in found], axis=0))
    # A kill after the first photo: the rest is the same again.
    (output / "clicks.jsonl").write_text("".join(whole.splitlines(keepends=True)[:1]) + "{")
    main([*command, "--clicks=2"])
    lines = (output / "clicks.jsonl").read_text().splitlines()
    for one, again in zip(found, map(json.loads, lines), strict=True):
        assert (again["cells"], again["psnr"]) == (one["cells"], one["psnr"])
    with pytest.raises(UserError, match=r"--clicks -1 must be 0 \(none\)"):
        main([*command, "--clicks=-1"])
    # What was clicked stays in the report, of the method that has clicked.
    before = json.loads((output / "report.json").read_text())["clicks"]
    main([*command, "--baselines=grey"])
    after = json.loads((output / "report.json").read_text())
    assert after["clicks"] == before
    assert [one["clicks"] for one in after["against"]] == [[]]
    assert "(clicks.png)" in (output / "report.md").read_text()


def test_methods_are_compared_with_the_first_model(report):
    """The baselines stand before it; the means are the differences of the table's own numbers."""
    data = json.loads((report[0] / "report.json").read_text())
    means = {one["name"]: one["means"]["psnr"] for one in data["contenders"]}
    assert [one["name"] for one in data["against"]] == ["grey", "nearest", "any@1", "any@0.3"]
    for one in data["against"]:
        assert (one["base"], one["photos"], one["clicks"]) == ("fixed", 40, [])
        for count, (mean, error) in one["hints"].items():
            assert mean == pytest.approx(means[one["name"]][count] - means["fixed"][count])
            assert error > 0
    assert "## Against fixed\n" in (report[0] / "report.md").read_text()


@pytest.mark.usefixtures("scores_alone")
def test_a_part_has_the_hints_of_the_whole(report, setting, tmp_path):
    folder, models = setting
    (tmp_path / "list.txt").write_text("0003.jpg\n0030.jpg\n")
    command = ["--checkpoint", models[0], f"--images={folder / 'photos'}", "--hints=1,10"]
    whole = {(r["image"], r["hints"]): r for r in per_image(report[0]) if r["contender"] == "fixed"}
    main([*command, f"--output={tmp_path / 'part'}", "--max_images=4"])
    part = per_image(tmp_path / "part")
    assert len(part) == 8
    assert all(row == whole[row["image"], row["hints"]] for row in part)
    main([*command, f"--output={tmp_path / 'listed'}", f"--list={tmp_path / 'list.txt'}"])
    assert {r["image"] for r in per_image(tmp_path / "listed")} == {"0003.jpg", "0030.jpg"}
    (tmp_path / "list.txt").write_text("0003.jpg\nother.jpg\n")
    with pytest.raises(UserError, match=r"1 of the 2 images .* are missing, first other\.jpg"):
        main([*command, f"--output={tmp_path / 'x'}", f"--list={tmp_path / 'list.txt'}"])

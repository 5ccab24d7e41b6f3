"""Evaluation through the command line: the report, a kill half-way, bad input."""

import csv
import json
import time

import numpy as np
import pytest

from acolvit_jax import __version__
from acolvit_jax.common.errors import UserError
from acolvit_jax.evaluate import main
from acolvit_jax.evaluation import gallery
from acolvit_jax.evaluation.methods import check_names
from tests.integration.commands import HERE, kill, one_line_error, run, start
from tests.models_on_disk import write_model
from tests.photos import make_folder

# 16 pixels a patch and 224 a side, as the protocol has them, but next to no width.
SHAPE = {"patch_size": 16, "image_size": 224, "width": 64, "depth": 2}


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    (folder / "any").mkdir()
    models = [write_model(folder, **SHAPE), write_model(folder / "any", **SHAPE, any_budget=True)]
    make_folder(folder / "photos", 40)
    return folder, [f"fixed={models[0]}", f"any={models[1]}"]


def arguments(setting, output, *more):
    folder, models = setting
    return [
        *("--checkpoint", *models),
        "--budgets=1,0.3",
        "--baselines=grey,nearest",
        f"--images={folder / 'photos'}",
        "--hints=1,10",
        "--dtype=float32",  # as tests in this process compute
        f"--output={output}",
        *more,
    ]


@pytest.fixture
def scores_alone(monkeypatch):
    """Reports without figures, for tests of scores: most of a small report's time is drawing."""
    monkeypatch.setattr(gallery, "draw_all", lambda *_: {})


def per_image(folder):
    return list(csv.DictReader((folder / "per_image.csv").read_text().splitlines()))


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


@pytest.mark.usefixtures("scores_alone")
def test_propagation_and_part_of_the_images(setting, tmp_path):
    folder, models = setting
    command = ["--checkpoint", models[0], f"--images={folder / 'photos'}", "--hints=1,5"]
    main([*command, f"--output={tmp_path / 'r'}", "--max_images=3", "--propagation"])
    rows = per_image(tmp_path / "r")
    assert {r["image"] for r in rows} == {"0000.jpg", "0013.jpg", "0026.jpg"}
    assert all(0 < float(r["propagation"]) < 320 for r in rows if r["propagation"])
    assert "hint propagation@5, px" in (tmp_path / "r" / "report.md").read_text()


@pytest.mark.usefixtures("scores_alone")
def test_a_bad_image_ends_the_run_or_is_left_out(setting, tmp_path, capsys):
    _, models = setting
    photos = make_folder(tmp_path / "photos", 3)
    (photos / "0001.jpg").write_bytes(b"not a photo")
    command = ["--checkpoint", models[0], f"--images={photos}", "--hints=1"]
    with pytest.raises(UserError, match=r"0001\.jpg.*--skip_bad leaves such images out"):
        main([*command, f"--output={tmp_path / 'r'}"])
    main([*command, f"--output={tmp_path / 'r'}", "--skip_bad"])
    assert "warning: left out 0001.jpg" in capsys.readouterr().err
    text = (tmp_path / "r" / "report.md").read_text()
    assert "images: 2 of" in text
    assert "left out: 1 bad images: 0001.jpg" in text


BAD = {
    "output": (["--checkpoint=MODEL"], 2, "--output is missing"),
    "hints": (["--checkpoint=MODEL", "--output=OUT", "--hints=1,x"], 2, "--hints '1,x'"),
    "odd hints": (["--checkpoint=MODEL", "--output=OUT", "--hints=3"], 2, "give --hint_dir"),
    "images": (["--checkpoint=MODEL", "--output=OUT", "--images=/nowhere"], 1, "/nowhere"),
    "tfds": (["--checkpoint=MODEL", "--output=OUT", "--images=tfds:mnist"], 2, "mnist"),
    "baseline": (["--baselines=magic", "--output=OUT"], 2, "grey, nearest, levin"),
    "checkpoint": (["--checkpoint=/nowhere", "--output=OUT"], 1, "no model at /nowhere"),
    "twice": (["--checkpoint", "MODEL", "MODEL", "--output=OUT"], 2, "NAME=PATH"),
    "hint files": (
        ["--checkpoint=MODEL", "--output=OUT", "--hint_dir=/nowhere/1234"],
        1,
        "--make_hints",
    ),
    "seed": (["--make_hints", "--hint_dir=/tmp/hints"], 2, "ROOT/1234"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_line(case, setting, tmp_path):
    args, code, part = BAD[case]
    args = [a.replace("MODEL", setting[1][0]).replace("OUT", str(tmp_path / "out")) for a in args]
    with pytest.raises(UserError) as raised:
        main(args)
    assert raised.value.exit_code == code
    assert part in str(raised.value)
    assert "\n" not in str(raised.value)


def test_bad_input_in_the_shell():
    assert "--output is missing" in one_line_error(run("evaluate"), 2)


def test_no_contender_is_nothing_to_evaluate():
    with pytest.raises(UserError, match="nothing to evaluate"):
        check_names([])


@pytest.mark.usefixtures("scores_alone")
def test_the_weights_in_the_package_are_the_default(setting, tmp_path):
    photos = f"--images={setting[0] / 'photos'}"
    main([photos, "--max_images=1", "--hints=1", f"--output={tmp_path / 'r'}"])
    assert {r["contender"] for r in per_image(tmp_path / "r")} == {"pretrained@0.5"}


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


@pytest.mark.usefixtures("scores_alone")
def test_other_hints_are_another_evaluation(setting, tmp_path):
    folder, models = setting
    hints = tmp_path / "hints" / "1234"
    images = f"--images={folder / 'photos'}"
    main([images, "--make_hints", f"--hint_dir={hints}"])
    command = ["--checkpoint", models[0], images, "--hints=1", f"--hint_dir={hints}"]
    main([*command, f"--output={tmp_path / 'r'}", "--max_images=2"])
    for path in (hints / "h2-n1").iterdir():
        path.write_text("0 0\n")  # one hint, as h2-n1 wants
    with pytest.raises(UserError, match="holds another evaluation"):
        main([*command, f"--output={tmp_path / 'r'}", "--max_images=2"])


@pytest.mark.usefixtures("scores_alone")
def test_photos_exported_anew_are_another_evaluation(setting, tmp_path):
    _, models = setting
    photos = make_folder(tmp_path / "photos", 2)
    command = ["--checkpoint", models[0], f"--images={photos}", "--hints=1"]
    main([*command, f"--output={tmp_path / 'r'}"])
    (photos / "0001.jpg").write_bytes((photos / "0000.jpg").read_bytes())
    with pytest.raises(UserError, match="holds another evaluation"):
        main([*command, f"--output={tmp_path / 'r'}"])


@pytest.mark.usefixtures("scores_alone")
def test_the_hints_of_the_other_project_are_drawn_when_named(setting, tmp_path):
    folder, models = setting
    command = ["--checkpoint", models[0], f"--images={folder / 'photos'}", "--hints=5"]
    for name in ("acolvit", "icolorit"):
        main([*command, "--max_images=2", f"--hint_list={name}", f"--output={tmp_path / name}"])
        assert f"sets of {name}, seed 1234" in (tmp_path / name / "report.md").read_text()
    assert per_image(tmp_path / "acolvit") != per_image(tmp_path / "icolorit")


@pytest.mark.usefixtures("scores_alone")
def test_bad_hints_are_left_out_when_asked(setting, tmp_path):
    folder, models = setting
    hints = tmp_path / "hints" / "1234"
    images = f"--images={folder / 'photos'}"
    main([images, "--make_hints", f"--hint_dir={hints}"])
    (hints / "h2-n1" / "0005.txt").write_text("0 224\n")
    command = ["--checkpoint", models[0], images, "--hints=1", f"--hint_dir={hints}"]
    with pytest.raises(UserError, match=r"hints of 1 of 40 images are bad.*0005\.txt"):
        main([*command, f"--output={tmp_path / 'r'}"])
    main([*command, f"--output={tmp_path / 'r'}", "--skip_bad"])
    text = (tmp_path / "r" / "report.md").read_text()
    assert "images: 39 of" in text
    assert "left out: 1 bad images" in text
    assert len(per_image(tmp_path / "r")) == 39


@pytest.mark.usefixtures("scores_alone")
def test_levin_and_throughput(setting, tmp_path):
    folder, models = setting
    command = ["--checkpoint", *models, "--baselines=levin", f"--images={folder / 'photos'}"]
    output = tmp_path / "r"
    main([*command, "--hints=10", f"--output={output}", "--max_images=2", "--throughput"])
    text = (output / "report.md").read_text()
    table = text.split("## Table 2")[1]
    for name in ("fixed, full depth", "fixed |", "any@0.5", "iColoriT-T (paper, its machine)"):
        assert name in table
    data = json.loads((output / "report.json").read_text())
    assert all(rate > 0 for rate in data["throughput"].values())
    assert data["contenders"][0]["name"] == "levin"


def test_a_model_of_another_size_is_refused(tmp_path):
    model = write_model(tmp_path)
    with pytest.raises(UserError, match="takes images of 32 pixels"):
        main([f"--checkpoint={model}", f"--output={tmp_path / 'r'}"])

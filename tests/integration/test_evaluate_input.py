"""Evaluation through the command line: what it takes, leaves out and refuses."""

import json

import pytest

from acolvit_jax.common.errors import UserError
from acolvit_jax.evaluate import main
from acolvit_jax.evaluation import run as run_module
from acolvit_jax.evaluation.methods import check_names
from tests.integration.commands import one_line_error, run
from tests.integration.evaluations import per_image
from tests.models_on_disk import write_model
from tests.photos import make_folder, make_jpeg


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
    command = ["--checkpoint", models[0], f"--images={photos}", "--hints=1"]
    large = make_jpeg(1, (320, 240))
    for damaged in (b"not a photo", large[: -len(large) // 50]):
        (photos / "0001.jpg").write_bytes(damaged)
        with pytest.raises(UserError, match=r"0001\.jpg.*--skip_bad leaves such images out"):
            main([*command, f"--output={tmp_path / str(len(damaged))}"])
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
    "data_dir": (
        ["--checkpoint=MODEL", "--output=OUT", "--data_dir=/d"],
        2,
        "--data_dir=/d goes with tfds:NAME, not with sample",
    ),
    "tfds": (["--checkpoint=MODEL", "--output=OUT", "--images=tfds:mnist"], 2, "mnist"),
    "baseline": (["--baselines=magic", "--output=OUT"], 2, "grey, nearest, levin"),
    "checkpoint": (["--checkpoint=/nowhere", "--output=OUT"], 1, "no model at /nowhere"),
    "no model": (["--baselines=grey", "--finished", "--output=OUT"], 2, "--finished is of models"),
    "no model to time": (
        ["--baselines=grey", "--throughput", "--output=OUT"],
        2,
        "--throughput is of models",
    ),
    "twice": (["--checkpoint", "MODEL", "MODEL", "--output=OUT"], 2, "NAME=PATH"),
    "hint files": (
        ["--checkpoint=MODEL", "--output=OUT", "--hint_dir=/nowhere/1234"],
        1,
        "--make_hints",
    ),
    "seed": (["--make_hints", "--hint_dir=/tmp/hints"], 2, "ROOT/1234"),
    "hints drawn and given": (
        ["--checkpoint=MODEL", "--output=OUT", "--hint_dir=/h/1234", "--hint_list=icolorit"],
        2,
        "--hint_list icolorit is for hints that are drawn; those of /h/1234 are given",
    ),
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


@pytest.mark.usefixtures("scores_alone")
def test_a_report_says_which_images_it_took_and_goes_on_by_any_path(setting, tmp_path, monkeypatch):
    folder, _ = setting
    names = tmp_path / "list.txt"
    names.write_text("0003.jpg\n0030.jpg\n0031.jpg\n")
    command = ["--baselines=grey", "--hints=1", f"--list={names}", f"--output={tmp_path / 'r'}"]
    main([*command, f"--images={folder / 'photos'}", "--max_images=2"])
    scores = (tmp_path / "r" / "scores.jsonl").read_text()
    facts = json.loads((tmp_path / "r" / "report.json").read_text())["facts"]
    assert (facts["list"], facts["taken evenly"]) == (str(names), "2 of 3")
    monkeypatch.chdir(folder)
    main([*command, "--images=./photos/", "--max_images=2"])
    assert (tmp_path / "r" / "scores.jsonl").read_text() == scores


@pytest.fixture
def with_hints(setting, tmp_path):
    """A folder of hint files, and the arguments that score a model by them."""
    folder, models = setting
    hints = tmp_path / "hints" / "1234"
    images = f"--images={folder / 'photos'}"
    main([images, "--make_hints", f"--hint_dir={hints}"])
    return hints, ["--checkpoint", models[0], images, "--hints=1", f"--hint_dir={hints}"]


@pytest.mark.usefixtures("scores_alone")
def test_other_hints_are_another_evaluation(with_hints, tmp_path):
    hints, command = with_hints
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
def test_bad_hints_are_left_out_when_asked(with_hints, tmp_path):
    hints, command = with_hints
    (hints / "h2-n1" / "0005.txt").write_text("0 224\n")
    with pytest.raises(UserError, match=r"hints of 1 of 40 images are bad.*0005\.txt"):
        main([*command, f"--output={tmp_path / 'r'}"])
    main([*command, f"--output={tmp_path / 'r'}", "--skip_bad"])
    text = (tmp_path / "r" / "report.md").read_text()
    assert "images: 39 of" in text
    assert "left out: 1 bad images" in text
    assert len(per_image(tmp_path / "r")) == 39


@pytest.mark.usefixtures("scores_alone")
def test_levin_and_throughput(setting, tmp_path, monkeypatch):
    def fails(*_):
        raise UserError("no time")

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
    # The rates stay, and so does all else where measuring them again fails.
    more = ["--baselines=levin,grey", "--hints=10", f"--output={output}", "--max_images=2"]
    monkeypatch.setattr(run_module, "measure_throughput", fails)
    with pytest.raises(UserError, match="no time"):
        main([*command, *more, "--throughput"])
    again = json.loads((output / "report.json").read_text())
    assert again["throughput"] == data["throughput"]
    assert [one["name"] for one in again["contenders"]][:2] == ["levin", "grey"]


@pytest.mark.usefixtures("scores_alone")
def test_where_no_core_can_be_kept_to_nothing_is_begun(setting, tmp_path, monkeypatch):
    """As on macOS."""
    monkeypatch.delattr("os.sched_setaffinity", raising=False)
    command = ["--checkpoint", setting[1][0], f"--output={tmp_path / 'r'}", "--throughput"]
    with pytest.raises(UserError, match="--throughput: this system cannot keep to one core"):
        main(command)
    assert not (tmp_path / "r").exists()


def test_a_model_of_another_size_is_refused(tmp_path):
    model = write_model(tmp_path)
    with pytest.raises(UserError, match="takes images of 32 pixels"):
        main([f"--checkpoint={model}", f"--output={tmp_path / 'r'}"])

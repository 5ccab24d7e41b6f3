"""Colorizing through the command line: a photo, its formats and hints, bad input."""

import json

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.colorize import main
from acolvit_jax.common.errors import UserError
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.photo import images
from acolvit_jax.photo.profiles import SRGB
from tests.integration.commands import one_line_error, refusal, run
from tests.photos import make_rgb

pytestmark = pytest.mark.usefixtures("own_cache")


def test_a_photo_with_hints_from_the_shell(photo, model):
    hints = ["--hint=3,4:red", "--hint=3,5:teal", "--hint=40,60:lab:9,-9"]  # two are in a cell
    command = [photo, *hints, f"--checkpoint={model}"]
    status, out, err = run("colorize", *command, "--compare", "--json")
    assert status == 0, err
    values = json.loads(out)
    assert values["output"] == str(photo.with_name("photo_color.jpg"))
    assert values["size"] == [64, 48]
    assert values["hints"] == 3
    assert [outcome["limit"] == "replaced" for outcome in values["outcomes"]] == [
        True,
        False,
        False,
    ]
    assert "hints that lie where a later one does change nothing: 1" in err
    assert values["macs"] > 0
    assert np.shape(values["decisions"]) == (2, 2)
    assert set(values["seconds"]) == {"input", "model", "output"}
    assert images.read_image(values["output"]).shape == (48, 64, 3)
    compared = images.read_image(photo.with_name("photo_color.jpg.compare.png"))
    assert compared.shape[1] > 2 * 64
    message = one_line_error(run("colorize", *command), 1)
    assert "photo_color.jpg exists; add --overwrite" in message


def test_exif_and_format_are_kept_and_the_result_is_srgb(tmp_path, model):
    exif = Image.Exif()
    exif[0x010E] = "grandmother"
    exif[0x0112] = 6
    profile = b"not a real profile"
    for suffix in ("jpg", "png", "webp", "tiff"):
        path = tmp_path / f"old.{suffix}"
        Image.fromarray(make_rgb(0)).save(path, exif=exif, icc_profile=profile)
        assert main([str(path), f"--checkpoint={model}"]) == 0
        with Image.open(tmp_path / f"old_color.{suffix}") as image:
            assert image.size == (48, 64), suffix  # turned upright
            assert image.getexif().get(0x010E) == "grandmother"
            assert image.getexif().get(0x0112, 1) == 1
            assert image.info.get("icc_profile") == SRGB


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "I;16", "1", "CMYK"])
def test_photos_of_other_kinds(tmp_path, model, mode):
    path = tmp_path / "photo.tiff"
    if mode == "I;16":
        Image.fromarray(make_rgb(0)[..., 0].astype(np.uint16) * 257).save(path)
    else:
        Image.fromarray(make_rgb(0)).convert(mode).save(path)
    assert main([str(path), f"--checkpoint={model}"]) == 0
    assert images.read_image(tmp_path / "photo_color.tiff").shape == (48, 64, 3)


def test_a_hint_changes_the_photo(photo, model, tmp_path):
    for name, more in (("plain", []), ("hinted", ["--hint=20,20:red"])):
        command = [str(photo), f"--checkpoint={model}", f"--output={tmp_path / name}.png"]
        assert main([*command, *more]) == 0
    plain, hinted = (
        images.read_image(tmp_path / f"{n}.png").astype(int) for n in ("plain", "hinted")
    )
    assert abs(plain - hinted)[20, 20].max() > 20


BAD = {
    "no file": (["/nowhere.jpg"], 1, "/nowhere.jpg: no such file or folder"),
    "hint form": (["PHOTO", "--hint=3:red"], 1, "ROW,COL:COLOR"),
    "hint color": (["PHOTO", "--hint=3,4:rot"], 1, "'rot' is unknown"),
    "hint outside": (["PHOTO", "--hint=48,4:red"], 1, "rows are 0..47"),
    "hint size": (["PHOTO", "--hint=3,4:red:size=5"], 1, "size 5 is not one of 2, 4, 8, 16"),
    "warmth": (["PHOTO", "--warmth=2"], 2, "warmth 2.0 must be a number in [-1, 1]"),
    "empty folder": (["EMPTY"], 1, "no images in"),
    "hints of a folder": (["EMPTY", "--hint=3,4:red"], 1, "--hint is for one photo"),
    "checkpoint": (["PHOTO", "--checkpoint=/nowhere"], 1, "no model at /nowhere"),
    "budget": (["PHOTO", "--budget=0.5"], 2, "fixed when it was trained"),
    "suffix": (["PHOTO", "--output=out.gif"], 1, "its suffix must be one of"),
    "itself": (["PHOTO", "--output=PHOTO", "--overwrite"], 1, "is the photo itself"),
    "flag": (["PHOTO", "--hnit=3"], 2, "--hnit"),
    "no photo": (["TEXT"], 1, "is not an image that can be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_line(case, photo, model, tmp_path):
    arguments, code, part = BAD[case]
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.jpg").write_text("hello")
    places = {"PHOTO": photo, "EMPTY": tmp_path / "empty", "TEXT": tmp_path / "text.jpg"}
    for name, place in places.items():
        arguments = [a.replace(name, str(place)) for a in arguments]
    if not any(a.startswith("--checkpoint") for a in arguments):
        arguments = [*arguments, f"--checkpoint={model}"]
    with pytest.raises(UserError) as raised:
        main(arguments)
    assert raised.value.exit_code == code
    assert part in str(raised.value)
    assert "\n" not in str(raised.value)


def test_another_model_s_file_gives_one_line(photo, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"x" * 100)
    code, message = refusal(main, photo, f"--checkpoint={tmp_path}/w.safetensors")
    assert code == 1
    assert "damaged or no safetensors file" in message


def test_hints_for_another_photo_are_refused(photo, model, tmp_path):
    hints = tmp_path / "hints.json"
    hints.write_text('{"other.jpg": []}')
    with pytest.raises(UserError, match=r"no hints for 'photo\.jpg'.*other\.jpg"):
        main([str(photo), f"--checkpoint={model}", f"--hints={hints}"])


def test_an_output_that_cannot_be_written_is_one_line(photo, model, tmp_path):
    with pytest.raises(UserError, match="cannot write"):
        main([str(photo), f"--checkpoint={model}", f"--output={photo}/x.jpg"])


def test_the_weights_in_the_package_are_the_default(tmp_path, capsys):
    """The README's command, on a photo of the package, at several budgets."""
    photo = sample_photos()[0]
    macs = []
    for budget in ("0.3", "1"):
        output = tmp_path / f"{budget}.png"
        command = [str(photo), "--hint=40,60:teal", "--hint=9,9:lab:5,-30", "--json"]
        assert main([*command, f"--output={output}", f"--budget={budget}"]) == 0
        macs.append(json.loads(capsys.readouterr().out)["macs"])
        assert images.read_image(output).shape == images.read_image(photo).shape
    assert macs[0] < 0.6 * macs[1]
    with pytest.raises(UserError, match=r"budget=0\.01 must be in \[0\.1, 1\]"):
        main([str(photo), f"--output={tmp_path / 'x.png'}", "--budget=0.01"])


def test_formats_and_the_color_as_a_layer(tmp_path, model, capsys):
    rgba = np.dstack([make_rgb(0), np.full(make_rgb(0).shape[:2], 120, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "cut.png")
    common = [f"--checkpoint={model}", "--overwrite"]
    source = str(tmp_path / "cut.png")
    assert main([source, "--format=tiff", "--layer=png", *common]) == 0
    with Image.open(tmp_path / "cut_color.tif") as image:
        assert image.mode == "RGBA"
        assert image.info["icc_profile"]
        assert (np.asarray(image)[..., 3] == 120).all()
    with Image.open(tmp_path / "cut_layer.png") as image:
        assert image.mode == "RGBA"
    assert main([source, "--format=jpeg", "--layer=tiff", *common]) == 0
    assert (tmp_path / "cut_layers.tif").exists()
    assert "JPEG has no transparency" in capsys.readouterr().err


def test_hints_of_the_page_are_scaled_to_the_photo_s_size(photo, model, capsys):
    about = {"name": "photo.jpg", "width": 128, "height": 96, "print": ""}
    saved = {"photo": about, "hints": [{"row": 95, "column": 127, "color": "teal"}]}
    photo.with_name("hints.json").write_text(json.dumps(saved))
    command = [str(photo), f"--hints={photo.with_name('hints.json')}", f"--checkpoint={model}"]
    assert main([*command, "--json"]) == 0
    printed = capsys.readouterr()
    assert "hints scaled from 128 x 96" in printed.err
    assert json.loads(printed.out)["hints"] == 1
    with pytest.raises(UserError, match="leave --hint out"):
        main([*command, "--hint=1,1:teal", "--overwrite"])

"""Colorizing many photos through the command line: of a folder, and the pages of a scan."""

import errno
import json

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.colorize import main
from acolvit_jax.common.errors import UserError
from acolvit_jax.inference import jobs
from acolvit_jax.photo import images
from tests.photos import make_folder, make_rgb

pytestmark = pytest.mark.usefixtures("own_cache")


def test_a_folder_goes_on_where_it_was(tmp_path, model, capsys):
    folder = make_folder(tmp_path / "album", 4)
    make_folder(folder / "1960", 1)
    (folder / "broken.jpg").write_bytes(b"not a photo")
    hints = tmp_path / "hints.json"
    hints.write_text(json.dumps({"0001.jpg": [{"row": 1, "column": 2, "color": "red"}]}))
    command = [str(folder), f"--checkpoint={model}", f"--hints={hints}"]
    assert main(command) == 1
    out, err = capsys.readouterr()
    assert "5 done, 0 were there already, 1 failed" in out
    assert "broken.jpg: is not an image" in err
    results = tmp_path / "album_color"
    assert {p.relative_to(results).as_posix() for p in results.rglob("*.jpg")} == {
        *(f"{i:04d}.jpg" for i in range(4)),
        "1960/0000.jpg",
    }
    (folder / "broken.jpg").unlink()
    (results / "0002.jpg").unlink()
    before = (results / "0001.jpg").stat().st_mtime_ns
    assert main(command) == 0
    assert "1 done, 4 were there already, 0 failed" in capsys.readouterr().out
    assert (results / "0001.jpg").stat().st_mtime_ns == before
    assert main([*command, "--json", "--overwrite"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert [json.loads(line)["hints"] for line in lines] == [0, 1, 0, 0, 0]


def test_photos_of_one_name_get_results_of_their_own(tmp_path, model):
    folder = tmp_path / "album"
    folder.mkdir()
    for suffix in ("png", "gif", "bmp"):
        Image.fromarray(make_rgb(0)).save(folder / f"a.{suffix}")
    assert main([str(folder), f"--checkpoint={model}", "--compare"]) == 0
    names = sorted(p.name for p in (tmp_path / "album_color").iterdir())
    results = ["a.bmp.png", "a.gif.png", "a.png"]
    assert names == sorted(results + [f"{name}.compare.png" for name in results])


def test_a_folder_that_gains_a_photo_gains_its_result(tmp_path, model, capsys):
    """The new one has the stem of one that is done, in the format that results have."""
    folder = tmp_path / "album"
    folder.mkdir()
    for number, name in enumerate(("x.bmp", "x.png", "x.bmp.png")):
        Image.fromarray(make_rgb(number, (40 + number, 32))).save(folder / name)
        assert main([str(folder), f"--checkpoint={model}"]) == 0
        assert f"1 done, {number} were there already" in capsys.readouterr().out
    for number, name in enumerate(("x.bmp.png", "x.png", "x.bmp.png.png")):
        assert images.read_image(tmp_path / "album_color" / name).shape == (40 + number, 32, 3)


def test_results_inside_the_folder_are_not_colorized_again(tmp_path, model, capsys):
    folder = make_folder(tmp_path / "album", 2)
    command = [str(folder), f"--checkpoint={model}", f"--output={folder / 'out'}"]
    for said in ("2 done, 0 were there already", "0 done, 2 were there already"):
        assert main(command) == 0
        assert said in capsys.readouterr().out


def test_a_result_that_exists_is_left_whatever_else_is_asked_for(tmp_path, model, capsys):
    folder = make_folder(tmp_path / "album", 2)
    command = [str(folder), f"--checkpoint={model}"]
    assert main(command) == 0
    retouched = sorted((tmp_path / "album_color").iterdir())[0]
    retouched.write_bytes(b"retouched")
    assert main([*command, "--compare"]) == 0
    printed = capsys.readouterr()
    assert "2 done, 0 were there already" in printed.out
    assert "0000.jpg was there already and is left" in printed.err
    assert main([*command, "--compare"]) == 0
    assert "0 done, 2 were there already" in capsys.readouterr().out
    assert retouched.read_bytes() == b"retouched"
    assert len(list((tmp_path / "album_color").iterdir())) == 4
    assert main([*command, "--compare", "--overwrite"]) == 0
    assert retouched.read_bytes() != b"retouched"


def test_a_page_s_layer_that_exists_is_left_and_told(tmp_path, model, capsys):
    path = scan(tmp_path, make_rgb(0), make_rgb(1))
    (tmp_path / "scan.page2_layer.png").write_bytes(b"mine")
    command = [str(path), f"--checkpoint={model}", "--layer=png"]
    assert main(command) == 0
    assert "page 2: scan.page2_layer.png was there already and is left" in capsys.readouterr().err
    assert (tmp_path / "scan.page2_layer.png").read_bytes() == b"mine"
    with pytest.raises(UserError, match=r"scan_color\.tif exists"):
        main(command)


def test_a_page_s_layer_is_not_written_over_the_scan_itself(tmp_path, model):
    path = scan(tmp_path, make_rgb(0), make_rgb(1), name="scan.page2_layers.tif")
    before = path.read_bytes()
    command = [str(path), f"--checkpoint={model}", f"--output={tmp_path / 'scan.tif'}"]
    with pytest.raises(UserError, match=r"scan\.page2_layers\.tif is the photo itself"):
        main([*command, "--layer=tiff", "--overwrite"])
    assert path.read_bytes() == before


def failing(monkeypatch, error, *names):
    """Lets nothing be written under these names."""
    write = jobs.write_bytes

    def write_some(path, content):
        if path.name in names:
            error.filename = str(path)
            raise error
        write(path, content)

    monkeypatch.setattr(jobs, "write_bytes", write_some)


def test_what_could_not_be_written_is_named_and_the_rest_goes_on(
    tmp_path, model, capsys, monkeypatch
):
    folder = make_folder(tmp_path / "album", 2)
    failing(monkeypatch, PermissionError(errno.EACCES, "Permission denied"), "0000.jpg_layer.png")
    assert main([str(folder), f"--checkpoint={model}", "--layer=png"]) == 1
    printed = capsys.readouterr()
    assert "1 done, 0 were there already, 1 failed" in printed.out
    layer = tmp_path / "album_color" / "0000.jpg_layer.png"
    assert f"cannot write {layer}: Permission denied" in printed.err


@pytest.mark.parametrize("more", ["--layer=png", "--compare"])
def test_what_later_pages_lack_is_made_by_the_next_call(tmp_path, model, capsys, monkeypatch, more):
    """Of a finished folder that was run again for more and did not get through."""
    folder = make_folder(tmp_path / "album", 0)
    scan(folder, make_rgb(0), make_rgb(1), make_rgb(2))
    command = [str(folder), f"--checkpoint={model}"]
    assert main(command) == 0
    with monkeypatch.context() as closed:
        names = ("scan.tif.page3_layer.png", "scan.tif.page3.compare.png")
        failing(closed, PermissionError(errno.EACCES, "Permission denied"), *names)
        assert main([*command, more]) == 1
    for said in ("1 done, 0 were there already", "0 done, 1 were there already"):
        capsys.readouterr()
        assert main([*command, more]) == 0
        assert said in capsys.readouterr().out
    made = {path.name for path in (tmp_path / "album_color").iterdir()}
    assert len(made) == 4
    assert len(made & set(names)) == 1


def test_a_full_disk_ends_a_folder_and_a_photo_too_large_does_not(
    tmp_path, model, capsys, monkeypatch
):
    command = [str(make_folder(tmp_path / "album", 2)), f"--checkpoint={model}"]
    failing(monkeypatch, MemoryError(), "0000.jpg")
    assert main(command) == 1
    printed = capsys.readouterr()
    assert "1 done, 0 were there already, 1 failed" in printed.out
    assert "0000.jpg: is too large for this machine's memory" in printed.err
    failing(monkeypatch, OSError(errno.EDQUOT, "Disk quota exceeded"), "0000.jpg")
    with pytest.raises(OSError, match="quota"):
        main(command)


def test_results_can_go_to_the_folder_above(tmp_path, model, capsys):
    folder = make_folder(tmp_path / "album", 2)
    assert main([str(folder), f"--checkpoint={model}", f"--output={tmp_path}"]) == 0
    assert "2 done" in capsys.readouterr().out
    assert len([p for p in tmp_path.iterdir() if p.is_file()]) == 2


def scan(folder, *pictures, name="scan.tif"):
    """A TIFF with a page of each picture, at 300 dpi."""
    first, *others = (Image.fromarray(rgb) for rgb in pictures)
    path = folder / name
    first.save(path, save_all=True, append_images=others, dpi=(300, 300))
    return path


def test_every_page_of_a_scan_is_colored(tmp_path, model, capsys):
    """As each page alone is, in one file again."""
    pictures = [make_rgb(i, size) for i, size in enumerate([(48, 64), (40, 40), (64, 32)])]
    path = scan(tmp_path, *pictures)
    command = [str(path), f"--checkpoint={model}", "--json", "--compare", "--layer=png"]
    assert main(command) == 0
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [(line["page"], line["size"]) for line in lines] == [
        (1, [64, 48]),
        (2, [40, 40]),
        (3, [32, 64]),
    ]
    assert "warning" not in printed.err
    beside = ("scan_layer.png", "scan.page2_layer.png", "scan_color.tif.page3.compare.png")
    assert all((tmp_path / name).exists() for name in beside)
    with Image.open(tmp_path / "scan_color.tif") as result:
        assert result.n_frames == 3
        for number, rgb in enumerate(pictures):
            alone = tmp_path / f"{number}.png"
            Image.fromarray(rgb).save(alone)
            assert main([str(alone), f"--checkpoint={model}"]) == 0
            result.seek(number)
            assert result.info["dpi"] == (300, 300)
            np.testing.assert_array_equal(
                np.asarray(result), images.read_image(tmp_path / f"{number}_color.png")
            )


def test_where_one_page_is_taken_it_is_said(tmp_path, model, capsys):
    path = scan(tmp_path, make_rgb(0), make_rgb(1))
    common = [str(path), f"--checkpoint={model}", "--overwrite"]
    for more in (["--format=png"], ["--hint=1,1:teal"]):
        assert main([*common, *more]) == 0
        assert "of its 2 pages the first is taken" in capsys.readouterr().err
    assert images.read_image(tmp_path / "scan_color.png").shape == (48, 64, 3)


def test_a_scan_with_a_bad_page_gives_one_line_and_no_result(tmp_path, model, capsys):
    folder = make_folder(tmp_path / "album", 1)
    path = scan(folder, make_rgb(0), make_rgb(1))
    path.write_bytes(path.read_bytes()[:-200])
    assert main([str(folder), f"--checkpoint={model}"]) == 1
    printed = capsys.readouterr()
    assert "1 done, 0 were there already, 1 failed" in printed.out
    assert printed.err.count("scan.tif") == 1
    assert [p.name for p in (tmp_path / "album_color").iterdir()] == ["0000.jpg"]

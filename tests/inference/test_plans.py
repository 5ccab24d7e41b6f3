"""Which photos of a folder are taken, and where everything goes that is made of them."""

import hashlib
import os
import shutil
import unicodedata

import pytest

from acolvit_jax.common.errors import HintError, ImageError
from acolvit_jax.hints import Hint
from acolvit_jax.inference.plans import plan_folder, plan_photo

KINDS = ("compare", "layer", "layers")
FOLDERS = {
    "pages beside a photo": ["scan.tif", "scan.page2.tif", "scan.page2.page3.tif"],
    "one stem, two formats": ["a.png", "a.jpg", "b.png"],
    "results named as layers": ["a.png", "a_layer.png", "a_layers.tif", "a_color.png"],
    "results named as comparisons": ["a.png", "a.png.compare.png", "a.png.page2.compare.bmp"],
    "endings alone": ["_layer.png", "_color.png"],
    "folders apart": ["one/a.png", "two/a.png"],
    "a long name that another has": ["a.bmp", "a.gif", "a.png", "a.gif.png", "a.gif.2.png"],
    "a whole name that is a result's stem": ["x.png", "x.jpg", "x.png.jpg"],
    "and in one format": ["x.png", "x.jpg", "x.png.png"],
    "and beside a layer": ["x.png", "x_layer.png", "x.png.gif"],
    "a whole name's layer that is a result": ["x.png", "x.jpg", "x.png_layer.png"],
    "and of a page": ["x.tif", "x.jpg", "x.tif.page2_layer.png", "x.tif.2_layer.png"],
    "upper and lower case": [
        "A.gif",
        "a.png",
        "b.bmp",
        "B.jpg",
        "b.JPEG",
        "A.gif.TIF",
        "a_Layer.png",
    ],
    "case alone": ["A.jpg", "a.jpg", "A.bmp", "a.bmp", "a.jpg.jpg"],
    "case alone in a suffix": ["A.jpg", "a.JPG"],
    "case alone in a folder": ["One/a.jpg", "one/a.jpg"],
    "one name, composed and not": ["caf\u00e9.jpg", "cafe\u0301.jpg"],
    "two spellings": ["caf\u00e9.png", "cafe\u0301.gif", "Cafe\u0301.jpg", "a\\b.png", "A\\B.gif"],
    "names that are cut": [f"{'a' * 240}{end}.png" for end in ("", "b", "bbbbbbbbbb", "cccccccc")],
    "names that pages cut": [f"{'a' * 236}{end}.png" for end in ("", "b", "bc", "bcd")],
}


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


ALIKE = {name for name in FOLDERS if "case" in name or "spell" in name or "composed" in name}


@pytest.mark.parametrize("suffix", [None, ".png", ".jpg"])
@pytest.mark.parametrize("names", FOLDERS.values(), ids=FOLDERS)
def test_nothing_in_a_folder_is_written_over_something_else(tmp_path, names, suffix):
    make(tmp_path / "in", *names)
    written = [
        path
        for job in plan_folder(tmp_path / "in", tmp_path / "out", {}, suffix, KINDS).jobs
        for path in (job.target, *(p for page in (1, 2, 30) for p in job.beside(page).values()))
    ]
    assert len(written) == 10 * len(names)
    one = {unicodedata.normalize("NFC", str(path)).casefold() for path in written}
    assert len(one) == len(written)  # on macOS and Windows too


@pytest.mark.parametrize("names", [FOLDERS[name] for name in FOLDERS if name not in ALIKE])
def test_names_are_the_same_whatever_stands_beside_a_photo(tmp_path, names):
    """So that a folder that is run again takes no photo's result for another's."""

    def written(folder, *names, suffix):
        plan = plan_folder(make(tmp_path / folder, *names), tmp_path / "out", {}, suffix, KINDS)
        return {job.source.relative_to(tmp_path / folder): job.files for job in plan.jobs}

    owners = {}
    for suffix in (None, ".png", ".jpg"):
        together = written("all", *names, suffix=suffix)
        for number, name in enumerate(names):
            assert written(f"{number}", name, suffix=suffix).items() <= together.items()
        for photo, files in together.items():
            for file in files:
                assert owners.setdefault(file, photo) == photo  # in another format too


def names_of(folder, suffix=None, kinds=()):
    jobs = plan_folder(folder, folder.with_name("out"), {}, suffix, kinds).jobs
    return {job.source.name: [path.name for path in job.files] for job in jobs}


def test_a_result_has_its_photo_s_whole_name(tmp_path):
    photos = ("a.bmp", "a.jpeg", "b.bmp.png", "c_layer.png", "d.compare.png", "e.TIFF")
    folder = make(tmp_path / "in", *photos)
    assert names_of(folder) == {
        "a.bmp": ["a.bmp.png"],
        "a.jpeg": ["a.jpeg"],
        "b.bmp.png": ["b.bmp.png.png"],  # it may be the result of b.bmp
        "c_layer.png": ["c_layer.png.png"],  # and these the files beside a result
        "d.compare.png": ["d.compare.png.png"],
        "e.TIFF": ["e.TIFF"],
    }
    named = names_of(folder, ".jpg", KINDS)
    assert named["a.jpeg"] == [
        *("a.jpeg", "a.jpeg.compare.png", "a.jpeg_layer.png", "a.jpeg_layers.tif")
    ]
    assert named["e.TIFF"][0] == "e.TIFF.jpg"


def test_of_names_that_differ_in_case_alone_the_first_stays(tmp_path):
    folder = make(tmp_path / "in", "a.jpg", "A.jpg", "a.JPG", "b.bmp", "B.bmp")
    marks = [hashlib.sha256(name).hexdigest()[:8] for name in (b"a.JPG", b"a.jpg", b"b.bmp")]
    named = {
        "A.jpg": ["A.jpg"],
        "a.JPG": [f"a-{marks[0]}.JPG.JPG"],
        "a.jpg": [f"a-{marks[1]}.jpg.jpg"],
        "B.bmp": ["B.bmp.png"],
        "b.bmp": [f"b-{marks[2]}.bmp.png"],
    }
    assert names_of(folder) == named
    more = names_of(make(folder, *(name for files in named.values() for name in files)))
    assert {photo: more[photo] for photo in named} == named  # results that are photos change none
    assert len({files[0].casefold() for files in more.values()}) == len(more)


def test_pages_are_told_in_the_names_beside_a_result(tmp_path):
    (job,) = plan_folder(make(tmp_path / "in", "a.tif"), tmp_path / "out", {}, kinds=KINDS).jobs
    assert job.beside(2)["layers"].name == "a.tif.page2_layers.tif"
    photo = make(tmp_path, "a.tif") / "a.tif"
    assert plan_photo(photo, None, [], False, kinds=KINDS).beside(2)["layers"].name == (
        "a.page2_layers.tif"
    )


HERE = [Hint(1, 2, (255, 0, 0))]


@pytest.mark.parametrize(
    ("key", "photos"),
    [
        ("IMG_1.jpg", ["IMG_1.jpg"]),
        ("2019/IMG_1.jpg", ["2019/IMG_1.jpg"]),
        ("2020\\IMG_1.jpg", ["2020/IMG_1.jpg"]),
        ("caf\u00e9.jpg", ["caf\u00e9.jpg"]),
        ("cafe\u0301.jpg", ["cafe\u0301.jpg"]),
        ("b.jpg", ["2019/b.jpg"]),
    ],
)
def test_hints_are_one_photo_s(tmp_path, key, photos):
    make(tmp_path / "in", "IMG_1.jpg", "2019/IMG_1.jpg", "2020/IMG_1.jpg", "2019/b.jpg")
    make(tmp_path / "in", "caf\u00e9.jpg", "cafe\u0301.jpg")
    jobs = plan_folder(tmp_path / "in", tmp_path / "out", {key: HERE}).jobs
    hinted = [job.source.relative_to(tmp_path / "in").as_posix() for job in jobs if job.hints]
    assert hinted == photos


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["a.jpg"], r"'a\.jpg', which may be any of 2019/a\.jpg, 2020/a\.jpg; give its path"),
        (["b.jpg", "2020/b.jpg"], r"2020/b\.jpg twice, as 'b\.jpg' and as '2020/b\.jpg'"),
        (["2021/b.jpg", "c.jpg"], r"hints for 2 photos not in .*, first '2021/b\.jpg'"),
    ],
)
def test_hints_whose_photo_is_unclear_are_refused(tmp_path, keys, message):
    make(tmp_path / "in", "2019/a.jpg", "2020/a.jpg", "2020/b.jpg")
    with pytest.raises(HintError, match=message):
        plan_folder(tmp_path / "in", tmp_path / "out", dict.fromkeys(keys, HERE))


@pytest.mark.parametrize("kind", ["compare", "layer"])
def test_what_stands_beside_a_result_is_not_written_over(tmp_path, kind):
    photo = make(tmp_path, "a.png") / "a.png"
    first = plan_photo(photo, None, [], False, kinds=[kind])
    made = first.beside(1)[kind]
    made.touch()
    with pytest.raises(ImageError, match=f"{made.name} exists; add --overwrite"):
        plan_photo(photo, None, [], False, kinds=[kind])
    assert plan_photo(photo, None, [], True, kinds=[kind]) == first
    # The photo is where a file beside its result would go.
    shutil.move(made, tmp_path / made.name)
    with pytest.raises(ImageError, match=f"{made.name} is the photo itself"):
        plan_photo(made, first.target, [], True, kinds=[kind])


def test_results_are_not_written_among_the_photos(tmp_path):
    """Up from `album` its `album/a.png` would be its `a.png`."""
    album = make(tmp_path / "album", "a.png", "album/a.png")
    with pytest.raises(ImageError, match=r"a\.png would be among the photos"):
        plan_folder(album, tmp_path, {})


def test_photos_below_the_output_are_counted(tmp_path):
    album = make(tmp_path / "album", "a.png", "2019/b.png", "2019/c.png")
    plan = plan_folder(album, album / "2019", {})
    assert [job.source.name for job in plan.jobs] == ["a.png"]
    folder = album / "2019"
    assert plan.notes == [f"{folder}: left out as results of an earlier call: 2 photos"]
    assert plan.problems == []
    assert plan_folder(album, tmp_path / "out", {}).notes == []


def test_a_slash_at_its_end_makes_an_output_a_folder(tmp_path):
    photo = make(tmp_path, "a.png") / "a.png"
    assert plan_photo(photo, f"{tmp_path}/res.v2/", [], False).target == (
        tmp_path / "res.v2" / "a_color.png"
    )
    with pytest.raises(ImageError, match="its suffix must be one of"):
        plan_photo(photo, f"{tmp_path}/res.v2", [], False)


def test_where_nothing_can_be_written_is_said_before_any_work(tmp_path, monkeypatch):
    album = make(tmp_path / "album", "a.png")
    closed = make(tmp_path / "closed", "file", "done/a.png")
    monkeypatch.setattr(os, "access", lambda path, mode: os.path.basename(path) != "closed")
    for folder in (closed, closed / "new" / "deep"):
        with pytest.raises(ImageError, match=f"cannot write in {closed}: you have no right"):
            plan_folder(album, folder, {})
        with pytest.raises(ImageError, match=f"cannot write in {closed}: you have no right"):
            plan_photo(album / "a.png", folder / "a.png", [], False)
    with pytest.raises(ImageError, match="file is a file; choose another"):
        plan_folder(album, closed / "file" / "below", {})
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.X_OK)
    assert len(plan_folder(album, closed / "done", {}).jobs) == 1  # nothing is left to write

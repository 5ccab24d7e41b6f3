"""Sources: the photographs in the package, folders, TFDS as ArrayRecord without TensorFlow."""

import hashlib
import os
import sys
import unicodedata
from pathlib import Path

import pytest

from acolvit_jax.common.errors import DataError, ImageError
from acolvit_jax.config import DataConfig
from acolvit_jax.data.packing import open_photos, pack
from acolvit_jax.data.records import read_record
from acolvit_jax.data.sources import folder_source, make_source
from acolvit_jax.data.tfds import TFDS_SETS, TfdsSource, named_set, tfds_source
from acolvit_jax.evaluation.image_sets import open_images
from tests.photos import make_folder, make_jpeg


def names(source):
    return [source[i].name for i in range(len(source))]


def test_the_sample_is_split_for_validation():
    train = make_source(DataConfig(), "train")
    validation = make_source(DataConfig(), "validation")
    assert len(train) + len(validation) >= 24
    assert len(validation) >= 4
    assert not set(names(train)) & set(names(validation))
    assert train[0].data[:2] == b"\xff\xd8"


def test_a_folder_is_read_as_a_tree(tmp_path):
    make_folder(tmp_path / "a", 2)
    make_folder(tmp_path / "b" / "c", 1)
    source = folder_source(tmp_path)
    assert names(source) == ["a/0000.jpg", "a/0001.jpg", "b/c/0000.jpg"]
    assert source[2].data == make_jpeg(0)


def test_a_list_chooses_images(tmp_path):
    make_folder(tmp_path / "a", 3)
    listing = tmp_path / "list.txt"
    listing.write_text("a/0002.jpg\n\na/0000.jpg\n")
    assert names(folder_source(tmp_path, str(listing))) == ["a/0000.jpg", "a/0002.jpg"]
    listing.write_text("a/0002.jpg\na/0009.jpg\n")
    with pytest.raises(DataError, match=r"1 of the 2 images in .* are missing, first .*0009\.jpg"):
        folder_source(tmp_path, str(listing))
    with pytest.raises(DataError, match=r"nolist\.txt"):
        folder_source(tmp_path, str(tmp_path / "nolist.txt"))


def test_an_image_that_is_listed_twice_is_trained_on_twice_and_held_out_once(tmp_path):
    make_folder(tmp_path / "a", 8)
    every = names(folder_source(tmp_path))
    listing = tmp_path / "list.txt"
    listing.write_text("\n".join(2 * every))
    config = DataConfig(dataset="folder", path=str(tmp_path), list_file=str(listing))
    train, held_out = (names(make_source(config, split)) for split in ("train", "validation"))
    assert 0 < len(held_out) == len(set(held_out)) < 8
    assert sorted(train) == sorted(2 * [name for name in every if name not in held_out])


def test_a_missing_or_empty_folder_is_one_line(tmp_path):
    with pytest.raises(DataError, match="no folder at"):
        folder_source(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no images in"):
        folder_source(tmp_path)


def test_a_part_of_a_folder_is_held_out_by_name(tmp_path):
    make_folder(tmp_path, 60)
    config = DataConfig(dataset="folder", path=str(tmp_path))
    train, held_out = make_source(config, "train"), make_source(config, "validation")
    assert len(held_out) == 8
    assert len(train) == 52
    (tmp_path / "new.jpg").write_bytes(make_jpeg(99))
    again = set(names(make_source(config, "validation")))
    assert len(again - set(names(held_out))) <= 1


def test_photos_that_are_added_change_what_is_held_out(tmp_path):
    """The 2% of the lowest hashes: a photo is for validation, or is not, by its rank."""
    for i in range(2000):
        (tmp_path / f"{i:04d}.jpg").touch()
    by_hash = sorted(
        folder_source(tmp_path).paths, key=lambda path: hashlib.sha256(path.name.encode()).digest()
    )
    config = DataConfig(dataset="folder", path=str(tmp_path))
    for path in by_hash[500:]:
        path.unlink()
    assert set(names(make_source(config, "validation"))) == {p.name for p in by_hash[:10]}
    for path in by_hash[500:]:
        path.touch()  # each has a higher hash, and what was trained on is held out now
    assert set(names(make_source(config, "validation"))) == {p.name for p in by_hash[:40]}


def test_a_folder_for_validation_leaves_the_other_whole(tmp_path):
    make_folder(tmp_path / "t", 5)
    make_folder(tmp_path / "v", 2)
    config = DataConfig(
        dataset="folder", path=str(tmp_path / "t"), validation_path=str(tmp_path / "v")
    )
    assert len(make_source(config, "train")) == 5
    assert len(make_source(config, "validation")) == 2


def test_no_photo_of_validation_is_trained_on(tmp_path):
    make_folder(tmp_path / "photos", 3)
    make_folder(tmp_path / "photos" / "val", 2)
    os.symlink(tmp_path / "photos" / "val" / "0001.jpg", tmp_path / "photos" / "link.jpg")
    os.symlink(tmp_path / "photos", tmp_path / "alias")
    for held_out in ("photos/val", "alias/val"):
        config = DataConfig(
            dataset="folder",
            path=str(tmp_path / "photos"),
            validation_path=str(tmp_path / held_out),
        )
        train = make_source(config, "train")
        assert names(train) == ["0000.jpg", "0001.jpg", "0002.jpg"]
        assert train.description == f"images of {config.path} that are not in {tmp_path / held_out}"
        assert names(make_source(config, "validation")) == ["0000.jpg", "0001.jpg"]


@pytest.mark.parametrize("path", ["photos", "alias", "photos/part"])
def test_when_all_photos_are_for_validation_one_line_says_so(tmp_path, path):
    make_folder(tmp_path / "photos" / "part", 3)
    os.symlink(tmp_path / "photos", tmp_path / "alias")
    config = DataConfig(
        dataset="folder", path=str(tmp_path / path), validation_path=str(tmp_path / "photos")
    )
    with pytest.raises(DataError, match="and none is left to train on; without") as raised:
        make_source(config, "train")
    assert "\n" not in str(raised.value)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Data sets that TFDS itself prepares, as ArrayRecord, from JPEGs made here."""
    import tensorflow_datasets as tfds

    folder = tmp_path_factory.mktemp("tfds")

    def examples(count, start, named):
        for i in range(count):
            name = {"file_name": f"image_{start + i:05d}.jpg"} if named else {}
            yield i, {"image": make_jpeg(start + i), "label": 0, **name}

    for dataset in ("flowers", "imagenette"):
        spec = TFDS_SETS[dataset]
        builder = tfds.builder(spec.name, data_dir=folder, file_format="array_record")
        named = "file_name" in builder.info.features
        builder._split_generators = lambda _, named=named: {
            "train": examples(5, 0, named),
            "validation": examples(3, 10, named),
        }
        builder.download_and_prepare(file_format="array_record")
    return str(folder)


@pytest.mark.parametrize("dataset", ["flowers", "imagenette"])
def test_tfds_is_read_without_tensorflow(prepared, dataset):
    config = DataConfig(dataset=dataset, data_dir=prepared)
    train, validation = make_source(config, "train"), make_source(config, "validation")
    assert sorted(train[i].data for i in range(len(train))) == sorted(map(make_jpeg, range(5)))
    assert sorted(validation[i].data for i in range(3)) == sorted(map(make_jpeg, range(10, 13)))
    assert len(set(names(train))) == 5
    assert "tensorflow" not in sys.modules


@pytest.mark.parametrize("name", ["flowers", "oxford_flowers102"])
def test_doors_open_a_data_set_by_either_name(prepared, name):
    packed = open_photos(f"tfds:{name}", "validation", prepared)
    evaluated = open_images(f"TFDS:{name}", data_dir=prepared)
    assert (
        names(packed) == names(evaluated) == names(tfds_source("flowers", prepared, "validation"))
    )


def test_packing_a_data_set_reads_every_image_once(prepared, tmp_path, monkeypatch):
    source = open_photos("tfds:flowers", "train", prepared)
    assert source.identity.decode() == f"oxford_flowers102/{source_version(prepared)} train 5"
    read = []
    monkeypatch.setattr(
        TfdsSource,
        "__getitem__",
        lambda self, index, get=TfdsSource.__getitem__: read.append(index) or get(self, index),
    )
    index = pack(source, tmp_path / "packed", side=32, quality=90)
    assert sorted(read) == [0, 1, 2, 3, 4]
    assert pack(source, tmp_path / "packed", side=32, quality=90) == index
    assert len(read) == 5
    other = open_photos("tfds:flowers", "validation", prepared)
    with pytest.raises(DataError, match="holds other photos or settings"):
        pack(other, tmp_path / "packed", side=32, quality=90)


def source_version(prepared):
    [folder] = (Path(prepared) / "oxford_flowers102").iterdir()
    return folder.name


def test_a_name_without_a_version_is_the_first_of_them():
    assert [named_set(f"tfds:{name}") for name in ("imagenette", "imagenette/320px-v2")] == [
        "imagenette",
        "imagenette-320",
    ]


def test_tfds_names_are_the_data_sets_own(prepared):
    assert sorted(names(tfds_source("flowers", prepared, "validation"))) == [
        "image_00010.jpg",
        "image_00011.jpg",
        "image_00012.jpg",
    ]


@pytest.mark.parametrize("example", [{}, RuntimeError("Corrupted file")])
def test_a_damaged_tfds_record_is_a_bad_image(example):
    class Data(list):
        def __getitem__(self, index):
            if isinstance(example, Exception):
                raise example
            return example

    source = TfdsSource("set", "set/1.0.0 train", Data([0]))
    assert source.name_of(0) == "image 0"
    with pytest.raises(ImageError, match=r"its record is damaged \(('image'|Corrupted file)\)"):
        read_record(source, 0)


@pytest.mark.parametrize("dataset", sorted(TFDS_SETS))
def test_a_missing_data_set_says_the_command_that_prepares_it(tmp_path, dataset):
    name = TFDS_SETS[dataset].name
    with pytest.raises(DataError) as caught:
        tfds_source(dataset, str(tmp_path), "train")
    message = str(caught.value)
    assert f"tfds build {name} --file_format=array_record --data_dir={tmp_path}" in message
    assert "\n" not in message
    assert ("image-net.org" in message) == (dataset == "imagenet")


def test_the_setting_of_a_missing_folder_is_named(tmp_path):
    photos = make_folder(tmp_path / "photos", 8)
    data = DataConfig(dataset="folder", path=str(photos), validation_path=str(tmp_path / "none"))
    with pytest.raises(DataError, match=r"--config\.data\.validation_path wants a folder"):
        make_source(data, "validation")


@pytest.mark.parametrize("form", ["{root}/{name}", "./{name}", "{name}", "deep\\{stem}"])
def test_lists_spell_names_in_many_ways(tmp_path, monkeypatch, form):
    folder = tmp_path / "photos" / "deep"
    folder.mkdir(parents=True)
    for name in ("a.jpg", "Zoë.jpg", "c.jpg"):
        (folder / name).write_bytes(make_jpeg(0))
    monkeypatch.chdir(tmp_path)
    spelled = unicodedata.normalize("NFD", "Zoë.jpg")
    lines = [
        form.format(root=tmp_path / "photos", name=f"deep/{name}", stem=name)
        for name in ("a.jpg", spelled)
    ]
    (tmp_path / "list.txt").write_bytes("\r\n".join(lines).encode("utf-16"))
    source = folder_source(Path("photos"), "list.txt")
    found = {unicodedata.normalize("NFC", source.name_of(i)) for i in range(len(source))}
    assert found == {"deep/Zoë.jpg", "deep/a.jpg"}
    assert all(source[i].data for i in range(len(source)))


def test_listed_photos_may_lie_elsewhere_and_names_may_be_no_utf8(tmp_path):
    inside, outside = tmp_path / "photos", tmp_path / "other.jpg"
    inside.mkdir()
    raw = os.fsdecode(b"gro\xdf.jpg")
    (inside / raw).write_bytes(make_jpeg(0))
    outside.write_bytes(make_jpeg(1))
    (tmp_path / "list.txt").write_bytes(b"gro\xdf.jpg\n" + os.fsencode(outside))
    source = folder_source(inside, str(tmp_path / "list.txt"))
    assert {source.name_of(i) for i in range(2)} == {raw, outside.as_posix()}

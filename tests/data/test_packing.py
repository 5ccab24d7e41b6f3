"""Packed sets: what comes out is what went in, a kill costs a shard, damage is named."""

import dataclasses
import errno
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from acolvit_jax.common import reading
from acolvit_jax.common.errors import DataError, UserError
from acolvit_jax.common.reading import UnreadableError
from acolvit_jax.config import DataConfig
from acolvit_jax.data import packing
from acolvit_jax.data.decoding import LoadColor
from acolvit_jax.data.records import Record
from acolvit_jax.data.shards import PackedSource, encode, read_index
from acolvit_jax.data.sources import FileSource, make_source
from acolvit_jax.photo import images
from acolvit_jax.prepare import main
from tests.photos import make_folder, make_jpeg


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "SHARD_IMAGES", 4)
    folder = make_folder(tmp_path / "photos", 10, (60, 90))
    (folder / "0005.jpg").write_bytes(b"no photo")
    return folder


def content(folder):
    source = PackedSource(folder)
    return [source[i] for i in range(len(source))]


def test_photos_come_back_small_and_in_order(photos, tmp_path, capsys):
    main([str(photos), str(tmp_path / "packed"), "--side=30", "--quality=95"])
    out = capsys.readouterr().out
    assert "9 photos in 3 shards" in out
    assert "left out 1 bad photos: 0005.jpg:" in out
    records = content(tmp_path / "packed")
    names = sorted(path.name for path in photos.iterdir())
    assert [record.name for record in records] == [n for n in names if n != "0005.jpg"]
    for record in records:
        rgb = images.read_image(record.data)
        assert rgb.shape == (30, 45, 3)
        expected = images.resize(images.read_image(photos / record.name), (30, 45))
        assert np.abs(rgb.astype(int) - expected).mean() < 3


def test_a_set_is_told_by_its_names(tmp_path):
    """By the same digest as ever, or sets that were begun could not go on."""
    for name in ("b.jpg", "a/ä.jpg", "a/\udcff.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_jpeg(0))
    main([str(tmp_path / "photos"), str(tmp_path / "packed")])
    lines = "a/ä.jpg\n".encode() + b"a/\xff.jpg\n" + b"b.jpg\n"
    assert read_index(tmp_path / "packed").names == hashlib.sha256(lines).hexdigest()[:16]


def test_small_photos_keep_their_size(photos, tmp_path):
    main([str(photos), str(tmp_path / "packed"), "--side=61"])
    assert images.read_image(content(tmp_path / "packed")[0].data).shape == (60, 90, 3)


def test_a_kill_costs_one_shard(photos, tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    main([str(photos), str(whole)])

    def killed(*args):
        raise KeyboardInterrupt

    write = packing._write_shard
    monkeypatch.setattr(
        packing, "_write_shard", lambda f, n, found: killed() if n == 1 else write(f, n, found)
    )
    with pytest.raises(KeyboardInterrupt):
        main([str(photos), str(cut)])
    with pytest.raises(DataError, match="not complete"):
        PackedSource(cut)
    first = (cut / "photos-00000.array_record").stat().st_mtime_ns
    monkeypatch.setattr(packing, "_write_shard", write)
    main([str(photos), str(cut)])
    assert (cut / "photos-00000.array_record").stat().st_mtime_ns == first
    assert content(cut) == content(whole)
    assert read_index(cut) == read_index(whole)


def test_storage_that_fails_leaves_no_photo_out(photos, tmp_path, monkeypatch):
    read = FileSource.__getitem__

    def failing(self, index):
        if index == 6:
            raise OSError(errno.EIO, "Input/output error")
        return read(self, index)

    monkeypatch.setattr(reading, "PAUSES", (0,))
    monkeypatch.setattr(FileSource, "__getitem__", failing)
    with pytest.raises(UnreadableError, match="image 6 cannot be read"):
        main([str(photos), str(tmp_path / "packed")])
    assert len(read_index(tmp_path / "packed").shards) == 1
    monkeypatch.setattr(FileSource, "__getitem__", read)
    main([str(photos), str(tmp_path / "packed")])
    assert read_index(tmp_path / "packed").images == 9
    monkeypatch.setattr(type(photos), "read_bytes", lambda _: failing(None, 6))
    with pytest.raises(UnreadableError, match=r"index\.json cannot be read"):
        read_index(tmp_path / "packed")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is full")
def test_a_full_disk_is_one_line_and_nothing_is_left_of_the_shard(photos, tmp_path, monkeypatch):
    packed = tmp_path / "packed"
    partial = packed / ".photos-00001.array_record.partial"
    write = packing._write_shard

    def fill(folder, number, found):
        if number == 1:
            partial.symlink_to("/dev/full")
        return write(folder, number, found)

    monkeypatch.setattr(packing, "_write_shard", fill)
    reason = r"photos-00001\.array_record cannot be written \(.*No space left on device"
    with pytest.raises(DataError, match=reason):
        main([str(photos), str(packed)])
    assert not partial.is_symlink()
    monkeypatch.setattr(packing, "_write_shard", write)
    main([str(photos), str(packed)])
    assert len(content(packed)) == 9


def test_other_photos_settings_or_files_are_left_alone(photos, tmp_path):
    main([str(photos), str(tmp_path / "packed")])
    with pytest.raises(DataError, match="other photos or settings"):
        main([str(photos), str(tmp_path / "packed"), "--side=100"])
    (photos / "0009.jpg").unlink()
    with pytest.raises(DataError, match="other photos or settings"):
        main([str(photos), str(tmp_path / "packed")])
    with pytest.raises(DataError, match="other files"):
        main([str(photos), str(photos)])


def test_damage_is_named(photos, tmp_path):
    packed = tmp_path / "packed"
    main([str(photos), str(packed)])
    for change, message in [
        (lambda f: (f / "photos-00001.array_record").unlink(), "1 shards of .* are missing"),
        (lambda f: (f / "photos-00001.array_record").write_bytes(b"x" * 99), "damaged"),
        (lambda f: (f / "index.json").write_text("{"), "damaged"),
        (lambda f: (f / "index.json").write_text("[" * 100_000), "damaged"),
        (lambda f: (f / "index.json").write_bytes(b"\xff\xfe"), "damaged"),
        (lambda f: (f / "index.json").unlink(), "no index.json"),
        (
            lambda f: shutil.copy(f / "photos-00000.array_record", f / "photos-00002.array_record"),
            "hold 11 images, its index says 9",
        ),
    ]:
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(packed, copy)
        change(copy)
        with pytest.raises(DataError, match=message):
            PackedSource(copy)
    values = json.loads((packed / "index.json").read_text())
    (packed / "index.json").write_text(json.dumps(values | {"format": 9}))
    with pytest.raises(DataError, match="format 9"):
        PackedSource(packed)


def test_a_damaged_record_is_a_bad_photo_and_others_are_read(photos, tmp_path):
    packed = tmp_path / "packed"
    main([str(photos), str(packed)])
    shard = packed / "photos-00001.array_record"
    writer = packing.ArrayRecordWriter(str(shard), "group_size:1")
    for data in (b"\xc1", b"\x03", encode(Record("0007.jpg", make_jpeg(7)))):
        writer.write(data)
    writer.close()
    shard = packed / "photos-00002.array_record"
    data = bytearray(shard.read_bytes())
    data[data.index(b"0009.jpg") + 100] ^= 255
    shard.write_bytes(data)
    source = PackedSource(packed)
    names = [source.name_of(i) for i in range(len(source))]
    assert names[4:] == ["image 4", "image 5", "0007.jpg", "0008.jpg", "image 8"]
    name, _, skips = LoadColor(source, True)(4)
    assert (name, [skip.name for skip in skips]) == ("0007.jpg", ["image 4", "image 5"])
    assert "its record is damaged (Corrupted" in LoadColor(source, True).read(8)[2].reason


def test_training_reads_them_and_holds_some_out(photos, tmp_path):
    main([str(photos), str(tmp_path / "packed")])
    data = DataConfig(dataset="records", path=str(tmp_path / "packed"))
    train, validation = (make_source(data, split) for split in ("train", "validation"))
    assert [validation.name_of(i) for i in range(len(validation))] == ["0000.jpg"]
    assert len(train) == 8
    assert train.name_of(0) == "0001.jpg"
    other = make_folder(tmp_path / "other", 3)
    main([str(other), str(tmp_path / "held_out")])
    both = dataclasses.replace(data, validation_path=str(tmp_path / "held_out"))
    assert [len(make_source(both, split)) for split in ("train", "validation")] == [9, 3]
    (tmp_path / "link").symlink_to(tmp_path / "packed")
    same = dataclasses.replace(data, validation_path=str(tmp_path / "link"))
    with pytest.raises(DataError, match=r"are the same, .*packed; without a data\.validation_path"):
        make_source(same, "train")


def test_one_photo_is_too_few_to_train_on_and_to_validate_with(tmp_path):
    main([str(make_folder(tmp_path / "photos", 1)), str(tmp_path / "packed")])
    data = DataConfig(dataset="records", path=str(tmp_path / "packed"))
    with pytest.raises(DataError, match=r"1 image\(s\) in .*packed are too few"):
        make_source(data, "train")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere", "OUT"], "no folder at /nowhere"),
        (["tfds:mnist", "OUT"], "'mnist' is unknown"),
        (["IN", "OUT", "--side=0"], "--side 0"),
        (["IN", "OUT", "--split=train"], "--split=train goes with tfds:NAME, not with /"),
        (["IN", "OUT", "--data_dir=/d"], "--data_dir=/d goes with tfds:NAME, not with /"),
        (["tfds:birds", "OUT", "--split=train", "--data_dir=/d"], "not prepared .* in /d; "),
        (["IN", "OUT", "--quality=101"], "--quality 101"),
    ],
)
def test_bad_input_gives_one_line(arguments, message, photos, tmp_path):
    arguments = [a.replace("IN", str(photos)).replace("OUT", str(tmp_path)) for a in arguments]
    with pytest.raises(UserError, match=message):
        main(arguments)

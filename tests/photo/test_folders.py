"""One walker: every photograph below a folder, and what is not one is named."""

import os

import pytest

from acolvit_jax.photo import images


def make(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(found, root):
    return [path.relative_to(root).as_posix() for path in found.photos]


def test_every_known_suffix_is_taken_and_others_are_counted(tmp_path):
    make(tmp_path, "a.JFIF", "b.jpe", "c.ppm", "d.jp2", "e.avif", "f.heic", "g.tiff")
    make(tmp_path, "notes.txt", "raw.cr2", "more.txt")
    found = images.find_images(tmp_path)
    assert len(found.photos) == 7
    assert found.notes == [
        "3 files are no photos by their suffix (2 .txt, 1 .cr2): more.txt, notes.txt, raw.cr2"
    ]


def test_thumbnails_of_nas_systems_hidden_files_and_waste_are_no_photos(tmp_path):
    make(tmp_path, "a.jpg", "@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg", ".@__thumb/a.jpg")
    make(tmp_path, "__MACOSX/._a.jpg", "#recycle/a.jpg", "sub/@eaDir/b.jpg", "sub/._b.jpg")
    found = images.find_images(tmp_path)
    assert names(found, tmp_path) == ["a.jpg"]
    assert found.notes == []


def test_links_are_followed_once_and_dead_ones_named(tmp_path):
    make(tmp_path / "other", "x.jpg", "deep/y.jpg")
    album = tmp_path / "album"
    make(album, "a.jpg")
    (album / "linked").symlink_to(tmp_path / "other")
    (album / "again").symlink_to(album)  # around in a circle
    (album / "file.jpg").symlink_to(tmp_path / "other" / "x.jpg")
    (album / "dead.jpg").symlink_to(tmp_path / "nothing.jpg")
    found = images.find_images(album)
    assert names(found, album) == ["a.jpg", "file.jpg", "linked/deep/y.jpg", "linked/x.jpg"]
    assert found.problems == [f"{album / 'dead.jpg'}: leads to no file"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    make(tmp_path, "a.jpg", "closed/c.jpg")
    scan = os.scandir

    def closed(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    found = images.find_images(tmp_path)
    assert names(found, tmp_path) == ["a.jpg"]
    folder = tmp_path / "closed"
    assert found.problems == [f"{folder}: the folder cannot be read (Permission denied)"]


def test_a_folder_that_cannot_be_entered_is_named_once(tmp_path, monkeypatch):
    make(tmp_path, "a.jpg", "closed/b.jpg", "closed/c.jpg", "closed/deep/d.jpg", "into it.jpg")
    closed, check, look = tmp_path / "closed", os.access, os.stat

    def stat(path, *more, **options):
        if os.path.basename(path) in ("b.jpg", "c.jpg", "d.jpg", "into it.jpg"):
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, *more, **options)

    monkeypatch.setattr(os, "access", lambda path, mode: path != str(closed) and check(path, mode))
    monkeypatch.setattr(os, "stat", stat)
    found = images.find_images(tmp_path)
    assert names(found, tmp_path) == ["a.jpg"]
    assert found.problems == [
        f"{closed}: the folder cannot be read (no right to enter it)",
        f"{tmp_path / 'into it.jpg'}: leads to no file",
    ]


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_utf8_are_found(tmp_path):
    raw = os.fsencode(tmp_path) + b"/gro\xdfmutter.jpg"
    with open(raw, "wb") as file:
        file.write(b"x")
    assert [os.fsencode(path) for path in images.find_images(tmp_path).photos] == [raw]

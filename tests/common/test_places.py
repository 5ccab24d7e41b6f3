"""Paths on this machine and in buckets."""

import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acolvit_jax.common import cli, places, reading
from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.files import free_path, set_aside, write_bytes, write_text
from acolvit_jax.common.growing import GrowingFile
from acolvit_jax.common.json_lines import read_lines
from acolvit_jax.common.places import place
from acolvit_jax.common.text import read_text


def test_a_path_of_this_machine_is_what_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place("a/b") == Path("a/b")
    assert place("~/x") == tmp_path / "x"
    assert place("~backup.jpg") == Path("~backup.jpg")
    assert type(place(tmp_path)) is type(tmp_path)
    assert not places.is_remote(tmp_path)
    assert places.absolute(place("a")) == Path.cwd() / "a"


@pytest.mark.parametrize("text", ["s3://b/x", "https://host/x", "hf://b/x"])
def test_other_storage_is_refused(text):
    with pytest.raises(ConfigError, match="only gs:// is known"):
        place(text)


def test_an_empty_path_is_none():
    with pytest.raises(ConfigError, match="a path is empty: name a file or folder"):
        place("")


def test_a_missing_library_is_named(monkeypatch):
    places._prepare.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'acolvit_jax\[gcs\]'"):
        place("gs://b/x")
    places._prepare.cache_clear()


def test_a_path_of_a_bucket_stays_one(bucket):
    path = place(f"{bucket}/a") / "b.txt"
    assert str(path) == os.fspath(path) == f"{bucket}/a/b.txt"
    assert place(path) == place(os.fspath(path)) == path
    assert places.absolute(path) == places.resolved(path) == path
    assert path.relative_to(place(bucket)).as_posix() == "a/b.txt"
    assert cli.path(f"{bucket}/a/b.txt") == path


def test_a_file_of_a_bucket_is_the_same_by_its_name(bucket, tmp_path):
    path, own = place(bucket) / "a", tmp_path / "a"
    own.touch()
    (tmp_path / "b").symlink_to(own)
    assert places.same_file(path, place(bucket) / "a")
    assert not places.same_file(path, own)
    assert places.same_file(own, tmp_path / "b")


def test_files_of_a_bucket_are_written_whole_and_read(bucket, storage):
    path = place(bucket) / "a" / "b.txt"
    write_text(path, "näh")
    assert storage.objects[f"{bucket[5:]}/a/b.txt"] == "näh".encode()
    assert read_text(path) == "näh"
    assert (path.is_file(), path.parent.is_dir(), path.parent.is_file()) == (True, True, False)
    assert free_path(path).name == "b.txt-2"
    assert set_aside(path).name == "damaged-b.txt"
    assert [str(found) for found in places.files_below(place(bucket))] == [
        f"{bucket}/a/damaged-b.txt"
    ]


def test_a_bucket_that_is_not_there_is_named(bucket):
    with pytest.raises(FileNotFoundError) as error:
        write_bytes(place("gs://nobody/a"), b"x")
    assert error.value.filename == "gs://nobody/a"


def test_what_other_processes_write_is_seen(bucket, storage):
    folder = place(bucket) / "run"
    write_bytes(folder / "a", b"1")
    assert [path.name for path in folder.iterdir()] == ["a"]
    storage.put(f"{bucket[5:]}/run/b", b"2")
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]
    assert (folder / "b").exists()


def test_of_many_who_create_a_file_one_does(bucket):
    path = place(bucket) / "lock"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: places.create(path, b"%d" % i), range(8)))
    assert sum(made) == 1
    assert path.read_bytes() == b"%d" % made.index(True)


def test_a_file_for_libraries_that_read_disks(bucket, tmp_path):
    write_bytes(place(bucket) / "w.npz", b"abc")
    with places.on_disk(place(bucket) / "w.npz") as copy:
        assert (copy.name, copy.read_bytes()) == ("w.npz", b"abc")
    assert not copy.exists()
    (tmp_path / "own").write_bytes(b"abc")
    with places.on_disk(tmp_path / "own") as copy:
        assert copy == tmp_path / "own"


def test_a_folder_is_copied_into_a_bucket(bucket, tmp_path):
    write_bytes(tmp_path / "a" / "b", b"1")
    write_bytes(tmp_path / "c", b"2")
    places.copy_folder(tmp_path, place(bucket) / "site")
    assert (place(bucket) / "site" / "a" / "b").read_bytes() == b"1"
    assert (place(bucket) / "site" / "c").read_bytes() == b"2"


def test_a_growing_file_of_a_disk_has_at_once_what_is_added(tmp_path):
    file = GrowingFile(tmp_path / "a")
    file.write(b"1\n")
    assert (tmp_path / "a").read_bytes() == b"1\n"


def test_a_growing_file_of_a_bucket_is_written_anew_now_and_then(bucket, storage, monkeypatch):
    key = f"{bucket[5:]}/log"
    write_bytes(place(bucket) / "log", b'{"step": 1}\n')
    file = GrowingFile(place(bucket) / "log")
    file.write(b'{"step": 2}\n')
    assert storage.objects[key] == b'{"step": 1}\n'
    file.flush()
    assert storage.objects[key] == b'{"step": 1}\n{"step": 2}\n'
    asked = len(storage.requests)
    file.flush()  # nothing is new
    assert len(storage.requests) == asked
    monkeypatch.setattr("acolvit_jax.common.growing.SECONDS", 0.0)
    file.write(b'{"step": 3}\n')
    steps, damaged = read_lines(place(bucket) / "log", lambda entry: entry["step"])
    assert (steps, damaged) == ([1, 2, 3], [])


def test_a_growing_file_of_a_bucket_outlives_a_storage_that_fails(
    bucket, storage, monkeypatch, caplog
):
    monkeypatch.setattr("acolvit_jax.common.growing.SECONDS", 0.0)
    path = place(bucket) / "log"
    file = GrowingFile(path)
    storage.failures[:] = [403] * 100
    file.write(b"1")
    file.write(b"2")
    assert "trying again" in caplog.text
    with pytest.raises(OSError, match="Forbidden") as error:
        file.flush()
    assert error.value.filename == str(path)
    storage.failures.clear()
    file.close()
    assert path.read_bytes() == b"12"


def test_what_the_storages_library_raises_is_the_systems_error(bucket, monkeypatch):
    from gcsfs.retry import HttpError

    def refuse(self, data):
        raise HttpError({"code": 503, "message": "try later"})

    path = place(bucket) / "a"
    monkeypatch.setattr(type(path), "write_bytes", refuse)
    with pytest.raises(OSError, match="try later, 503") as error:
        write_bytes(path, b"x")
    assert error.value.filename == str(path)


def test_a_bucket_that_fails_is_no_damage(bucket, storage, monkeypatch):
    monkeypatch.setattr(reading, "PAUSES", (0.0,))
    path = place(bucket) / "a"
    write_bytes(path, b"x")
    storage.failures[:] = [403] * 100
    with pytest.raises(reading.UnreadableError, match="cannot be read"):
        reading.patiently("the photo", path.read_bytes)
    storage.failures[:] = [403]
    assert reading.patiently("the photo", path.read_bytes) == b"x"


def test_an_error_of_the_storages_own_is_one_line(monkeypatch, capsys):
    from gcsfs.retry import HttpError

    def main(argv):
        raise HttpError({"code": 401, "message": "Invalid\ncredentials"})

    monkeypatch.setattr("sys.argv", ["x"])
    for name in ("end_on_signals", "_speak_plainly", "_silence_orbax"):
        monkeypatch.setattr(cli, name, lambda: None)
    with pytest.raises(SystemExit) as ended:
        cli.run(main)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: the storage says: Invalid credentials, 401\n"

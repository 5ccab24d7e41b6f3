"""Compiled programs that tests keep from one run to the next."""

import os
import subprocess
import sys
import zlib

from tests import programs


def test_what_is_new_is_kept_and_others_never_see_it_half_written(tmp_path):
    kept = tmp_path / "kept"
    whole = zlib.compress(b"program")
    first, second = programs.own_programs(kept), programs.own_programs(kept)
    (first / "a-cache").write_bytes(whole)
    (first / "b-cache").write_bytes(whole[:-1])  # its process was killed
    (second / "a-cache").write_bytes(b"another's")
    assert programs.entries(kept) == []
    programs.give_back(first, kept)
    programs.give_back(second, kept)
    assert [path.name for path in kept.iterdir()] == ["a-cache"]
    assert (programs.own_programs(kept) / "a-cache").read_bytes() == whole


def test_the_oldest_make_room_and_folders_that_nobody_ended_go(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "MOST_BYTES", 7)
    left = programs.own_programs(tmp_path)
    os.utime(left, (0, 0))
    own = programs.own_programs(tmp_path)
    assert not left.exists()
    for age, name in enumerate(("new", "old", "oldest")):
        (own / f"{name}-cache").write_bytes(b"abc")
        os.utime(own / f"{name}-cache", (100 - age, 100 - age))
    programs.give_back(own, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"new-cache", "old-cache"}


def test_a_program_has_one_name_in_every_folder(tmp_path):
    """What one process has compiled another takes from a folder of its own."""
    named = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        command = [sys.executable, "-c", "import jax; jax.jit(lambda x: x + 2)(1.0)"]
        subprocess.run(command, env={**os.environ, **programs.variables(folder)}, check=True)
        named.append({entry.name for entry in programs.entries(folder)})
    assert named[0] == named[1] != set()

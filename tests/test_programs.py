"""Compiled programs that tests keep from one run to the next."""

import os
import subprocess
import sys
import zlib

import jax
import pytest

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


def test_jax_finds_them_also_where_it_was_imported_before(tmp_path):
    """As it is where tests of a folder are named whose conftest imports it."""
    wanted = programs.variables(tmp_path)
    held = {name: getattr(jax.config, name.lower()) for name in wanted}
    with pytest.MonkeyPatch.context() as patch:
        for name in wanted:
            patch.setenv(name, os.environ.get(name, ""))
        try:
            programs.use(tmp_path)
            assert jax.config.jax_compilation_cache_dir == str(tmp_path)
            assert jax.config.jax_persistent_cache_min_compile_time_secs == 0
            assert jax.config.jax_persistent_cache_enable_xla_caches == "none"
        finally:
            for name, value in held.items():
                jax.config.update(name.lower(), value)
    assert os.environ.get("JAX_COMPILATION_CACHE_DIR", "") != str(tmp_path)

"""Where compiled programs are kept."""

import os

import jax
import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.inference import compilation

SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
    "jax_compilation_cache_max_size",
)


@pytest.fixture
def no_cache():
    """JAX without a cache of its own; what was set comes back."""
    before = {name: getattr(jax.config, name) for name in SETTINGS}
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"ACOLVIT_CACHE": "own", "XDG_CACHE_HOME": "xdg"}, "own/programs"),
        ({"XDG_CACHE_HOME": "xdg"}, "xdg/acolvit_jax/programs"),
        ({"HOME": "me"}, "me/.cache/acolvit_jax/programs"),
    ],
)
def test_programs_are_kept_in_the_users_cache_folder(
    no_cache, monkeypatch, tmp_path, variables, folder
):
    for name in ("ACOLVIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "")
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    compilation.keep_compiled_programs()
    kept = str(tmp_path / folder)
    assert [getattr(jax.config, name) for name in SETTINGS] == [kept, 0, -1, 2**30]


def test_who_cannot_write_the_cache_folder_goes_without(no_cache, monkeypatch, tmp_path, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ACOLVIT_CACHE", str(tmp_path / "file" / "cache"))
    compilation.keep_compiled_programs()
    assert jax.config.jax_compilation_cache_dir is None
    monkeypatch.setenv("ACOLVIT_CACHE", str(tmp_path / "read_only"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    compilation.keep_compiled_programs()
    assert jax.config.jax_compilation_cache_dir is None
    said = "cannot be written; programs are not kept"
    assert caplog.messages == [
        f"ACOLVIT_CACHE={tmp_path / name} {said}" for name in ("file/cache", "read_only")
    ]
    monkeypatch.delenv("ACOLVIT_CACHE")  # nobody has asked for one: nothing is said
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    compilation.keep_compiled_programs()
    assert len(caplog.messages) == 2


def test_a_cache_that_jax_was_given_stays(no_cache, monkeypatch):
    monkeypatch.setenv("ACOLVIT_CACHE", "/nowhere/own")
    jax.config.update("jax_compilation_cache_dir", "/given")
    compilation.keep_compiled_programs()
    assert jax.config.jax_compilation_cache_dir == "/given"


def test_who_has_no_home_goes_without_a_cache(no_cache, monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    for name in ("ACOLVIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(compilation.Path, "home", no_home)
    compilation.keep_compiled_programs()
    assert jax.config.jax_compilation_cache_dir is None
    with pytest.raises(ConfigError, match="set ACOLVIT_CACHE to a folder"):
        compilation.cache_folder()

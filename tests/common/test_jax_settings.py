"""A command line settles JAX; the package as a library changes nothing in its host."""

import subprocess
import sys

import jax
import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.jax_settings import settle_jax


@pytest.mark.parametrize("error", [AssertionError(), RuntimeError("Unable to initialize\nbackend")])
def test_a_device_that_is_not_there_is_one_line(monkeypatch, error):
    def refuse():
        raise error

    monkeypatch.setattr(jax, "devices", refuse)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(ConfigError, match="cannot have the device of JAX_PLATFORMS=cuda") as told:
        settle_jax()
    assert "\n" not in str(told.value)


def test_settings_that_break_programs_are_taken_back(caplog):
    names = ("jax_numpy_rank_promotion", "jax_numpy_dtype_promotion")
    before = {name: getattr(jax.config, name) for name in names}
    try:
        jax.config.update("jax_numpy_rank_promotion", "raise")
        jax.config.update("jax_numpy_dtype_promotion", "strict")
        jax.config.update("jax_disable_jit", True)
        settle_jax()
        assert jax.config.jax_numpy_rank_promotion == "allow"
        assert jax.config.jax_numpy_dtype_promotion == "standard"
        assert not jax.config.jax_disable_jit
        assert "JAX_DISABLE_JIT" in caplog.text
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        jax.config.update("jax_disable_jit", False)


CODE = """
import logging, sys, warnings
import jax
from PIL import Image
def state():
    return (Image.MAX_IMAGE_PIXELS, list(warnings.filters), jax.config.jax_compilation_cache_dir,
            sorted(Image.OPEN), logging.getLogger("tifffile").level, sys.stdout.errors)
warnings.simplefilter("error")
import acolvit_jax.inference.colorizer  # JAX's and Flax's own imports come first
before = state()
for name in [name for name in sys.modules if name.startswith("acolvit_jax")]:
    del sys.modules[name]
import acolvit_jax.inference.colorizer, acolvit_jax.photo.images, acolvit_jax.demo.server.server
assert Image.MAX_IMAGE_PIXELS == 89478485
assert state()[:3] + state()[4:] == before[:3] + before[4:]
"""


def test_importing_changes_nothing_in_the_host():
    subprocess.run([sys.executable, "-c", CODE], check=True, timeout=120)

"""Shared fixtures. Eight CPU devices are asked for before JAX is imported anywhere."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

# Command lines that compile the same programs do so once: workers and their children inherit this.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="acolvit-compiled-")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)

import pytest

SHARED_PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """Real photographs (`train/`, `val/`) that are not part of the product."""
    path = Path(os.environ.get("ACOLVIT_TEST_PHOTOS", SHARED_PHOTOS))
    if not path.is_dir():
        pytest.skip(f"no photographs at {path}; set ACOLVIT_TEST_PHOTOS to their folder")
    return path

"""Shared fixtures. Eight CPU devices are asked for before JAX is imported anywhere."""

import os
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import pytest

SHARED_PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """Real photographs (`train/`, `val/`) that are not part of the product."""
    path = Path(os.environ.get("ACOLVIT_TEST_PHOTOS", SHARED_PHOTOS))
    if not path.is_dir():
        pytest.skip(f"no photographs at {path}; set ACOLVIT_TEST_PHOTOS to their folder")
    return path

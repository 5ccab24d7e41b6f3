"""What tests in a browser want of the machine."""

import os
from pathlib import Path

import pytest

from tests.demo.browser.driver import CHROMIUM, DRIVER


def need(there: bool, reason: str) -> None:
    """Skips a test for want of something; under CI, which installs it, the test fails."""
    if there:
        return
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def need_browser() -> None:
    """Wants Debian's Chromium and its driver."""
    there = Path(CHROMIUM).exists() and Path(DRIVER).exists()
    need(there, "Chromium and its driver are not installed (apt-get install chromium-driver)")

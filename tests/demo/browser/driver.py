"""The web demo's server and a browser without a window, for measurements, pictures and tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from urllib3.exceptions import HTTPError

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
SOFTWARE_GL = "--enable-unsafe-swiftshader"  # no GPU needed
CRASHED = "tab crashed|invalid session id|disconnected"  # what the driver says of it
START_SECONDS = 120


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """Runs `python -m acolvit_jax.serve` on a free port.

    Args:
        *arguments: more of its arguments.

    Yields:
        The page's address.

    Raises:
        RuntimeError: if the server ends before it serves.
    """
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    environment.pop("XLA_FLAGS", None)  # as a person starts it, on one device
    command = [sys.executable, "-m", "acolvit_jax.serve", "--port", "0", "--no_browser", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"serving on (http://\S+)", line):
                yield found[1]
                return
        raise RuntimeError(f"the server ended with code {process.wait()}")
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def browsing(
    *flags: str, size: tuple[int, int] = (1280, 720), downloads: Path | None = None
) -> Iterator[webdriver.Chrome]:
    """Starts Chromium with an empty profile.

    Args:
        *flags: more of its flags.
        size: width and height of the page, in CSS pixels.
        downloads: folder for saved files.

    Yields:
        The driver.
    """
    profile = tempfile.mkdtemp(prefix="acolvit-demo-")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, SOFTWARE_GL, f"--user-data-dir={profile}", *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if downloads is not None:
        preferences = {"download.default_directory": str(downloads)}
        options.add_experimental_option("prefs", preferences)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        resize(driver, size)
        yield driver
    finally:
        driver.quit()
        with suppress(ProcessLookupError):  # which a driver that is gone has left running
            os.kill(driver.capabilities["goog:processID"], signal.SIGKILL)
        shutil.rmtree(profile, ignore_errors=True)


@contextmanager
def lasting(*flags: str, downloads: Path | None = None) -> Iterator[Callable[[], webdriver.Chrome]]:
    """A browser for many tests: one that crashed, or whose tab did, costs one of them.

    Args:
        *flags: more of its flags.
        downloads: folder for saved files.

    Yields:
        What gives the driver: the same as long as it lives, then one of another browser.
    """
    with ExitStack() as running:
        driver: webdriver.Chrome | None = None

        def living() -> webdriver.Chrome:
            nonlocal driver
            if driver is None or _crashed(driver):
                running.close()
                driver = running.enter_context(browsing(*flags, downloads=downloads))
            return driver

        yield living


def _crashed(driver: webdriver.Chrome) -> bool:
    try:
        driver.execute_script("")
    except HTTPError:  # the driver itself is gone
        return True
    except WebDriverException as error:
        if re.search(CRASHED, str(error)):
            return True
        raise
    return False


def resize(driver: webdriver.Chrome, size: tuple[int, int], scale: float = 1) -> None:
    """Gives the page a size in CSS pixels, and the screen a density."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": scale, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Waits for a condition.

    Args:
        condition: asked again and again; its first true value is returned.
        what: is waited for, for the message.
        seconds: to wait at most.

    Returns:
        The condition's value.

    Raises:
        TimeoutError: if it stays false.
    """
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)
    return value


_SETTLED = "!!(window.acolvit?.photo && acolvit.result && !acolvit.busy && !acolvit.opening)"
_SETTLE = f"""
const done = arguments[0];
const look = () => ({_SETTLED} ? done() : setTimeout(look, 4));
look();"""


def settled(driver: webdriver.Chrome) -> bool:
    """Whether the page has a photo, its colors, and nothing under way."""
    return driver.execute_script(f"return {_SETTLED}")


def settle(driver: webdriver.Chrome) -> None:
    """Waits until it has. The page looks by itself, which costs less than asking it.

    Raises:
        selenium.common.exceptions.TimeoutException: if that takes longer than a script may.
    """
    driver.execute_async_script(_SETTLE)


def open_sample(driver: webdriver.Chrome, address: str, name: str) -> None:
    """Opens the page and one of its samples, and waits for the automatic result."""
    driver.get(address)
    until(lambda: driver.execute_script("return document.body.dataset.ready"), "the page")
    driver.execute_script(f"document.querySelector('[data-sample={name}]').click()")
    until(lambda: settled(driver), f"the colors of {name}")

"""One server and one browser for all tests of the page."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if not os.environ.get("CI"):  # where its lack is an error
    pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver import Chrome

from tests.demo.browser.driver import CRASHED, lasting, serving
from tests.demo.browser.needs import need_browser
from tests.demo.browser.page import Page

STILL = "--force-prefers-reduced-motion"  # colors that fade in are drawn many times
PLAIN = "plain.test"  # a name for 127.0.0.1 that browsers trust no more than a network's


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A tab or a browser that crashed says nothing of the page: such a test runs once more."""
    if config.option.usepdb or not config.pluginmanager.hasplugin("rerunfailures"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=CRASHED))


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    need_browser()
    dtype = ("--dtype", "float32")  # as tests in this process compute
    with serving(*dtype, "--behind_proxy", PLAIN) as url:
        yield url


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def living(downloads: Path) -> Iterator[Callable[[], Chrome]]:
    need_browser()
    resolve = f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1"
    with lasting(STILL, resolve, downloads=downloads) as give:
        yield give


@pytest.fixture
def browser(living: Callable[[], Chrome], address: str) -> Page:
    return Page(living(), address)


@pytest.fixture
def page(browser: Page, downloads: Path) -> Iterator[Page]:
    """The page anew with a sample photo; the browser must have nothing to complain about after."""
    for saved in downloads.iterdir():  # by another test
        saved.unlink()
    browser.open()
    yield browser
    assert browser.complaints() == []


@pytest.fixture
def coffee(page: Page) -> Page:
    page.sample("coffee")
    return page

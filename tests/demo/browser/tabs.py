"""Tabs of the page, and what they have kept in the browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.demo.browser.page import Page
from tests.demo.browser.test_desk import kept

STORED = """
    const open = indexedDB.open('acolvit');
    const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
    const all = (name) => new Promise((done) => {
        const records = database.transaction(name).objectStore(name).getAll();
        records.onsuccess = () => done(records.result);
    });
    const stored = {
        desks: (await all('desks')).map(({ photos }) => photos),
        photos: (await all('photos')).map(({ id }) => id),
        work: (await all('work')).map(({ id }) => id),
        thumbnails: (await all('thumbnails')).map(({ id }) => id),
    };
    database.close();
    return stored;"""


def stored(page: Page) -> dict[str, Any]:
    """Ids of the photos of each desk, and of each record of a photo."""
    return page.module(STORED)


def close_tab(page: Page) -> None:
    """The tab is closed, and the next one comes: what it had in its own storage is gone."""
    kept(page)
    page.js("sessionStorage.clear()")
    page.visit()


@contextmanager
def another_tab(page: Page) -> Iterator[None]:
    before = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    try:
        page.visit()
        yield
    finally:
        page.driver.close()
        page.driver.switch_to.window(before)


def offered(page: Page) -> str:
    return page.id("continue-what").text if page.id("continue").is_displayed() else ""


def bee_is_offered(page: Page) -> None:
    """A tab with a photo and a hint was closed."""
    page.sample("bee")
    page.click(100, 100)
    close_tab(page)
    assert offered(page) == "Bee at a quince blossom, 1 hint"

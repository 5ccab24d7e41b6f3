"""Work of several tabs, and of tabs that were closed: of one desk each."""

import pytest

from tests.demo.browser.page import Page
from tests.demo.browser.tabs import another_tab, bee_is_offered, close_tab, offered, stored
from tests.demo.browser.test_desk import kept, names


def test_what_is_offered_outlives_other_work(page: Page):
    bee_is_offered(page)
    page.sample("chelsea")
    kept(page)
    with another_tab(page):
        assert offered(page) == "Bee at a quince blossom, 1 hint"
        page.id("continue-go").click()
        page.settle()
        assert page.state["photo"]["name"] == "bee"
        assert len(page.hints) == 1
    page.visit()
    page.settle()
    assert names(page) == ["Chelsea the cat"]


def test_a_desk_is_taken_up_and_forgotten_by_one_tab_only(page: Page):
    bee_is_offered(page)
    with another_tab(page):
        assert offered(page)
        first = page.driver.window_handles[0]
        second = page.driver.current_window_handle
        page.driver.switch_to.window(first)
        page.id("continue-go").click()
        page.settle()
        page.click(150, 150)
        kept(page)
        page.driver.switch_to.window(second)
        page.id("continue-forget").click()
        assert page.toast() == "Another tab has taken this work up, or forgotten it."
        assert not offered(page)
    page.visit()
    page.settle()
    assert len(page.hints) == 2


def test_two_tabs_do_not_write_one_desk(page: Page):
    bee_is_offered(page)
    with another_tab(page):
        first = page.driver.window_handles[0]
        second = page.driver.current_window_handle
        page.driver.switch_to.window(first)
        page.id("continue-go").click()
        page.settle()
        kept(page)
        page.driver.switch_to.window(second)
        page.id("continue-go").click()
        assert "Another tab" in page.toast()
        assert page.state["photo"] is None
        assert names(page) == []


@pytest.mark.parametrize("choice", ["continue-go", "continue-forget"])
def test_a_tab_that_is_opened_again_has_its_desk(page: Page, choice: str):
    """Not one to which it was offered meanwhile."""
    page.sample("bee")
    page.click(100, 100)
    kept(page)
    desk = page.js("return sessionStorage.getItem('acolvit.desk')")
    close_tab(page)
    assert offered(page)
    with another_tab(page):
        page.js("sessionStorage.setItem('acolvit.desk', arguments[0])", desk)
        page.visit()
        page.settle()
        first = page.driver.window_handles[0]
        second = page.driver.current_window_handle
        page.driver.switch_to.window(first)
        page.id(choice).click()
        assert "Another tab" in page.toast()
        assert names(page) == []
        page.driver.switch_to.window(second)
        page.visit()
        page.settle()
        assert len(page.hints) == 1


def test_work_that_goes_on_beside_other_work_is_of_one_desk(page: Page):
    bee_is_offered(page)
    page.sample("chelsea")
    page.keys("g")
    page.id("continue-go").click()
    page.wait(lambda: page.js("return acolvit.photo?.name") == "bee", "the bee")
    page.settle()
    kept(page)
    page.wait(lambda: len(stored(page)["desks"]) == 1, "one desk")
    assert len(stored(page)["desks"][0]) == 2
    close_tab(page)
    assert offered(page) == "2 photos, 1 hint"
    page.id("continue-forget").click()
    page.wait(lambda: not any(stored(page).values()), "nothing")


def test_a_photo_of_two_desks_outlives_one(page: Page):
    """A crash while a desk was taken up has left both."""
    page.sample("bee")
    page.click(100, 100)
    kept(page)
    page.module(
        """
        const open = indexedDB.open('acolvit');
        const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
        const desks = database.transaction('desks', 'readwrite').objectStore('desks');
        const record = { id: 'old', photos: args[0], current: null, changed: Date.now() };
        const put = desks.put(record);
        await new Promise((done) => { put.onsuccess = done; });
        database.close();""",
        stored(page)["desks"][0],
    )
    with another_tab(page):
        assert offered(page) == "Bee at a quince blossom, 1 hint"
        page.id("continue-forget").click()
        page.wait(lambda: len(stored(page)["desks"]) == 1, "one desk")
    page.visit()
    page.settle()
    assert len(page.hints) == 1

"""What tabs keep over plain http, as from another computer: browsers have no locks there."""

import time

import pytest

from tests.demo.browser.conftest import PLAIN
from tests.demo.browser.page import Page
from tests.demo.browser.tabs import another_tab, close_tab, offered, stored
from tests.demo.browser.test_desk import kept, names

MARK = "acolvit-desk-"
DAY = 24 * 60 * 60 * 1000
# A tab that the system killed some time ago has left the mark of this tab's desk.
KILLED = """
    const desk = '%s';
    sessionStorage.setItem('acolvit.desk', desk);
    localStorage.setItem('acolvit-desk-' + desk, Date.now() - %d);"""


@pytest.fixture
def plain(page: Page) -> Page:
    page = Page(page.driver, page.address.replace("127.0.0.1", PLAIN))
    page.open()
    page.js("localStorage.clear()")
    page.visit()
    assert page.js("return [isSecureContext, 'locks' in navigator]") == [False, False]
    return page


def work(page: Page, sample: str) -> None:
    page.sample(sample)
    page.click(100, 100)
    kept(page)


def desk(page: Page) -> str:
    return page.js("return sessionStorage.getItem('acolvit.desk')")


def test_a_tab_leaves_those_of_open_tabs_alone(plain: Page):
    """More of them than desks are kept that no tab has."""
    work(plain, "bee")
    with another_tab(plain):
        work(plain, "coffee")
        with another_tab(plain):
            work(plain, "chelsea")
            with another_tab(plain):
                work(plain, "fig")
                with another_tab(plain):
                    assert not offered(plain)
                    assert len(stored(plain)["photos"]) == 4
    plain.visit()
    plain.settle()
    assert plain.state["photo"]["name"] == "bee"
    assert len(plain.hints) == 1


def test_what_a_closed_tab_has_left_is_offered_to_one(plain: Page):
    work(plain, "bee")
    close_tab(plain)
    assert offered(plain) == "Bee at a quince blossom, 1 hint"
    with another_tab(plain):
        plain.id("continue-go").click()
        plain.settle()
        first, second = plain.driver.window_handles
        plain.driver.switch_to.window(first)
        plain.id("continue-forget").click()
        assert plain.toast() == "Another tab has taken this work up, or forgotten it."
        plain.driver.switch_to.window(second)
        plain.visit()
        plain.settle()
        assert len(plain.hints) == 1


def test_a_killed_tab_that_comes_back_has_its_desk(plain: Page):
    work(plain, "bee")
    with plain.before(KILLED % (desk(plain), DAY)):
        plain.visit()
    plain.settle()
    assert len(plain.hints) == 1


@pytest.mark.parametrize(("days", "free"), [(6, False), (8, True)])
def test_a_tab_that_is_silent_for_days_has_its_desk(plain: Page, days: int, free: bool):
    work(plain, "bee")
    mine = desk(plain)
    plain.driver.get(plain.address + "v1/info")
    plain.js("sessionStorage.clear()")
    age = "localStorage.setItem('acolvit-desk-' + arguments[0], Date.now() - arguments[1])"
    plain.js(age, mine, days * DAY)
    plain.visit()
    assert bool(offered(plain)) == free
    assert len(stored(plain)["photos"]) == 1


def test_a_tab_renews_its_mark(plain: Page):
    """Timers run a thousand times as fast here."""
    faster = "const { setInterval: set } = window;"
    faster += "window.setInterval = (act, ms) => set(act, ms / 1000);"
    with plain.before(faster):
        plain.visit()
        mark = f"return Number(localStorage.getItem('{MARK}{desk(plain)}'))"
        before = plain.js(mark)
        assert abs(before / 1000 - time.time()) < 60
        plain.wait(lambda: plain.js(mark) > before + 60, "the second mark")


def test_a_duplicated_tab_has_a_desk_of_its_own(plain: Page):
    work(plain, "bee")
    mine = desk(plain)
    with another_tab(plain):
        plain.js("sessionStorage.setItem('acolvit.desk', arguments[0])", mine)
        plain.visit()
        assert names(plain) == []
        assert desk(plain) != mine
    assert len(stored(plain)["photos"]) == 1

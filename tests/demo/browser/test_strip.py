"""The strip of photos by keyboard: putting photos away, and taking that back."""

import time

from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page
from tests.demo.browser.test_desk import names

FOCUSED = "return document.activeElement.closest('li') && document.activeElement.ariaLabel"
FASTER = """
    const { setTimeout: set } = window;
    window.setTimeout = (act, ms) => set(act, ms > 5000 ? ms / 50 : ms);"""
BEE, CAT, COFFEE = "Bee at a quince blossom", "Chelsea the cat", "Cup of coffee"


def focus(page: Page, title: str) -> None:
    page.js("document.querySelector(`#strip [aria-label='${arguments[0]}']`).focus()", title)
    assert page.js(FOCUSED) == title


def focused(page: Page) -> str | None:
    """The photo of the strip that has the focus."""
    page.settle()
    return page.js(FOCUSED)


def three(page: Page) -> None:
    for name in ("bee", "coffee", "chelsea"):
        page.sample(name)
    page.click(100, 100)
    page.click(150, 200)


def test_the_only_photo_is_put_away_and_comes_back(coffee: Page):
    coffee.click(100, 100)
    hints = coffee.hints
    focus(coffee, COFFEE)
    coffee.keys(Keys.DELETE)
    assert coffee.toast().startswith(f"“{COFFEE}” was put away.")
    assert names(coffee) == []
    assert coffee.js("return document.activeElement.id") == "start"
    coffee.undo()
    assert names(coffee) == [COFFEE]
    assert coffee.hints == hints
    assert coffee.id("toast").text == ""
    coffee.undo()  # the hint, now
    assert (names(coffee), coffee.hints) == ([COFFEE], [])


def test_the_neighbor_has_the_focus_and_no_hint_is_removed(page: Page):
    three(page)
    focus(page, BEE)
    page.keys(Keys.DELETE)
    assert focused(page) == COFFEE
    page.keys(Keys.BACKSPACE)
    assert focused(page) == CAT
    assert names(page) == [CAT]
    assert len(page.hints) == 2


def test_the_neighbor_of_the_photo_that_is_looked_at_has_the_focus(page: Page):
    three(page)
    focus(page, CAT)
    page.keys(Keys.DELETE)
    page.wait(lambda: page.state["photo"]["name"] == "coffee", "the photo before")
    assert focused(page) == COFFEE
    page.undo()
    page.wait(lambda: page.state["photo"]["name"] == "chelsea", "the photo")
    page.settle()
    assert names(page) == [BEE, COFFEE, CAT]
    assert len(page.hints) == 2


def test_a_photo_that_is_chosen_has_the_keys(page: Page):
    three(page)
    focus(page, BEE)
    page.keys(Keys.ENTER)
    page.wait(lambda: page.state["photo"]["name"] == "bee", "the photo")
    assert page.js("return document.activeElement.id") == "stage"


def test_after_a_change_to_the_hints_that_is_undone(page: Page):
    three(page)
    focus(page, BEE)
    page.keys(Keys.DELETE)
    assert page.toast().startswith(f"“{BEE}” was put away.")
    page.click(50, 50)
    page.undo()
    assert names(page) == [COFFEE, CAT]
    assert len(page.hints) == 2


def test_a_button_that_has_the_focus_stays(page: Page):
    with page.before(FASTER):
        page.visit()
        page.sample("coffee")
        focus(page, COFFEE)
        page.keys(Keys.DELETE)
        page.js("document.querySelector('#toast button').focus()")
        time.sleep(0.6)
        page.keys(Keys.ENTER)
        page.wait(lambda: names(page) == [COFFEE], "the photo")
        page.settle()
        focus(page, COFFEE)
        page.keys(Keys.DELETE)
        assert page.toast()
        page.wait(lambda: page.id("toast").text == "", "its end")
        page.combine(Keys.CONTROL, "z")  # too late
        assert names(page) == []

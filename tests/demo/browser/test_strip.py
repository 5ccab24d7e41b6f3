"""The strip of photos by keyboard: putting photos away, and taking that back."""

import time

import pytest
from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page
from tests.demo.browser.test_desk import kept, names
from tests.demo.browser.test_files import paste, picture, wait_for_width
from tests.demo.browser.test_opening import HOLD_GREY

PRESS = """
    const init = { key: 'Delete', repeat: arguments[0], bubbles: true, cancelable: true };
    return document.activeElement.dispatchEvent(new KeyboardEvent('keydown', init));"""
# Nothing is answered until `reach`.
OUT_OF_REACH = """
    const { fetch } = window;
    const { send } = XMLHttpRequest.prototype;
    window.fetch = () => Promise.reject(new TypeError('no network'));
    XMLHttpRequest.prototype.send = function () { setTimeout(() => this.onerror()); };
    window.reach = () => {
        window.fetch = fetch;
        XMLHttpRequest.prototype.send = send;
        window.dispatchEvent(new Event('online'));
    };"""
FOCUSED = "return document.activeElement.closest('li') && document.activeElement.ariaLabel"
FASTER = """
    const { setTimeout: set } = window;
    window.setTimeout = (act, ms) => set(act, [6000, 12_000].includes(ms) ? ms / 8 : ms);"""
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
    assert coffee.driver.title == "A-ColViT"
    coffee.undo()
    assert names(coffee) == [COFFEE]
    assert coffee.driver.title.startswith(COFFEE)
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
        time.sleep(2)
        page.keys(Keys.ENTER)
        page.wait(lambda: names(page) == [COFFEE], "the photo")
        page.settle()
        focus(page, COFFEE)
        page.keys(Keys.DELETE)
        assert page.toast()
        page.wait(lambda: page.id("toast").text == "", "its end")
        page.undo()
        assert names(page) == [COFFEE]


def test_a_key_that_is_held_puts_one_photo_away(page: Page):
    three(page)
    focus(page, BEE)
    for repeat in (False, True, True):
        assert not page.js(PRESS, repeat)
    assert focused(page) == COFFEE
    assert names(page) == [COFFEE, CAT]


@pytest.mark.parametrize("reloaded", [False, True])
def test_the_way_back_is_there_while_the_next_photo_waits(page: Page, reloaded: bool):
    """The engine has it, or must be sent it, of which a preview is seen meanwhile."""
    paste(page, mine=picture((70, 40)))
    wait_for_width(page, 70)
    page.sample("coffee")
    kept(page)
    if reloaded:
        page.visit()
        page.settle()
    page.js(OUT_OF_REACH)
    focus(page, COFFEE)
    page.keys(Keys.DELETE)
    page.wait(lambda: page.id("away").is_displayed(), "the notice")
    assert page.id("photo-name").text == ("mine.png" if reloaded else COFFEE)
    assert page.id("toast").text == f"“{COFFEE}” was put away.Undo"
    assert page.id("undo").is_enabled()
    page.js("reach()")
    wait_for_width(page, 70)
    assert page.id("toast").text == f"“{COFFEE}” was put away.Undo"
    page.undo()
    assert names(page) == ["mine.png", COFFEE]


def test_a_photo_comes_back_while_the_next_one_waits(page: Page):
    page.sample("bee")
    page.sample("coffee")
    page.js(OUT_OF_REACH)
    focus(page, COFFEE)
    page.keys(Keys.DELETE)
    page.wait(lambda: page.id("away").is_displayed(), "the notice")
    page.combine(Keys.CONTROL, "z")
    assert names(page) == [BEE, COFFEE]
    page.js("reach()")
    page.settle()
    assert page.state["photo"]["name"] == "coffee"


def test_a_change_to_the_hints_of_another_photo_is_undone_alone(page: Page):
    """Where the photo that was to come next comes when nobody waits for it any more."""
    three(page)
    page.js(HOLD_GREY)
    focus(page, CAT)
    page.keys(Keys.DELETE)
    page.wait(lambda: page.js("return !!window.letGo"), "the next photo")
    page.js("document.querySelector('.strip-photo').click()")
    page.wait(lambda: page.js("return acolvit.photo.name") == "bee", "the third photo")
    page.settle()
    assert page.id("toast").text == ""
    page.click(50, 50)
    page.js("letGo()")
    time.sleep(1)
    page.undo()
    assert (names(page), page.hints) == ([BEE, COFFEE], [])

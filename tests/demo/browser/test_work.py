"""What goes wrong only when one step follows another: undo, focus, typing, reloading."""

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page
from tests.photos import make_jpeg

CHIPS = "[...document.querySelectorAll('#suggestions button')]"


def chips(page: Page) -> list[str]:
    page.suggested()
    return page.js(f"return {CHIPS}.map((chip) => chip.ariaLabel)")


def focused(page: Page) -> Any:
    return page.js("return document.activeElement.id")


def test_enter_on_a_suggestion_changes_the_color_and_nothing_else(coffee: Page):
    coffee.click(120, 200)
    own = coffee.hints[0]["color"]
    coffee.suggested()
    coffee.js(f"{CHIPS}[4].focus()")
    coffee.keys(Keys.ENTER, Keys.ENTER)
    coffee.settle()
    (hint,) = coffee.hints
    assert hint["color"] != own
    assert coffee.js(f"return {CHIPS}.indexOf(document.activeElement)") == 4
    coffee.js("document.getElementById('remove').focus()")
    coffee.keys(Keys.ENTER)
    coffee.settle()
    assert coffee.hints == []
    assert focused(coffee) == "stage"


def test_disc_and_suggestions_are_those_of_the_hints_place(coffee: Page):
    coffee.click(100, 100)
    (hint,) = coffee.hints
    lightness, named = coffee.id("lightness").text, chips(coffee)
    coffee.drag(coffee.at(hint["row"], hint["column"]), coffee.at(150, 200), coffee.at(200, 300))
    there = chips(coffee)
    assert coffee.id("lightness").text != lightness
    assert there != named
    coffee.undo()
    assert (coffee.id("lightness").text, chips(coffee)) == (lightness, named)
    coffee.id("redo").click()
    coffee.settle()
    assert chips(coffee) == there
    for _ in range(6):
        coffee.combine(Keys.ALT, Keys.SHIFT, Keys.ARROW_UP)
    coffee.wait(lambda: chips(coffee) != there, "the suggestions of another place")


def test_escape_gives_up_a_typed_color(coffee: Page):
    coffee.click(120, 200)
    hints, field = coffee.hints, coffee.id("hex")
    shown = field.get_property("value")
    for typed in ("#3060c0", "#30"):
        coffee.type_color(typed, Keys.ESCAPE)
        assert coffee.hints == hints
        assert field.get_property("value") == shown
        assert field.get_attribute("aria-invalid") == "false"
        assert focused(coffee) == "stage"


def test_small_steps_and_gestures_are_undone_apart(page: Page):
    told = page.module("""
        const { HintDocument } = await import('./static/document.js');
        const hints = new HintDocument();
        const seen = () => hints.hints.map((hint) => hint.a);
        const told = [];
        const a = hints.add({ row: 0, column: 0, a: 0, b: 0 });
        hints.update(a, { a: 1 }, 'soon');
        hints.update(a, { a: 2 }, 'soon');
        hints.add({ row: 9, column: 9, a: 7, b: 0 }, true);
        hints.settle();
        told.push(seen());
        hints.undo();
        told.push(seen());  // the new hint is gone, the small steps are not
        hints.update(a, { a: 5 }, 'live');
        hints.abandon();
        told.push(seen(), hints.canRedo);  // nothing happened: what was undone can come back
        hints.redo();
        told.push(seen());
        hints.undo();
        hints.undo();
        told.push(seen());  // both small steps are one
        return told;
    """)
    assert told == [[2, 7], [2], [2], True, [2, 7], [0]]


def test_a_history_of_many_hints_is_loaded_and_of_a_length(page: Page):
    past, future, added = page.module("""
        const { HintDocument } = await import('./static/document.js');
        const many = Array.from({ length: 1024 }, (_, i) => ({ id: i + 1, row: i, column: 0 }));
        const steps = Array.from({ length: 300 }, () => ({ hints: many, size: 2 }));
        const hints = new HintDocument();
        hints.load({ past: steps, present: { hints: [], size: 2 }, future: steps });
        const added = hints.add({ row: 5, column: 5, color: 'teal' });
        for (let i = 0; i < 151; i++) hints.undo();
        const { past, future } = hints.history;
        return [past.length, future.map(({ hints }) => hints.length), added];""")
    assert past == 100
    assert future == [1024] * 100  # those that come next: the hint that was added comes last
    assert added == 1025


def test_no_key_leaves_the_page(coffee: Page):
    back = """
        const init = { key: 'ArrowLeft', altKey: true, bubbles: true, cancelable: true };
        const event = new KeyboardEvent('keydown', init);
        document.getElementById(arguments[0]).dispatchEvent(event);
        return event.defaultPrevented;
    """
    assert coffee.js(back, "stage")  # the browser would go back
    coffee.click(120, 200)
    column = coffee.hints[0]["column"]
    assert coffee.js(back, "hex")
    coffee.settle()
    assert coffee.hints[0]["column"] < column


def press(page: Page, element: str, **init: Any) -> bool:
    """Presses a key as a keyboard of another layout does; whether the browser leaves it to us."""
    script = """
        const init = { bubbles: true, cancelable: true, ...arguments[1] };
        const event = new KeyboardEvent('keydown', init);
        return !document.getElementById(arguments[0]).dispatchEvent(event);
    """
    return page.js(script, element, init)


def test_letters_of_other_scripts_are_the_keys_that_they_lie_on(coffee: Page):
    coffee.click(100, 100)
    coffee.click(150, 200)
    budget = coffee.state["budget"]
    press(coffee, "stage", key="\N{CYRILLIC SMALL LETTER YA}", code="KeyZ", ctrlKey=True)
    assert len(coffee.hints) == 1
    zeta = "\N{GREEK CAPITAL LETTER ZETA}"
    press(coffee, "stage", key=zeta, code="KeyZ", ctrlKey=True, shiftKey=True)
    assert len(coffee.hints) == 2
    press(coffee, "stage", key="\N{CYRILLIC SMALL LETTER HA}", code="BracketLeft")
    assert coffee.state["budget"] == pytest.approx(budget - 0.05)
    press(coffee, "stage", key="\N{HEBREW LETTER GIMEL}", code="KeyD")
    assert focused(coffee) == "dial"
    press(coffee, "stage", key="z", code="KeyY", ctrlKey=True)  # a German keyboard's own letter
    assert len(coffee.hints) == 1


def test_keys_of_a_mac(coffee: Page):
    """Its Delete is Backspace; with Alt and arrows a caret moves by words."""
    with coffee.before("Object.defineProperty(navigator, 'platform', { value: 'MacIntel' })"):
        coffee.visit()
    coffee.sample("coffee")
    coffee.click(100, 100)
    coffee.click(150, 200)
    hints = coffee.hints
    assert not press(coffee, "hex", key="ArrowLeft", altKey=True)
    assert coffee.hints == hints
    press(coffee, "stage", key="Backspace", shiftKey=True)
    assert coffee.hints == []


@pytest.mark.parametrize("held", [False, True])
def test_a_held_key_saves_and_places_once(coffee: Page, held: bool):
    """A key that is held is an event again and again."""
    press = """
        const init = { repeat: arguments[0], bubbles: true, cancelable: true };
        const stage = document.getElementById('stage');
        stage.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ...init }));
        stage.dispatchEvent(new KeyboardEvent('keydown', { key: 's', ctrlKey: true, ...init }));
        return document.body.hasAttribute('data-saving');
    """
    assert coffee.js(press, held) is not held
    coffee.wait(lambda: coffee.js("return document.getElementById('progress').hidden"), "the file")
    coffee.settle()
    assert len(coffee.hints) == (0 if held else 1)


def test_the_bar_ends_when_an_upload_was_put_away(page: Page, tmp_path: Path):
    (tmp_path / "mine.jpg").write_bytes(make_jpeg(0))
    page.choose_file("file-photo", tmp_path / "mine.jpg")
    page.wait(lambda: page.state["photo"], "the photo")
    page.settle()
    page.module("await fetch(acolvit.photo.url, {method: 'DELETE'})")
    page.click(20, 30)
    assert len(page.hints) == 1
    assert "again" in page.toast()
    assert page.js("return document.getElementById('progress').hidden")
    assert all("404" in line for line in page.complaints())

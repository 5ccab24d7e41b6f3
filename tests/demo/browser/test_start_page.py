"""The start page over a photo: nothing changes what is not seen."""

from pathlib import Path

from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page
from tests.demo.browser.test_desk import names
from tests.demo.browser.test_files import drag_file


def two_hints(page: Page) -> list[dict]:
    page.click(100, 100)
    page.click(150, 200)
    return page.hints


def test_no_key_and_no_file_changes_a_photo_that_is_not_seen(coffee: Page, tmp_path: Path):
    hints = two_hints(coffee)
    coffee.click(200, 300)
    coffee.undo()
    (tmp_path / "other_hints.json").write_text("[]")
    coffee.keys("g")
    coffee.combine(Keys.CONTROL, "z")
    coffee.combine(Keys.CONTROL, "y")
    coffee.combine(Keys.SHIFT, Keys.DELETE)
    drag_file(coffee, tmp_path / "other_hints.json", "start")
    assert coffee.toast() == "Open a photo first, then its hints."
    assert coffee.hints == hints
    coffee.keys(Keys.ESCAPE)
    coffee.combine(Keys.CONTROL, "y")
    coffee.settle()
    assert len(coffee.hints) == 3


def test_the_only_photo_comes_back_whatever_was_pressed_meanwhile(coffee: Page):
    hints = two_hints(coffee)
    coffee.js("document.querySelector('.strip-away').click()")
    assert coffee.hints == []  # nothing is left of it to be changed
    coffee.combine(Keys.SHIFT, Keys.DELETE)
    coffee.combine(Keys.CONTROL, Keys.SHIFT, "z")
    coffee.undo()
    assert names(coffee) == ["Cup of coffee"]
    assert coffee.hints == hints

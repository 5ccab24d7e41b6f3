"""What a screen reader is told of hints that are placed, selected and changed by keyboard."""

from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page


def spoken(page: Page) -> str:
    """What was told last; nothing is told until the next call."""
    page.settle()
    place = "document.getElementById('spoken')"
    return page.js(f"const told = {place}.textContent; {place}.textContent = ''; return told")


def test_hints_are_told(coffee: Page):
    coffee.keys(Keys.ARROW_DOWN)
    assert spoken(coffee).startswith("Row ")
    coffee.keys(Keys.ENTER)
    (hint,) = coffee.hints
    first = spoken(coffee)
    assert first.startswith("Hint 1, ")
    assert first.endswith(f", row {hint['row']}, column {hint['column']}.")
    coffee.combine(Keys.SHIFT, Keys.ARROW_RIGHT)
    coffee.keys(Keys.ENTER)
    second = spoken(coffee)
    assert second.startswith("Hint 2, ")
    for key in "np":
        coffee.keys(key)
        assert spoken(coffee) == first
        coffee.keys(key)
        assert spoken(coffee) == second
    coffee.combine(Keys.ALT, Keys.ARROW_UP)
    assert spoken(coffee).startswith("Hint 2, ")
    assert coffee.hints[1]["row"] < hint["row"]


def test_steps_are_told(coffee: Page):
    coffee.click(100, 100)
    coffee.click(200, 300)
    coffee.keys("s")
    assert spoken(coffee) == f"Hint size {coffee.hints[1]['size']}."
    coffee.undo()
    assert spoken(coffee).startswith("Undone. Hint 2, ")
    coffee.undo()
    assert spoken(coffee) == "Undone. 1 hint."
    coffee.combine(Keys.CONTROL, "y")
    assert spoken(coffee) == "Redone. 2 hints."
    coffee.keys("n", Keys.DELETE)
    assert spoken(coffee) == "Removed. 1 hint."
    coffee.combine(Keys.SHIFT, Keys.DELETE)
    assert spoken(coffee) == "Removed. 0 hints."


def test_what_its_focus_tells_is_not_told_twice(coffee: Page):
    coffee.click(100, 100)
    coffee.keys(Keys.ESCAPE)
    spoken(coffee)
    coffee.js("document.querySelector('.mark').focus()")
    assert coffee.state["selected"] == 0
    assert spoken(coffee) == ""

"""What a screen reader is told of work by keyboard, and where the focus is after."""

from pathlib import Path

from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page
from tests.demo.browser.test_files import picture


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


def test_photos_views_budget_and_marks_are_told(page: Page):
    page.sample("coffee")
    page.click(100, 100)
    page.sample("bee")
    titles = [photo["title"] for photo in page.js("return acolvit.photos")]
    spoken(page)
    page.keys(",")
    page.wait(lambda: len(page.hints) == 1, "the other photo")
    assert spoken(page) == f"“{titles[0]}”, 1 hint."
    said = {}
    for key in ("1", "2", "3", "4", "h", "h", "["):
        page.keys(key)
        said.setdefault(key, []).append(spoken(page))
    assert said == {
        "1": ["Grey."],
        "2": ["Result."],
        "3": ["Side by side."],
        "4": ["Compare."],
        "h": ["Marks hidden.", "Marks shown."],
        "[": ["Budget 45%, balanced."],
    }
    page.keys("n")
    spoken(page)
    page.keys(Keys.ESCAPE)
    assert spoken(page) == "No hint is selected."


def focus(page: Page) -> str:
    return page.js("const {id, className} = document.activeElement; return id || className")


def test_what_goes_away_leaves_the_focus_on_the_photo(coffee: Page):
    coffee.keys("e")
    assert focus(coffee) == "divider"
    coffee.keys("2")
    assert focus(coffee) == "stage"
    coffee.click(100, 100)
    for key in ("h", Keys.DELETE):
        coffee.keys("m")
        assert focus(coffee) == "mark"
        coffee.keys(key)
        assert focus(coffee) == "stage"
        coffee.keys("h")
    coffee.sample("bee")
    coffee.js("document.querySelector('.strip-away').click()")
    coffee.settle()
    coffee.js("document.querySelector('#toast button').focus()")
    coffee.keys(Keys.ENTER)  # takes it back
    coffee.settle()
    assert focus(coffee) == "stage"


def test_a_reference_that_is_put_away_leaves_the_focus_on_its_place(coffee: Page, tmp_path: Path):
    (tmp_path / "colors.png").write_bytes(picture((60, 40)))
    coffee.choose_file("file-reference", tmp_path / "colors.png")
    coffee.wait(lambda: coffee.id("reference-clear").is_displayed(), "the reference")
    coffee.js("document.getElementById('reference-clear').focus()")
    coffee.keys(Keys.ENTER)
    assert focus(coffee) == "reference-add"


def test_a_mark_that_leaves_the_stage_keeps_the_focus(coffee: Page):
    coffee.click(20, 20)
    coffee.keys("m", *"+++++++")
    assert coffee.at(20, 20)[0] < coffee.id("stage").rect["x"]
    assert focus(coffee) == "mark"
    column = coffee.hints[0]["column"]
    coffee.keys(Keys.ARROW_RIGHT)
    coffee.settle()
    assert coffee.hints[0]["column"] > column
    assert coffee.at(20, column)[0] > coffee.id("stage").rect["x"]

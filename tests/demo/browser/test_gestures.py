"""What mouse, fingers and keys do on the stage."""

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page, ab_of


def test_a_click_places_a_hint_of_the_models_own_color(coffee: Page):
    height, width = coffee.state["photo"]["height"], coffee.state["photo"]["width"]
    row, column = height // 2, width // 3
    before = np.array(coffee.seen(row, column), float)
    coffee.click(row, column)
    (hint,) = coffee.hints
    assert abs(hint["row"] - row) <= 1
    assert abs(hint["column"] - column) <= 1
    assert np.abs(coffee.seen(row, column) - before).max() < 12  # nothing jumps
    assert coffee.state["selected"] == 0
    assert not coffee.id("tip").is_displayed()


def test_drag_moves_and_undo_redo_take_whole_gestures(coffee: Page):
    coffee.click(100, 100)
    first = coffee.hints
    start = coffee.at(first[0]["row"], first[0]["column"])
    coffee.drag(start, *[coffee.at(100 + i, 100 + 2 * i) for i in range(10, 60, 10)])
    (moved,) = coffee.hints
    assert abs(moved["row"] - 150) <= 1
    assert abs(moved["column"] - 200) <= 1
    assert moved["color"] == first[0]["color"]
    coffee.undo()
    assert coffee.hints == first
    coffee.undo()
    assert coffee.hints == []
    coffee.combine(Keys.CONTROL, Keys.SHIFT, "z")
    coffee.id("redo").click()
    coffee.settle()
    assert coffee.hints == [moved]
    coffee.id("clear").click()
    coffee.settle()
    assert coffee.hints == []
    coffee.undo()
    assert coffee.hints == [moved]
    coffee.click(150, 200, context=True)
    assert coffee.hints == []


def test_views_zoom_and_divider(coffee: Page):
    for name in ("grey", "side", "compare", "result"):
        coffee.js(f"document.querySelector('[data-view-button={name}]').click()")
        assert coffee.state["view"] == name
    coffee.keys("4")
    x = coffee.id("divider").rect["x"]
    coffee.id("divider").send_keys(Keys.ARROW_RIGHT * 5)
    assert coffee.id("divider").rect["x"] > x
    before = coffee.state["zoom"]
    at = coffee.at(100, 100)
    coffee.js(
        "document.getElementById('stage').dispatchEvent(new WheelEvent('wheel', "
        "{clientX: arguments[0], clientY: arguments[1], deltaY: -400, cancelable: true}))",
        *at,
    )
    assert coffee.state["zoom"] > before * 1.5
    assert np.hypot(*np.subtract(coffee.at(100, 100), at)) < 2  # stays under the pointer
    coffee.id("zoom").click()
    assert coffee.state["zoom"] == pytest.approx(100)
    coffee.id("fit").click()
    assert coffee.state["zoom"] == pytest.approx(before)


def test_the_keyboard_does_it_all(coffee: Page):
    coffee.keys(Keys.ARROW_LEFT * 60, Keys.ENTER)  # from the bright middle
    coffee.settle()
    (placed,) = coffee.hints
    coffee.keys("c", Keys.ARROW_RIGHT * 4)
    coffee.settle()
    assert ab_of(coffee.hints[0])[0] > ab_of(placed)[0] + 2
    coffee.keys(Keys.ESCAPE)
    coffee.combine(Keys.ALT, Keys.ARROW_DOWN)
    coffee.settle()
    assert coffee.hints[0]["row"] > placed["row"]
    coffee.keys("m", Keys.ARROW_UP)
    coffee.settle()
    assert coffee.hints[0]["row"] == placed["row"]
    coffee.keys("s", "3", "[")
    coffee.settle()
    state = coffee.state
    assert (state["size"], state["view"], state["budget"]) == (4, "side", 0.45)
    coffee.keys("?")
    assert coffee.js("return document.getElementById('help').open")
    coffee.keys(Keys.ESCAPE)
    coffee.keys(Keys.DELETE)
    coffee.settle()
    assert coffee.hints == []
    coffee.keys("g")
    assert coffee.js("return document.body.dataset.screen") == "start"
    coffee.keys(Keys.ESCAPE)
    assert coffee.js("return document.body.dataset.screen") == "work"


def touch(page: Page, kind: str, *points: tuple[float, float]) -> None:
    listed = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
    page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": listed})


def test_touch_places_moves_pinches_and_removes(page: Page):
    with page.on_a_phone():
        page.open()
        page.sample("coffee")
        touch(page, "touchStart", page.at(150, 200))
        touch(page, "touchEnd")
        page.settle()
        (hint,) = page.hints
        x, y = page.at(hint["row"], hint["column"])
        touch(page, "touchStart", (x, y))
        for i in range(1, 6):
            touch(page, "touchMove", (x + 10 * i, y))
        touch(page, "touchEnd")
        page.settle()
        assert page.hints[0]["column"] > hint["column"] + 20
        before = page.state["zoom"]
        touch(page, "touchStart", (100, 200), (200, 200))
        touch(page, "touchMove", (60, 200), (260, 200))
        touch(page, "touchEnd")
        assert page.state["zoom"] > before * 1.5
        assert len(page.hints) == 1
        page.keys("f")
        touch(page, "touchStart", page.at(page.hints[0]["row"], page.hints[0]["column"]))
        page.wait(lambda: not page.hints, "a long press")
        touch(page, "touchEnd")


def test_a_pinch_with_a_finger_on_the_divider_zooms(page: Page):
    with page.on_a_phone():
        page.open()
        page.sample("coffee")
        page.keys("4")
        before = page.state["zoom"]
        touch(page, "touchStart", (195, 200))  # alone it takes the divider along
        touch(page, "touchMove", (205, 200))
        touch(page, "touchMove", (195, 200))
        middle = page.js("return document.getElementById('divider').getAttribute('aria-valuenow')")
        assert (middle, page.state["zoom"]) == ("50", before)
        touch(page, "touchStart", (195, 200), (95, 200))
        touch(page, "touchMove", (295, 200), (94, 200))
        touch(page, "touchEnd")
        page.settle()
        assert page.state["zoom"] > before * 1.5
        assert (
            page.js("return document.getElementById('divider').getAttribute('aria-valuenow')")
            == middle
        )
        assert page.hints == []


def test_the_mouse_moves_the_divider(coffee: Page):
    coffee.keys("4")
    stage = coffee.id("stage").rect
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    coffee.drag((x, y), (x + 60, y), (stage["x"] + stage["width"] / 4, y))
    assert coffee.id("divider").get_attribute("aria-valuenow") == "25"
    assert coffee.js("return document.activeElement.id") == "divider"
    assert coffee.hints == []


def test_a_right_click_on_the_tools_removes_no_hint(coffee: Page):
    coffee.click(100, 100)
    tool = coffee.id("marks-toggle").rect
    x, y = tool["x"] + tool["width"] / 2, tool["y"] + tool["height"] / 2
    from_x, from_y = coffee.at(100, 100)
    pan = """
        document.getElementById('stage').dispatchEvent(new WheelEvent('wheel',
            {deltaX: arguments[0] + 0.1, deltaY: arguments[1], cancelable: true}))"""
    coffee.js(pan, from_x - x, from_y - y)
    assert coffee.at(100, 100) == pytest.approx((x, y), abs=2)
    coffee.point((x, y)).context_click().perform()
    coffee.settle()
    assert len(coffee.hints) == 1


def test_the_click_that_closes_a_menu_places_no_hint(coffee: Page):
    coffee.id("save").click()
    shown = "return document.getElementById('save-menu').matches(':popover-open')"
    assert coffee.js(shown)
    coffee.click(100, 100)
    assert (coffee.js(shown), coffee.hints) == (False, [])
    coffee.click(100, 100)
    assert len(coffee.hints) == 1

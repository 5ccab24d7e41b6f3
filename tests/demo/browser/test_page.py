"""The demo's page in a real browser."""

import json
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints.text import read_hints
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.photo import color, images
from tests.demo.browser.driver import browsing, resize
from tests.demo.browser.page import Page
from tests.gamut import in_gamut

COFFEE = next(path for path in sample_photos() if path.stem == "coffee")


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer.from_pretrained()


def ab_of(hint: dict) -> np.ndarray:
    assert hint["color"].startswith("lab:")
    return np.array([float(part) for part in hint["color"][4:].split(",")])


def test_a_sample_is_shown_and_colored(coffee: Page):
    state = coffee.state
    # The browser has WebGL in software here, which is slower than none.
    assert (state["renderer"], state["view"], state["hints"]) == ("2d", "result", [])
    assert state["photo"]["name"] == "coffee"
    assert coffee.id("photo-size").text == (
        f"{state['photo']['width']} \N{MULTIPLICATION SIGN} {state['photo']['height']}"
    )
    row, column = state["photo"]["height"] // 2, state["photo"]["width"] // 3
    assert np.ptp(coffee.seen(row, column)) > 4
    coffee.keys("1")
    assert np.ptp(coffee.seen(row, column)) <= 1


def test_an_upload_is_turned_upright(page: Page, tmp_path: Path, turned_photo: bytes):
    path = tmp_path / "turned.jpg"
    path.write_bytes(turned_photo)
    page.choose_file("file-photo", path)
    page.settle()
    photo = page.state["photo"]
    assert (photo["width"], photo["height"]) == (60, 90)


@pytest.fixture
def turned_photo() -> bytes:
    import io

    from PIL import Image

    image = Image.fromarray(images.resize(images.read_image(COFFEE), (60, 90)))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


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


def test_disc_and_hex_give_colors_that_srgb_has(coffee: Page):
    coffee.click(120, 200)
    box = coffee.id("disc").rect
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    coffee.drag(middle, (middle[0] + 20, middle[1]), (middle[0] + 85, middle[1]))
    a, b = ab_of(coffee.hints[0])
    assert a > 15
    assert abs(b) < 4
    lightness = float(coffee.id("lightness").text.split()[1])
    assert in_gamut(np.array([lightness, a - 2, b]))
    assert not in_gamut(np.array([lightness, a + 4, b]))  # cut at the edge
    field = coffee.id("hex")
    field.clear()
    field.send_keys("#3060c0", Keys.ENTER)
    coffee.settle()
    wanted = color.uint8_to_lab(np.array([0x30, 0x60, 0xC0], np.uint8))[1:]
    got = ab_of(coffee.hints[0])
    assert np.arctan2(*got[::-1]) == pytest.approx(np.arctan2(*wanted[::-1]), abs=0.05)
    field.clear()
    field.send_keys("nonsense", Keys.ENTER)
    assert "looks like" in coffee.toast()


def test_suggestions_and_recent_colors(coffee: Page):
    coffee.click(120, 200)
    own = coffee.hints[0]["color"]
    assert coffee.js("return document.querySelectorAll('#suggestions button').length") == 9
    coffee.js("document.querySelectorAll('#suggestions button')[4].click()")
    coffee.settle()
    assert coffee.hints[0]["color"] != own
    assert coffee.js("return document.querySelectorAll('#recent button').length") >= 1
    coffee.js("document.querySelectorAll('#suggestions button')[0].click()")
    coffee.settle()
    assert ab_of(coffee.hints[0]) == pytest.approx(
        [float(part) for part in own[4:].split(",")], abs=1
    )


def test_eyedropper_takes_colors_of_the_result_and_of_a_reference(coffee: Page, tmp_path: Path):
    coffee.click(120, 200)
    red = tmp_path / "red.png"
    images.write_image(red, np.full((40, 60, 3), (160, 60, 50), np.uint8))
    coffee.choose_file("file-reference", red)
    coffee.wait(lambda: coffee.js("return document.images['reference-image'].width > 0"), "it")
    coffee.id("reference-image").click()
    coffee.settle()
    a, b = ab_of(coffee.hints[0])
    assert a > 15
    assert b > 5
    coffee.id("eyedropper").click()
    coffee.click(300, 300)
    assert len(coffee.hints) == 1
    assert ab_of(coffee.hints[0])[0] != pytest.approx(a)


def test_the_dial_changes_what_is_computed(coffee: Page):
    for key, low, high in ((Keys.HOME, 0.0, 0.3), (Keys.END, 0.8, 1.0)):
        coffee.id("dial").send_keys(key)
        coffee.settle()
        result = coffee.state["result"]
        assert low <= result["keep_ratio"] <= high
        on = coffee.js("return document.querySelectorAll('#map .cell[data-on=true]').length")
        assert on == result["decisions"].count("1")
        assert f"{result['macs'] / 1e9:.2f}" == coffee.id("macs").get_property("textContent")
    coffee.wait(lambda: coffee.id("time").text.isdigit(), "a time")


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


def test_saved_pictures_and_hint_files(coffee: Page, downloads: Path, colorizer: Colorizer):
    coffee.click(120, 200)
    coffee.id("hex").send_keys(Keys.CONTROL, "a")
    coffee.id("hex").send_keys("#a03020", Keys.ENTER)
    coffee.click(40, 60)
    hints = coffee.hints
    coffee.id("save").click()
    coffee.js("document.querySelector('[data-save=png]').click()")
    saved = coffee.saved(downloads, "coffee_color*.png")
    coffee.id("save").click()
    coffee.js("document.querySelector('[data-save=json]').click()")
    listed = coffee.saved(downloads, "*_hints.json")
    assert json.loads(listed.read_text())["hints"] == hints
    expected = colorizer(COFFEE, read_hints(listed).hints, budget=coffee.state["budget"])
    np.testing.assert_array_equal(images.read_image(saved), expected.rgb)
    coffee.id("clear").click()
    coffee.choose_file("file-hints", listed)
    coffee.wait(lambda: len(coffee.hints) == 2, "the hints")
    coffee.settle()
    assert coffee.hints == hints
    listed.write_text('[{"row": 1, "column": 2}]')
    coffee.choose_file("file-hints", listed)
    coffee.wait(lambda: "hint 1" in coffee.id("toast").text, "the complaint")
    assert coffee.hints == hints


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
    resize(page.driver, (390, 844))
    try:
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
    finally:
        resize(page.driver, (1280, 720))


def test_with_webgl_the_picture_is_the_same(coffee: Page):
    places = [(50, 80), (150, 200), (220, 300)]
    plain = [coffee.seen(*place) for place in places]
    coffee.open("?renderer=webgl")
    coffee.sample("coffee")
    assert coffee.state["renderer"] == "webgl"
    assert np.abs(np.subtract([coffee.seen(*p) for p in places], plain)).max() <= 6
    coffee.click(150, 200)
    assert len(coffee.hints) == 1


def test_a_photo_that_the_server_has_put_away_is_loaded_again(coffee: Page):
    before = coffee.state["photo"]["id"]
    coffee.module("await fetch(acolvit.photo.url, {method: 'DELETE'})")
    coffee.click(150, 200)
    assert coffee.state["photo"]["id"] != before
    assert len(coffee.hints) == 1
    assert "again" in coffee.toast()
    assert all("404" in line for line in coffee.complaints())  # the browser's note of it


def test_a_broken_file_is_one_calm_line(coffee: Page, tmp_path: Path):
    coffee.click(150, 200)
    hints, photo = coffee.hints, coffee.state["photo"]["id"]
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo at all")
    coffee.choose_file("file-photo", broken)
    text = coffee.wait(lambda: coffee.id("toast").text, "a message")
    assert "\n" not in text
    assert coffee.state["photo"]["id"] == photo
    assert coffee.hints == hints
    assert all("415" in line for line in coffee.complaints())


def test_two_browsers_do_not_mix(coffee: Page):
    with browsing() as driver:
        other = Page(driver, coffee.address)
        other.open()
        other.sample("bee")
        other.click(100, 100)
        coffee.click(150, 200)
        coffee.click(50, 60)
        other.click(200, 300)
        assert other.state["photo"]["name"] == "bee"
        assert coffee.state["photo"]["name"] == "coffee"
        assert len(other.hints) == len(coffee.hints) == 2
        assert other.state["result"]["id"] != coffee.state["result"]["id"]
        assert other.complaints() == []

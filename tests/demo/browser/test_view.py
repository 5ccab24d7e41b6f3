"""Zoom and pan, what the eyedropper takes, how the page looks."""

from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.actions.mouse_button import MouseButton
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

from acolvit_jax.photo import images
from tests.demo.browser.driver import resize
from tests.demo.browser.page import Page

# Of every element that shows text of its own: its words and the ratio of WCAG 2. What lies under
# something translucent may be black or white.
CONTRASTS = """
    const parse = (text) => {
        const [r, g, b, alpha = 1] = text.match(/[\\d.]+/g).map(Number);
        const unit = text.startsWith('color(srgb') ? 255 : 1; // what color-mix gives
        return {rgb: [r * unit, g * unit, b * unit], alpha};
    };
    const over = (top, alpha, under) => top.map((v, i) => alpha * v + (1 - alpha) * under[i]);
    const light = (rgb) => rgb
        .map((v) => (v / 255 > 0.04045 ? ((v / 255 + 0.055) / 1.055) ** 2.4 : v / 255 / 12.92))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element, under) => {
        if (!element) return under;
        const {rgb, alpha} = parse(getComputedStyle(element).backgroundColor);
        return alpha === 1 ? rgb : over(rgb, alpha, ground(element.parentElement, under));
    };
    const ratio = (element, under) => {
        const back = ground(element, under);
        const {rgb, alpha} = parse(getComputedStyle(element).color);
        const [low, high] = [light(back), light(over(rgb, alpha, back))].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const written = (element) => [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    return [...document.body.querySelectorAll('*')]
        .filter((element) => written(element) && !element.closest(':disabled, noscript, script')
            && element.checkVisibility({visibilityProperty: true}))
        .map((element) => [element.textContent.trim().slice(0, 40),
            Math.min(ratio(element, [0, 0, 0]), ratio(element, [255, 255, 255]))]);"""


def media(page: Page, **features: str) -> None:
    listed = [{"name": name.replace("_", "-"), "value": v} for name, v in features.items()]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": listed})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable(page: Page, theme: str):
    media(page, prefers_color_scheme=theme)
    try:
        seen = page.js(CONTRASTS)
        page.sample("coffee")
        page.click(120, 200)
        page.keys("4")
        page.type_color("nonsense")
        page.toast()
        page.id("save").click()
        seen += page.js(CONTRASTS)
        page.keys(Keys.ESCAPE, "?")
        seen += page.js(CONTRASTS)
    finally:
        media(page)
    words = {text for text, _ in seen}
    assert {"Choose photos", "Budget", "Stronger", "PNG", "Grey", "How it works"} <= words
    assert len(seen) > 150
    assert [(text, ratio) for text, ratio in seen if ratio < 4.5] == []


def test_motion_is_reduced_for_those_who_ask(page: Page):
    animation = (
        "const bar = document.getElementById('progress'); bar.hidden = false;"
        "bar.removeAttribute('value'); return getComputedStyle(bar).animationName"
    )
    try:
        media(page, prefers_reduced_motion="no-preference")
        assert page.js(animation) == "slide"
        media(page, prefers_reduced_motion="reduce")
        assert page.js(animation) == "none"
        assert page.js("return getComputedStyle(document.body).getPropertyValue('--quick')") == "0s"
    finally:
        media(page)


def test_a_screen_of_another_density_has_all_its_pixels(coffee: Page):
    look = """
        const [canvas, zoom] = ['canvas', 'zoom'].map((id) => document.getElementById(id));
        return [canvas.width, zoom.textContent];"""
    zoom, width = coffee.state["zoom"], coffee.id("stage").rect["width"]
    try:
        for density in (1, 2, 1.5):
            resize(coffee.driver, (1280, 720), density)
            for kind in ("print", ""):  # an emulated density alone tells no media query
                coffee.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind})
            wanted = [width * density, f"{zoom * density:.0f}%"]
            coffee.wait(lambda wanted=wanted: coffee.js(look) == wanted, "the pixels")
    finally:
        resize(coffee.driver, (1280, 720))


def test_what_is_coarse_while_something_moves_is_drawn_in_full_at_rest(coffee: Page):
    coffee.click(150, 200)
    place = coffee.hints[0]["row"], coffee.hints[0]["column"]
    coarse, full, drawn = coffee.module(
        """
        const [stage, canvas] = ['stage', 'canvas'].map((id) => document.getElementById(id));
        const whole = `${stage.clientWidth}x${stage.clientHeight}`;
        const size = () => `${canvas.width}x${canvas.height}`;
        const { x: clientX, y: clientY } = acolvit.locate(...args);
        stage.dispatchEvent(
          new WheelEvent('wheel', { clientX, clientY, deltaY: -400, cancelable: true }));
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const coarse = size() !== whole;
        for (let i = 0; size() !== whole && i < 1000; i++) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        const { left, top } = canvas.getBoundingClientRect();
        const { x, y } = acolvit.locate(...args);
        const { data } = canvas.getContext('2d').getImageData(x - left, y - top, 1, 1);
        return [coarse, size() === whole, [...data.slice(0, 3)]];""",
        *place,
    )
    assert coarse
    assert full
    assert np.abs(np.subtract(drawn, coffee.seen(*place))).max() <= 3  # as when drawn at once


def test_a_lost_context_gives_way_to_the_plain_picture(coffee: Page):
    coffee.open("?renderer=webgl")
    coffee.sample("coffee")
    places = [(50, 80), (150, 200), (220, 300)]
    shaded = [coffee.seen(*place) for place in places]
    coffee.js(
        "document.getElementById('canvas').getContext('webgl2')"
        ".getExtension('WEBGL_lose_context').loseContext()"
    )
    coffee.wait(lambda: coffee.state["renderer"] == "2d", "the plain picture")
    assert np.abs(np.subtract([coffee.seen(*p) for p in places], shaded)).max() <= 6
    coffee.click(150, 200)
    assert len(coffee.hints) == 1
    assert all("CONTEXT_LOST" in line for line in coffee.complaints())


def test_wheel_middle_button_space_and_keys_pan_and_zoom(coffee: Page):
    x, y = start = coffee.at(150, 200)
    zoom = coffee.state["zoom"]
    wheel = coffee.point(start)
    wheel.scroll_from_origin(ScrollOrigin.from_viewport(x, y), 0, -500).perform()
    coffee.wait(lambda: coffee.state["zoom"] > 1.5 * zoom, "the zoom")
    np.testing.assert_allclose(coffee.at(150, 200), start, atol=2)

    middle = coffee.point(start)
    pointer = middle.w3c_actions.pointer_action
    pointer.pointer_down(MouseButton.MIDDLE)
    pointer.move_to_location(x + 40, y + 30)
    pointer.pointer_up(MouseButton.MIDDLE)
    middle.perform()
    np.testing.assert_allclose(coffee.at(150, 200), (x + 40, y + 30), atol=2)

    space = coffee.point(start).key_down(" ").click_and_hold()
    space.w3c_actions.pointer_action.move_to_location(x - 40, y - 30)
    space.release().key_up(" ").perform()
    np.testing.assert_allclose(coffee.at(150, 200), (x, y), atol=2)
    assert coffee.hints == []

    coffee.combine(Keys.CONTROL, Keys.ARROW_RIGHT)
    assert coffee.at(150, 200)[0] == x - 48
    coffee.combine(Keys.CONTROL, Keys.SHIFT, Keys.ARROW_LEFT)
    assert coffee.at(150, 200)[0] == x + 3 * 48
    coffee.keys("-")
    assert coffee.state["zoom"] < 1.5 * zoom * np.exp(0.8)
    coffee.keys("f")
    assert coffee.state["zoom"] == pytest.approx(zoom)


def test_a_closer_look_fetches_a_finer_picture(page: Page, tmp_path: Path):
    stripes = np.zeros((300, 3000, 3), np.uint8)
    stripes[:, ::2] = 255  # lost in the 2048 pixels that are shown at first
    path = tmp_path / "stripes.png"
    images.write_image(path, stripes)
    page.choose_file("file-photo", path)
    page.settle()
    page.keys("1", "a")
    page.wait(
        lambda: np.mean(page.seen(150, 1500)) - np.mean(page.seen(150, 1501)) > 150, "the stripes"
    )


def test_a_finer_picture_that_did_not_come_is_asked_for_again(page: Page, tmp_path: Path):
    """At a later look, not at every step of the zoom."""
    page.js("""
        const { fetch, setTimeout: set } = window;
        window.finer = 0;
        window.setTimeout = (act, ms) => (ms === 3000 ? (window.again = act, 0) : set(act, ms));
        window.fetch = (address, options) => {
            if (!address.includes('max_side=4096') || ++finer > 1) return fetch(address, options);
            return Promise.reject(new TypeError('no network'));
        };""")
    path = tmp_path / "long.png"
    images.write_image(path, np.full((300, 3000, 3), 119, np.uint8))
    page.choose_file("file-photo", path)
    page.settle()
    page.keys("a", "+", "+")
    page.wait(lambda: page.js("return !!window.again"), "the failure")
    page.keys("+", "-")
    assert page.js("return finer") == 1
    page.js("again()")
    page.keys("+", "-")
    page.wait(lambda: page.js("return finer") == 2, "the finer picture")


@pytest.mark.parametrize(("height", "width"), [(1, 1), (500, 3), (10, 3000)])
def test_odd_photos_are_shown_and_colored(page: Page, tmp_path: Path, height: int, width: int):
    path = tmp_path / "odd.png"
    images.write_image(path, np.full((height, width, 3), 119, np.uint8))
    page.choose_file("file-photo", path)
    page.settle()
    zoom = page.state["zoom"]
    page.keys("+")
    assert page.state["zoom"] >= zoom
    page.keys("f")
    page.click(height // 2, width // 2)
    assert len(page.hints) == 1
    assert page.id("lightness").text == "L 50"
    assert np.mean(page.seen(height // 2, width // 2)) == pytest.approx(119, abs=12)


def test_on_a_phone_the_result_stands_below_the_grey_photo(page: Page):
    with page.on_a_phone():
        page.open()
        page.sample("coffee")
        page.keys("3")
        grey, result = (
            page.driver.find_element("class name", f"caption-{side}").rect
            for side in ("left", "right")
        )
        tools = page.driver.find_element("class name", "tools").rect["y"]
        below = result["y"] - grey["y"]
        photo = page.state["photo"]
        bottom = page.at(photo["height"] - 1, 0)[1] + below
        assert result["x"] == grey["x"]
        assert grey["y"] + 100 < result["y"] < bottom < tools
        assert np.ptp(page.seen(300, 400)) > 10  # the table; the cup is white


def test_a_drag_ends_at_the_photos_edges(coffee: Page):
    coffee.click(120, 200)
    start = coffee.at(coffee.hints[0]["row"], coffee.hints[0]["column"])
    coffee.drag(start, coffee.at(0, 0), (2, 60))
    assert (coffee.hints[0]["row"], coffee.hints[0]["column"]) == (0, 0)
    coffee.keys("3")
    half = coffee.id("stage").rect["width"] / 2
    x, y = coffee.at(0, 0)  # in the left pane
    coffee.drag((x + half, y), (x + half + 100, y + 100), (x + half - 100, y + 50), (x + 200, y))
    assert (coffee.hints[0]["row"], coffee.hints[0]["column"]) == (0, 0)  # the right pane's edge


def test_the_eyedropper_by_keyboard_takes_what_the_spot_marks(coffee: Page, tmp_path: Path):
    halves = np.full((40, 80, 3), (160, 60, 50), np.uint8)
    halves[:, 40:] = (60, 70, 160)
    path = tmp_path / "halves.png"
    images.write_image(path, halves)
    coffee.click(120, 200)
    coffee.choose_file("file-reference", path)
    coffee.wait(lambda: coffee.js("return document.images['reference-image'].width > 0"), "it")
    for arrow, sign in ((Keys.ARROW_LEFT, 1), (Keys.ARROW_RIGHT, -1)):
        coffee.keys("r", arrow * 15, Keys.ENTER)
        coffee.settle()
        b = float(coffee.hints[0]["color"].split(",")[1])
        assert sign * b > 3


def test_the_samples_are_opened_also_after_the_eyedropper(coffee: Page):
    coffee.click(120, 200)
    coffee.keys("i")
    assert coffee.id("eyedropper").get_attribute("aria-pressed") == "true"
    coffee.keys("g")
    coffee.js("document.querySelector('[data-sample=bee]').scrollIntoView()")
    coffee.driver.find_element("css selector", "[data-sample=bee] img").click()
    coffee.wait(lambda: coffee.state["photo"]["name"] == "bee", "the bee")
    coffee.settle()


def test_the_panel_needs_no_scrolling(page: Page, tmp_path: Path):
    path = tmp_path / "upright.png"
    images.write_image(path, np.full((90, 60, 3), (150, 90, 60), np.uint8))
    page.choose_file("file-photo", path)
    page.settle()
    page.click(40, 30)
    page.suggested()
    page.js("document.querySelectorAll('#suggestions button')[3].click()")
    page.wait(lambda: page.js("return document.images['reference-image'].width > 0"), "it")
    room, need = page.js(
        "const {clientHeight, scrollHeight} = document.getElementById('panel');"
        "return [clientHeight, scrollHeight]"
    )
    assert need <= room

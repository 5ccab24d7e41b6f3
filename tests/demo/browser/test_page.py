"""The demo's page in a real browser: photos in, pictures and hints out, and what goes wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints.text import read_hints
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.photo import images
from tests.demo.browser.driver import browsing
from tests.demo.browser.page import Page

COFFEE = next(path for path in sample_photos() if path.stem == "coffee")


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer.from_pretrained()


# A style sheet fails as soon as anybody listens.
FAIL_EARLY = """
    const listen = window.addEventListener;
    window.addEventListener = function (type, ...rest) {
        listen.call(this, type, ...rest);
        if (type !== 'error') return;
        window.bodyThen = document.body;
        document.querySelector('link').dispatchEvent(new Event('error'));
    };"""
# A server that is busy while the page starts.
BUSY = """
    const { fetch: ask } = window;
    const error = 'the server is busy; try again';
    window.fetch = async (address, options) => (String(address).endsWith('v1/info')
        ? new Response(JSON.stringify({ error }), { status: 503 }) : ask(address, options));"""


def test_a_page_that_cannot_start_says_so_lastingly_and_tries_again(page: Page):
    with page.before(BUSY):
        page.driver.get(page.address)
        page.wait(lambda: page.id("no-start").is_displayed(), "the notice")
    assert page.id("no-start-what").text == "The server is busy."
    assert page.id("toast").text == ""  # it would go
    shown = "(button) => button.checkVisibility({ visibilityProperty: true })"
    buttons = f"[...document.querySelectorAll('button')].filter({shown})"
    assert page.js(f"return {buttons}.map((button) => button.id)") == ["home", "no-start-retry"]
    assert all("the server is busy" in line for line in page.complaints())
    page.id("no-start-retry").click()
    page.wait(lambda: page.js("return document.body.dataset.ready"), "the page")
    assert not page.id("no-start").is_displayed()
    page.sample("coffee")


def test_a_page_that_lacks_a_part_says_so_and_loads_itself_again(page: Page):
    ask = page.driver.execute_cdp_cmd
    ask("Network.enable", {})
    ask("Network.clearBrowserCache", {})
    ask("Network.setBlockedURLs", {"urls": ["*/static/zip.js"]})
    page.driver.get(page.address)
    page.wait(lambda: page.id("no-start").is_displayed(), "the notice")
    ask("Network.setBlockedURLs", {"urls": []})
    assert page.id("no-start-what").text == "A part of this page did not come."
    assert all("zip.js" in line for line in page.complaints())
    page.id("no-start-retry").click()
    page.wait(lambda: page.js("return document.body.dataset.ready"), "the page")
    assert not page.id("no-start").is_displayed()


def test_what_fails_while_the_head_loads_is_no_second_failure(page: Page):
    with page.before(FAIL_EARLY):
        page.driver.get(page.address)
        page.wait(lambda: page.js("return document.body.dataset.ready"), "the page")
    assert page.js("return bodyThen") is None
    assert page.complaints() == []


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


def test_saved_pictures_and_hint_files(coffee: Page, downloads: Path, colorizer: Colorizer):
    coffee.click(120, 200)
    coffee.type_color("#a03020")
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
    color = coffee.seen(150, 200)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo at all")
    coffee.choose_file("file-photo", broken)
    text = coffee.wait(lambda: coffee.id("toast").text, "a message")
    assert "\n" not in text
    assert coffee.state["photo"]["id"] == photo
    assert coffee.hints == hints
    assert coffee.seen(150, 200) == color
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

"""What gives a hint its color, and what the dial changes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from acolvit_jax.data.sources import sample_photos
from acolvit_jax.photo import color, images
from tests.demo.browser.page import Page, ab_of
from tests.demo.browser.test_desk import kept
from tests.demo.browser.test_files import paste, picture, wait_for_width
from tests.gamut import in_gamut

OWN = "This photo\N{RIGHT SINGLE QUOTATION MARK}s own colors"
PUT_ALL_AWAY = "for (const away of document.querySelectorAll('.strip-away')) away.click();"


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
    coffee.type_color("#3060c0")
    wanted = color.uint8_to_lab(np.array([0x30, 0x60, 0xC0], np.uint8))[1:]
    got = ab_of(coffee.hints[0])
    assert np.arctan2(*got[::-1]) == pytest.approx(np.arctan2(*wanted[::-1]), abs=0.05)
    coffee.type_color("nonsense")
    assert "looks like" in coffee.toast()


def test_a_color_that_a_place_has_not_stays_itself_and_is_remembered(coffee: Page):
    (path,) = [path for path in sample_photos() if path.stem == "coffee"]
    luma = np.asarray(Image.open(path).convert("L"), float).reshape(42, 8, 63, 8).swapaxes(1, 2)
    off = abs(luma - 226).max(axis=(2, 3))  # bright and even
    row, column = np.argwhere(off == off.min())[0].tolist()
    coffee.click(8 * row + 4, 8 * column + 4)
    assert 86 < coffee.js("return acolvit.lightness") < 93
    coffee.type_color("#f0c010")
    a, b = ab_of(coffee.hints[0])
    assert b > 40  # of the very hue of this yellow, such a place has cream alone
    coffee.type_color("#2060d0")
    a, b = ab_of(coffee.hints[0])
    assert b < -10
    assert a < 3  # sky; the very hue is lavender there
    coffee.click(120, 200)  # darker
    coffee.keys("l")
    coffee.settle()
    wanted = color.uint8_to_lab(np.array([0x20, 0x60, 0xD0], np.uint8))[1:]
    got = ab_of(coffee.hints[1])
    assert np.hypot(*got) > 0.6 * np.hypot(*wanted)  # the blue that was asked for, not the sky's


def test_suggestions_and_recent_colors(coffee: Page):
    coffee.click(120, 200)
    own = coffee.hints[0]["color"]
    coffee.suggested()
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


def test_a_reference_that_was_chosen_stays_until_another_one_can_be_shown(
    coffee: Page, tmp_path: Path
):
    def shown(name: str) -> None:
        coffee.wait(lambda: coffee.id("reference-name").text == name, "the reference")
        coffee.wait(lambda: coffee.js("return document.images['reference-image'].width > 0"), "it")

    paste(coffee, mine=picture((70, 40)))
    shown(OWN)
    red, broken = tmp_path / "red.png", tmp_path / "broken.png"
    images.write_image(red, np.full((40, 60, 3), (160, 60, 50), np.uint8))
    broken.write_bytes(b"no picture at all")
    coffee.choose_file("file-reference", red)
    shown("red.png")
    coffee.keys(",")
    coffee.wait(lambda: coffee.state["photo"]["name"] == "coffee", "the photo before")
    coffee.settle()
    shown("red.png")
    coffee.choose_file("file-reference", broken)
    assert coffee.toast() == "This picture cannot be shown here."
    shown("red.png")
    coffee.id("reference-clear").click()
    coffee.keys(".")
    wait_for_width(coffee, 70)
    shown(OWN)


def test_the_eyedropper_ends_with_the_photo_that_it_was_for(coffee: Page):
    picking = "return document.body.hasAttribute('data-picking')"
    for leave in (
        lambda: coffee.sample("bee"),
        lambda: coffee.keys("g"),
        lambda: coffee.js(PUT_ALL_AWAY),
    ):
        coffee.click(120, 200)
        coffee.keys("i")
        assert coffee.js(picking)
        leave()
        assert not coffee.js(picking)
        coffee.keys(Keys.ESCAPE)


def test_the_models_own_color_is_not_offered_where_it_is_not_known(coffee: Page):
    """After a refresh: what is asked for has the hints."""
    coffee.click(120, 200)
    coffee.combine(Keys.ALT, Keys.ARROW_DOWN)
    coffee.settle()
    kept(coffee)
    coffee.visit()
    coffee.settle()
    coffee.keys("n")
    coffee.suggested()
    offered = coffee.js(
        "return [...document.querySelectorAll('#suggestions button')].map((b) => b.textContent)"
    )
    assert offered
    assert not {"Stronger", "Paler"} & set(offered)
    assert not coffee.id("own").is_displayed()
    coffee.combine(Keys.SHIFT, Keys.DELETE)
    coffee.settle()
    coffee.click(120, 200)
    coffee.suggested()
    assert coffee.id("own").is_displayed()
    assert coffee.js("return document.querySelectorAll('#suggestions button').length") == 9


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

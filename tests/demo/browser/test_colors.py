"""What gives a hint its color, and what the dial changes."""

from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from acolvit_jax.photo import color, images
from tests.demo.browser.page import Page, ab_of
from tests.gamut import in_gamut


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

"""A hint is a promise: what was asked and got, kinds of hints, size and reach, files of hints."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.demo.browser.page import Page
from tests.demo.browser.test_files import paste, picture, wait_for_width
from tests.demo.browser.test_saving import save


def place_kind(page: Page, kind: str) -> None:
    page.js("document.querySelector(`[name=kind][value=${arguments[0]}]`).click()", kind)


def test_what_was_asked_and_what_was_got(coffee: Page):
    coffee.click(100, 100)
    assert not coffee.id("asked").is_displayed()  # the model's own color is got
    coffee.type_color("#101090")
    text = coffee.id("asked").text
    assert text.startswith("Asked #101090, got #")
    assert "here" in text or "lightness" in text
    got = coffee.id("got-color").text
    shown = coffee.seen(*(coffee.hints[0][place] for place in ("row", "column")))
    assert np.abs(np.subtract([int(got[i : i + 2], 16) for i in (1, 3, 5)], shown)).max() <= 12
    coffee.click(250, 300)
    assert not coffee.id("asked").is_displayed()
    coffee.undo()


def test_gray_and_leave_alone_are_hints_of_one_click(coffee: Page):
    coffee.click(100, 100)
    coffee.type_color("#c02010")
    place_kind(coffee, "keep")
    coffee.click(200, 300)
    place_kind(coffee, "gray")
    coffee.click(250, 100)
    colors = [hint["color"] for hint in coffee.hints]
    assert colors[1:] == ["keep", "lab:0,0"]
    row, column = coffee.hints[2]["row"], coffee.hints[2]["column"]
    assert np.ptp(coffee.seen(row, column)) <= 14
    coffee.type_color("teal")  # a color makes it a hint like others
    assert coffee.hints[2]["color"] != "lab:0,0"
    coffee.js("document.getElementById('keep').click()")
    coffee.settle()
    assert coffee.hints[2]["color"] == "keep"


def test_size_and_reach_belong_to_the_hint(coffee: Page):
    coffee.click(100, 100)
    sizes = coffee.js("return [...document.getElementsByName('size')].map((s) => +s.value)")
    coffee.js("document.getElementsByName('size')[1].click()")
    coffee.settle()
    coffee.js(
        "const reach = document.getElementById('reach'); reach.value = 40;"
        "reach.dispatchEvent(new Event('input'))"
    )
    coffee.settle()
    coffee.click(250, 300)
    coffee.js("document.getElementsByName('size')[0].click()")
    coffee.settle()
    first, second = coffee.hints
    assert (first["size"], second["size"]) == (sizes[1], sizes[0])
    assert first["reach"] == pytest.approx(40, abs=0.5)
    assert "reach" not in second
    coffee.js("document.querySelector('.mark').focus()")
    assert coffee.js("return document.getElementsByName('size')[1].checked")


def test_saturation_and_warmth_are_live_and_saved(coffee: Page, downloads: Path):
    from acolvit_jax.photo import images

    place = (50, 80)
    before = coffee.seen(*place)
    asked = coffee.js("return acolvit.result.id")
    coffee.js(
        "for (const [id, value] of [['saturation', 0], ['warmth', 0]]) {"
        "const slider = document.getElementById(id); slider.value = value;"
        "slider.dispatchEvent(new Event('input')); }"
    )
    assert np.ptp(before) > 4
    assert np.ptp(coffee.seen(*place)) <= 1
    assert coffee.js("return acolvit.result.id") == asked  # the model is not asked
    save(coffee, "tiff")
    written = images.read_image(coffee.saved(downloads, "coffee_color*.tif"))
    assert np.ptp(written[place]) <= 1


def test_hints_of_a_photo_without_a_name_say_its_size_alone(page: Page):
    note = """
        const { readHintFile } = await import('./static/hint_file.js');
        const content = { photo: { width: 10, height: 1000 }, hints: [] };
        const here = { width: 60, height: 40, print: '0' };
        return readHintFile(JSON.stringify(content), here, {}).note;
    """
    assert page.module(note) == "; they are of another photo (10 \N{MULTIPLICATION SIGN} 1000)"


def test_a_file_of_hints_is_scaled_and_says_of_which_photo_it_is(
    coffee: Page, downloads: Path, tmp_path: Path
):
    coffee.click(100, 100)
    coffee.keys("[")
    coffee.settle()
    save(coffee, "json")
    path = coffee.saved(downloads, "coffee_hints*.json")
    content = json.loads(path.read_text())
    assert content["hints"] == coffee.hints
    assert content["budget"] == coffee.state["budget"]
    assert content["photo"]["name"] == "coffee"
    half = {**content, "photo": {**content["photo"], "width": 1008, "height": 672}}
    half["hints"] = [{**hint, "row": 300, "column": 500} for hint in content["hints"]]
    half["budget"] = 0.35
    (tmp_path / "half.json").write_text(json.dumps(half))
    coffee.choose_file("file-hints", tmp_path / "half.json")
    coffee.wait(lambda: "scaled from 1008" in coffee.id("toast").text, "the message")
    assert coffee.id("toast").text.startswith("1 hint loaded, ")
    assert coffee.id("toast").text.endswith("; the budget is 35% now.")
    coffee.settle()
    assert (coffee.hints[0]["row"], coffee.hints[0]["column"]) == (150, 250)
    assert coffee.state["budget"] == coffee.state["result"]["budget"] == 0.35
    paste(coffee, other=picture((70, 40)))
    wait_for_width(coffee, 70)
    coffee.choose_file("file-hints", path)
    coffee.wait(lambda: "another photo, coffee" in coffee.id("toast").text, "the message")
    coffee.settle()
    assert len(coffee.hints) == 1

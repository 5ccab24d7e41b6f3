"""Small, low, narrow and large screens, and the details of keys and colors."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.demo.browser.driver import resize
from tests.demo.browser.page import Page
from tests.demo.browser.test_files import paste, picture, wait_for_width

# Height on the screen of what is seen of the photo, which nothing may cover.
SHOWN = """
    const {width, height} = acolvit.photo;
    const [top, bottom] = [acolvit.locate(0, 0).y, acolvit.locate(height - 1, width - 1).y];
    return [top, bottom];"""
OVERLAPS = """
    const boxes = [...document.querySelectorAll(arguments[0])]
        .filter((element) => element.checkVisibility())
        .map((element) => element.getBoundingClientRect());
    const meet = (p, q) => p.left < q.right - 1 && q.left < p.right - 1
        && p.top < q.bottom - 1 && q.top < p.bottom - 1;
    const out = boxes.some(({left, right}) => left < 0 || right > innerWidth);
    return out || boxes.some((p, i) => boxes.slice(i + 1).some((q) => meet(p, q)));"""


@pytest.fixture
def sized(page: Page) -> Iterator[Page]:
    yield page
    resize(page.driver, (1280, 720))


@pytest.mark.parametrize("size", [(667, 375), (740, 360), (844, 390), (320, 568)])
def test_a_small_screen_shows_the_photo(sized: Page, size: tuple[int, int]):
    resize(sized.driver, size)
    sized.sample("coffee")
    top, bottom = sized.js(SHOWN)
    assert bottom - top > size[1] / 5
    assert sized.id("stage").rect["y"] <= top
    assert bottom <= size[1]
    sized.click(100, 100)
    assert len(sized.hints) == 1
    assert not sized.js(OVERLAPS, "header button")


def test_at_320_pixels_nothing_overlaps(sized: Page):
    resize(sized.driver, (320, 640))
    sized.sample("coffee")
    sized.click(100, 100)
    assert not sized.js(OVERLAPS, "header button")
    assert not sized.js(OVERLAPS, ".tools button, .sizes label")
    for hex_color in ("#a03020", "#30a020", "#3020a0", "#a0a020", "#20a0a0", "#a020a0", "#505050",
                      "#d09060", "#60d090", "#9060d0"):  # fmt: skip
        sized.type_color(hex_color)
    assert sized.js("return document.querySelectorAll('#recent button').length") >= 9
    assert not sized.js(OVERLAPS, "#recent button")


def test_the_photo_keeps_its_place_while_one_works(sized: Page):
    resize(sized.driver, (390, 844))
    sized.sample("coffee")
    before = sized.js(SHOWN)
    sized.click(100, 100)
    sized.type_color("#a03020")
    assert sized.js(SHOWN) == before
    sized.id("sheet-toggle").click()
    sized.wait(lambda: sized.js(SHOWN) != before, "more room")
    before = sized.js(SHOWN)
    sized.click(200, 300)  # a sheet that was closed stays closed
    assert sized.js(SHOWN) == before


CUT = """
    return [...document.querySelectorAll(arguments[0])].filter((element) => {
        if (!element.checkVisibility()) return false;
        const box = element.getBoundingClientRect();
        const room = element.closest(arguments[1]).getBoundingClientRect();
        return element.scrollWidth > element.clientWidth + 1
            || box.left < room.left - 1 || box.right > room.right + 1;
    }).map((element) => element.title || element.textContent);"""


@pytest.mark.parametrize("size", [(640, 360), (667, 375), (390, 844), (320, 568), (1280, 720)])
def test_nothing_is_cut_beside_a_strip(sized: Page, size: tuple[int, int]):
    resize(sized.driver, size)
    sized.sample("coffee")
    sized.sample("bee")
    sized.click(100, 100)
    sized.suggested()
    assert sized.js("return document.querySelectorAll('#suggestions .chip').length") == 9
    assert sized.js(CUT, ".chip, .hint-row label, .hint-row button", ".panel") == []
    assert sized.js(CUT, ".strip-photo", ".strip") == []
    assert sized.js(CUT, ".tools button, .tools label", ".stage") == []


@pytest.mark.parametrize("size", [(768, 1024), (820, 1180), (568, 320), (320, 568), (320, 256)])
def test_all_tools_are_seen_and_cover_no_photo(sized: Page, size: tuple[int, int]):
    resize(sized.driver, size)
    sized.sample("coffee")
    sized.sample("bee")
    tools = ".tools button, .tools label"
    assert sized.js(CUT, tools, ".stage") == []
    assert not sized.js(OVERLAPS, tools)
    box, stage = sized.driver.find_element("css selector", ".tools").rect, sized.id("stage").rect
    top, bottom = sized.js(SHOWN)
    assert bottom - top > 50
    assert box["y"] >= bottom - 1
    assert box["y"] + box["height"] <= min(size[1], stage["y"] + stage["height"])


@pytest.mark.parametrize("size", [(1280, 720), (700, 800), (390, 844), (640, 360)])
def test_a_dropped_reference_is_asked_for_where_the_panel_is(sized: Page, size: tuple[int, int]):
    resize(sized.driver, size)
    sized.sample("coffee")
    sized.js("document.body.toggleAttribute('data-dropping', true)")
    for _ in range(2):  # the sheet open, and closed
        veil = sized.driver.find_element("css selector", ".drop-reference").rect
        panel = sized.id("panel").rect
        assert (veil["x"], veil["width"]) == pytest.approx((panel["x"], panel["width"]), abs=1)
        bottom = panel["y"] + panel["height"]
        assert veil["y"] + veil["height"] == pytest.approx(bottom, abs=1)
        assert veil["y"] in (pytest.approx(panel["y"], abs=1), 0)  # beside the photo: the bar too
        sized.js("document.getElementById('sheet-toggle').click()")


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_a_long_name_leaves_the_buttons_in_reach(
    sized: Page, tmp_path: Path, size: tuple[int, int]
):
    resize(sized.driver, size)
    sized.sample("coffee")
    (tmp_path / f"{'r' * 180}.png").write_bytes(picture((60, 40)))
    sized.choose_file("file-reference", tmp_path / f"{'r' * 180}.png")
    sized.js("document.querySelector('[data-tab=more]').click()")
    sized.wait(lambda: sized.id("reference-clear").is_displayed(), "the reference")
    assert sized.js(CUT, "#reference-clear", ".panel") == []
    sized.js("""
        document.getElementById('away').hidden = false;
        document.getElementById('away-what').textContent = 'n'.repeat(200);""")
    assert sized.js(CUT, "#away-what, #away-retry", ".stage") == []


# What a click on the middle of each entry of the menu does not reach, though it is scrolled to.
OUT_OF_REACH = """
    const entries = [...document.querySelectorAll('#save-menu button')];
    return entries.filter((entry) => entry.checkVisibility()).filter((entry) => {
        entry.scrollIntoView({ block: 'nearest' });
        const { left, top, width, height } = entry.getBoundingClientRect();
        return !entry.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }).map((entry) => entry.textContent);"""


@pytest.mark.parametrize(
    "size", [(640, 360), (667, 375), (480, 400), (320, 256), (320, 568), (1280, 400), (1280, 720)]
)
def test_every_entry_of_the_save_menu_can_be_reached(sized: Page, size: tuple[int, int]):
    resize(sized.driver, size)
    sized.sample("coffee")
    sized.sample("bee")
    sized.id("save").click()
    menu = sized.id("save-menu").rect
    assert menu["x"] >= 0
    assert menu["y"] >= sized.js("return document.querySelector('.bar').clientHeight")
    assert menu["y"] + menu["height"] <= size[1]
    shown = "return [...document.querySelectorAll('#save-menu button')].at(-1).checkVisibility()"
    assert sized.js(shown)
    assert sized.js(OUT_OF_REACH) == []
    sized.keys(Keys.ESCAPE)


def test_the_tip_leaves_room_for_captions(sized: Page):
    resize(sized.driver, (390, 844))
    sized.sample("coffee")
    for view in "34":
        sized.keys(view)
        assert not sized.js(OVERLAPS, ".tip, .caption")


def test_a_panorama_lies_above_itself_side_by_side(page: Page):
    paste(page, wide=picture((600, 100)))
    wait_for_width(page, 600)
    page.keys("3")
    assert page.js("return document.getElementById('stage').hasAttribute('data-stacked')")
    paste(page, tall=picture((100, 300)))
    wait_for_width(page, 100)
    page.keys("3")
    assert not page.js("return document.getElementById('stage').hasAttribute('data-stacked')")


def test_a_large_screen_has_a_larger_disc(sized: Page):
    small = sized.id("disc").rect["width"]
    resize(sized.driver, (1920, 1080))
    assert sized.id("disc").rect["width"] > 1.4 * small


def test_marks_are_hidden_without_a_key(coffee: Page):
    coffee.click(100, 100)
    coffee.id("marks-toggle").click()
    visible = "return document.querySelector('.mark').checkVisibility({visibilityProperty: true})"
    assert not coffee.js(visible)
    coffee.id("marks-toggle").click()
    assert coffee.js(visible)


def test_after_a_typed_color_the_keys_work_on_the_photo(coffee: Page):
    coffee.click(120, 200)
    coffee.type_color("teal")  # a CSS name
    a, b = (float(part) for part in coffee.hints[0]["color"][4:].split(","))
    assert a < -5
    assert b < 5
    coffee.keys("4", Keys.DELETE)
    coffee.settle()
    assert (coffee.state["view"], coffee.hints) == ("compare", [])
    coffee.click(150, 120)
    coffee.keys("l")  # the color chosen last
    coffee.settle()
    given = [float(part) for part in coffee.hints[0]["color"][4:].split(",")]
    assert given[0] < -5


def test_jitter_moves_no_hint_and_a_trackpad_pans(coffee: Page):
    coffee.click(120, 200)
    hints = coffee.hints
    x, y = coffee.at(hints[0]["row"], hints[0]["column"])
    coffee.drag((x, y), (x + 2, y + 2), (x + 3, y))
    assert coffee.hints == hints
    wheel = """
        const stage = document.getElementById('stage');
        const {left, top} = stage.getBoundingClientRect();
        stage.dispatchEvent(new WheelEvent('wheel', {clientX: left + 50, clientY: top + 50,
            cancelable: true, deltaX: arguments[0], deltaY: arguments[1], ctrlKey: arguments[2]}));
        return acolvit.zoom;"""
    zoom = coffee.state["zoom"]
    assert coffee.js(wheel, 0, 8, False) == pytest.approx(zoom)
    assert coffee.js(wheel, -30, 80, False) == pytest.approx(zoom)
    assert coffee.at(hints[0]["row"], hints[0]["column"]) == (x + 30, y - 88)
    assert coffee.js(wheel, 0, -8, True) > zoom  # a pinch


@pytest.mark.parametrize("tone", [(1, 1, 1), (0.8, 1, 1.4), (1.2, 1, 0.8)])
def test_a_gray_photo_is_no_palette(page: Page, tone: tuple[float, float, float]):
    out = BytesIO()
    gray = np.tile(np.arange(60) / 60, (40, 1))[..., None]  # in sepia and blue it is one too
    Image.fromarray(np.uint8(255 * gray ** np.array(tone))).save(out, "PNG")
    paste(page, gray=out.getvalue())
    wait_for_width(page, 60)
    page.wait(lambda: page.id("reference-add").is_displayed(), "no reference")
    paste(page, colored=picture((70, 40)))
    wait_for_width(page, 70)
    page.wait(lambda: page.id("reference-image").is_displayed(), "the photo's own colors")
    box = page.id("reference-image").rect
    page.point((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)).perform()
    page.wait(lambda: page.id("loupe").is_displayed(), "the loupe")
    middle = "return [...loupe.getContext('2d').getImageData(49, 49, 1, 1).data.slice(0, 3)]"
    assert page.js(f"const loupe = document.getElementById('loupe'); {middle}") == [150, 90, 60]


CHIPS = """
    return [...document.querySelectorAll('#suggestions button')].map(
      (chip) => [chip.innerText, chip.style.getPropertyValue('--color')])"""


def test_suggestions_keep_their_places(coffee: Page):
    coffee.click(100, 100)
    coffee.suggested()
    listed = coffee.js(CHIPS)
    assert [name for name, _ in listed[:3]] == [
        "Model\N{RIGHT SINGLE QUOTATION MARK}s",
        "Stronger",
        "Paler",
    ]
    coffee.js("document.querySelectorAll('#suggestions button')[4].click()")
    coffee.settle()
    assert coffee.js(CHIPS) == listed  # another color is chosen, the place is the same
    coffee.click(300, 300)
    coffee.suggested()
    assert coffee.js(CHIPS) != listed
    coffee.click(100, 100)
    assert coffee.js(CHIPS) == listed


def test_suggestions_are_what_the_model_makes_of_the_place(coffee: Page):
    coffee.click(300, 300)
    coffee.click(100, 100)
    coffee.suggested()
    row, column = (coffee.hints[1][name] for name in ("row", "column"))
    given = coffee.module(
        """
        const { createEngine } = await import('./static/engine_http.js');
        const { clampToGamut } = await import('./static/gamut.js');
        const { labToHex } = await import('./static/color.js');
        const [photo, place, l] = args;
        const found = await createEngine().suggest(photo, place);
        return found.map(({ a, b }) => labToHex(l, ...clampToGamut(l, a, b)));""",
        coffee.state["photo"],
        {"row": row, "column": column, "hints": coffee.hints[:1], "budget": 0.5},
        coffee.js("return acolvit.lightness"),
    )
    shown = [color for _, color in coffee.js(CHIPS)[3:]]
    assert len(shown) == 6
    assert set(given) <= set(shown)
    assert len(given) >= 3


def test_what_was_computed_stands_behind_a_disclosure(coffee: Page):
    assert not coffee.id("map").is_displayed()
    assert coffee.id("time").is_displayed()
    assert coffee.id("dial").is_displayed()
    coffee.js("document.querySelector('#layers summary').click()")
    assert coffee.id("map").is_displayed()


def test_escape_returns_the_focus_where_it_came_from(coffee: Page):
    coffee.click(120, 200)
    coffee.js("document.querySelector('[data-view-button=grey]').focus()")
    coffee.keys("c")
    assert coffee.js("return document.activeElement.id") == "disc"
    coffee.keys(Keys.ESCAPE)
    assert coffee.js("return document.activeElement.dataset.viewButton") == "grey"
    coffee.keys("g", Keys.ESCAPE)
    assert coffee.js("return document.activeElement.dataset.viewButton") == "grey"

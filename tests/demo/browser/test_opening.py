"""Photos on their way, that come, do not come, or are put away before."""

from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page
from tests.demo.browser.test_desk import names
from tests.demo.browser.test_files import HOLD, drag_file, paste, picture, wait_for_width

COLOR = "#c02010"
PUT_AWAY = """
    const titles = [...document.querySelectorAll('.strip-photo')].map((photo) => photo.title);
    document.querySelectorAll('.strip-away')[titles.indexOf(arguments[0])].click();"""
# Keeps the first grey picture back, and tells that a photo is closed.
HOLD_GREY = """
    const { fetch } = window;
    window.fetch = (address, options) => {
        if (options?.method === 'DELETE') window.dropped = true;
        if (window.letGo || !address.includes('max_side')) return fetch(address, options);
        return new Promise((done) => { window.letGo = () => done(fetch(address, options)); });
    };"""
HOLD_UPLOAD = """
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function (body) {
        XMLHttpRequest.prototype.send = send;
        window.letGo = () => send.call(this, body);
    };"""
SMALL_LIMIT = """
    const { fetch: ask } = window;
    window.fetch = async (address, options) => {
        const answer = await ask(address, options);
        if (!String(address).endsWith('v1/info')) return answer;
        const info = await answer.json();
        info.limits.upload_bytes = 1_500_000;
        return Response.json(info);
    };"""


def look(page: Page) -> tuple[list[int], float]:
    """What is seen of the photo, and how near."""
    return page.seen(150, 200), page.state["zoom"]


@pytest.fixture
def red(coffee: Page) -> Page:
    """A photo with a strong color in it, seen from near."""
    coffee.click(150, 200)
    coffee.type_color(COLOR)
    coffee.keys("+", "+")
    return coffee


@pytest.mark.parametrize("name", ["broken.jpg", "broken.tif"])
def test_a_photo_that_does_not_come_changes_nothing(red: Page, tmp_path: Path, name: str):
    before, hints = look(red), red.hints
    (tmp_path / name).write_bytes(b"II*\0 and no photo")
    red.choose_file("file-photo", tmp_path / name)
    assert f"“{name}” could not be opened" in red.toast()
    assert look(red) == before
    red.settle()
    assert (look(red), red.hints) == (before, hints)
    assert all("415" in line or "422" in line for line in red.complaints())


def uploading(page: Page, *files: str) -> None:
    """The first of some files is seen, and does not come before `letGo`."""
    page.js(HOLD)
    page.id("file-photo").send_keys("\n".join(files))
    page.wait(lambda: page.js("return !!window.letGo"), "the upload")
    assert page.id("stage").get_attribute("data-state") == "uploading"


def files(tmp_path: Path, *names: str) -> list[str]:
    for name in names:
        (tmp_path / name).write_bytes(picture((60, 40)))
    return [str(tmp_path / name) for name in names]


def test_a_photo_put_away_on_its_way_stays_away(red: Page, tmp_path: Path):
    color, _ = look(red)
    red.js(HOLD_GREY)
    red.id("file-photo").send_keys("\n".join(files(tmp_path, "one.png", "two.png")))
    red.wait(lambda: red.js("return !!window.letGo"), "the upload")
    assert red.id("photo-name").text == "one.png"
    red.js(PUT_AWAY, "one.png")
    red.wait(lambda: "put away" in red.id("toast").text, "the message")
    red.js("letGo()")
    red.wait(lambda: red.js("return window.dropped"), "the end of it")
    red.settle()
    apart = np.subtract(red.seen(150, 200), color)  # it is seen from farther away
    assert np.abs(apart).max() <= 4
    assert names(red) == ["Cup of coffee", "two.png"]
    assert red.id("photo-name").text == "Cup of coffee"
    red.js("document.querySelector('#toast button').click()")
    assert names(red) == ["Cup of coffee", "one.png", "two.png"]


def test_the_first_photo_put_away_on_its_way_makes_place_for_the_next(page: Page, tmp_path: Path):
    with page.before(SMALL_LIMIT):
        page.visit()
    (tmp_path / "large.png").write_bytes(bytes(2_000_000))
    uploading(page, *files(tmp_path, "one.png", "two.png"), str(tmp_path / "large.png"))
    page.js("letGo = null")
    page.js(PUT_AWAY, "one.png")
    page.wait(lambda: page.js("return !!window.letGo"), "the next upload")
    page.js("letGo()")
    page.wait(lambda: page.js("return !!window.answer"), "the photo")
    page.js("answer()")
    page.settle()
    assert page.id("photo-name").text == "two.png"
    told = page.toast()
    assert told == "“one.png” was put away. “large.png” is larger than the 2 MB allowed.Undo"


@pytest.mark.parametrize("comes", [True, False])
def test_the_photo_behind_one_on_its_way_is_put_away(coffee: Page, tmp_path: Path, comes: bool):
    """The other one comes all the same, or the next of the desk; the engine forgets this one."""
    paths = files(tmp_path, "one.png", "two.png")
    if not comes:
        Path(paths[0]).write_bytes(b"no photo at all")
    url = coffee.state["photo"]["url"]
    coffee.js(HOLD_UPLOAD)
    coffee.id("file-photo").send_keys("\n".join(paths))
    coffee.wait(lambda: coffee.js("return !!window.letGo"), "the upload")
    coffee.js(PUT_AWAY, "Cup of coffee")
    coffee.js("letGo()")
    title = "one.png" if comes else "two.png"
    coffee.wait(lambda: coffee.id("photo-name").text == title, "the photo")
    coffee.settle()
    assert names(coffee) == (["one.png", "two.png"] if comes else ["two.png"])
    ask = "return (await fetch(args[0] + '/grey', { cache: 'reload' })).status"
    coffee.wait(lambda: coffee.module(ask, url) == 404, "the end of it")
    coffee.complaints()


def test_the_photo_behind_one_on_its_way_is_not_changed(red: Page, tmp_path: Path):
    """By keys, buttons, dials: it is not seen. A screen reader is not told that it was."""
    red.keys("3")
    before = [red.hints, red.state["budget"], red.state["view"]]
    uploading(red, *files(tmp_path, "one.png"))
    saturation = red.id("saturation")
    saturated = saturation.get_property("value")
    for act in (
        lambda: red.keys(Keys.DELETE),
        lambda: red.combine(Keys.CONTROL, "z"),
        lambda: red.keys("s"),
        lambda: red.keys("["),
        lambda: red.keys("4"),
        lambda: red.combine(Keys.SHIFT, Keys.DELETE),
        lambda: red.js("document.getElementById('gray').click()"),
        lambda: saturation.send_keys(Keys.ARROW_LEFT),
    ):
        red.js("for (const id of ['toast', 'spoken']) document.getElementById(id).textContent = ''")
        act()
        assert red.toast() == "The photo is still on its way."
        assert red.js("return document.getElementById('spoken').textContent") == ""
        assert [red.hints, red.state["budget"], red.state["view"]] == before
        assert saturation.get_property("value") == saturated
    red.js("letGo()")
    red.wait(lambda: red.js("return !!window.answer"), "the photo")
    red.js("answer()")
    red.settle()
    red.keys(",")
    red.wait(lambda: red.js("return acolvit.photo?.name") == "coffee", "the photo before")
    assert [red.hints, red.state["budget"], red.state["view"]] == before


def test_files_that_are_too_large_are_named_when_the_others_are_there(page: Page, tmp_path: Path):
    with page.before(SMALL_LIMIT):
        page.visit()
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(bytes(2_000_000))
    large = [str(tmp_path / name) for name in ("a.png", "b.png")]
    page.id("file-photo").send_keys("\n".join([large[0], *files(tmp_path, "ok.png"), large[1]]))
    wait_for_width(page, 60)
    assert page.toast() == "“a.png” and “b.png” are larger than the 2 MB allowed."
    assert names(page) == ["ok.png"]


def test_hints_of_a_photo_that_is_too_large_are_not_given_to_another(page: Page, tmp_path: Path):
    with page.before(SMALL_LIMIT):
        page.visit()
    page.sample("coffee")
    (tmp_path / "a.png").write_bytes(bytes(2_000_000))
    (tmp_path / "a_hints.json").write_text('[{"row": 1, "column": 2, "color": "red"}]')
    drag_file(page, tmp_path / "a.png", "stage", True, tmp_path / "a_hints.json")
    large = "“a.png” is larger than the 2 MB allowed."
    assert page.toast() == f"{large} “a_hints.json” was not loaded, for its photo was not opened."
    assert page.hints == []


def test_the_photo_that_is_seen_is_looked_at_while_another_comes(coffee: Page):
    """A sample shows nothing before it is there."""
    coffee.js(HOLD_GREY)
    coffee.js("document.querySelector('[data-sample=bee]').click()")
    coffee.wait(lambda: coffee.js("return !!window.letGo"), "the photo on its way")
    assert coffee.id("photo-name").text == "Cup of coffee"
    coffee.keys("1")
    assert coffee.state["view"] == "grey"
    assert coffee.js("return document.getElementById('spoken').textContent") != ""
    coffee.js("letGo()")
    coffee.wait(lambda: coffee.id("photo-name").text.startswith("Bee"), "the photo")


@pytest.mark.parametrize("comes", [True, False])
def test_files_that_are_too_large_are_named_though_another_photo_is_on_its_way(
    page: Page, tmp_path: Path, comes: bool
):
    """At once, and again when that photo has come or was put away: it takes messages away."""
    with page.before(SMALL_LIMIT):
        page.visit()
    for name in ("bee", "coffee", "chelsea"):
        page.sample(name)
    page.keys(",")
    page.wait(lambda: page.id("photo-name").text == "Cup of coffee", "the photo before")
    page.settle()
    page.js(HOLD_GREY)
    page.keys(".")
    page.wait(lambda: page.js("return !!window.letGo"), "the photo on its way")
    (tmp_path / "large.png").write_bytes(bytes(2_000_000))
    page.choose_file("file-photo", tmp_path / "large.png")
    told = "“large.png” is larger than the 2 MB allowed."
    assert page.toast() == told
    if comes:
        page.js("letGo()")
    else:
        page.js(PUT_AWAY, "Chelsea the cat")
        told = f"“Chelsea the cat” was put away. {told}Undo"
        page.wait(lambda: page.id("toast").text == told, "the message")
    title = "Chelsea the cat" if comes else "Cup of coffee"
    page.wait(lambda: page.id("photo-name").text == title, "the photo")
    page.settle()
    assert page.id("toast").text == told


def test_every_file_that_is_none_is_named(page: Page, tmp_path: Path):
    """When the first that is one is there, or when none is left."""
    with page.before(SMALL_LIMIT):
        page.visit()
    (tmp_path / "large.png").write_bytes(bytes(2_000_000))
    for name in ("no.png", "nor.png"):
        (tmp_path / name).write_bytes(b"no photo at all")
    wrong = [str(tmp_path / name) for name in ("no.png", "large.png", "nor.png")]
    for right in ([], files(tmp_path, "ok.png")):
        page.id("file-photo").send_keys("\n".join([*wrong, *right]))
        page.wait(lambda: "“nor.png”" in page.id("toast").text, "the message")
        assert page.toast().count("could not be opened") == 2
        assert "“large.png” is larger than the 2 MB allowed." in page.toast()
    page.settle()
    assert names(page) == ["ok.png"]
    assert all("415" in line for line in page.complaints())


def test_photos_come_back_to_their_place(page: Page):
    for name in ("one", "two", "three"):
        paste(page, **{name: picture((60, 40))})
        page.wait(lambda name=name: page.id("photo-name").text == f"{name}.png", name)
        page.settle()
    order = ["one.png", "two.png", "three.png"]
    page.js(PUT_AWAY, "two.png")
    page.wait(lambda: "put away" in page.id("toast").text, "the message")
    page.js("document.querySelector('#toast button').click()")
    page.wait(lambda: page.id("photo-name").text == "two.png", "the photo")
    page.settle()
    assert names(page) == order
    page.id("undo").click()  # that it was opened
    page.wait(lambda: page.id("photo-name").text == "one.png", "the photo before")
    page.settle()
    assert names(page) == ["one.png", "three.png"]
    page.id("redo").click()
    page.wait(lambda: page.id("photo-name").text == "two.png", "the photo")
    page.settle()
    assert names(page) == order

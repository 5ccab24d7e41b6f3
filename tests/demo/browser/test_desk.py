"""Work is never lost: several photos, undo of opening, and what a browser keeps."""

from pathlib import Path

import numpy as np
import tifffile
from selenium.webdriver.common.keys import Keys

from tests.demo.browser.page import Page
from tests.demo.browser.test_files import drag_file, paste, picture, wait_for_width


def kept(page: Page) -> None:
    """Waits until the browser has kept all work; photos are written before their desk."""
    look = """
        const open = indexedDB.open('acolvit');
        const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
        const store = database.transaction('desks').objectStore('desks');
        const all = store.getAll();
        const desks = await new Promise((done) => { all.onsuccess = () => done(all.result); });
        const mine = desks.find(({ id }) => id === sessionStorage.getItem('acolvit.desk'));
        database.close();
        return acolvit.kept && mine?.photos.length === acolvit.photos.length;"""
    page.wait(lambda: page.module(look), "the writing")


def names(page: Page) -> list[str]:
    return [photo["title"] for photo in page.js("return acolvit.photos")]


def test_a_refresh_goes_on_with_photo_hints_view_and_budget(page: Page):
    paste(page, mine=picture((70, 40)))
    wait_for_width(page, 70)
    page.click(20, 30)
    page.click(10, 60)
    page.keys("[", "4")
    page.settle()
    hints, budget = page.hints, page.state["budget"]
    kept(page)
    page.visit()
    page.settle()
    assert page.id("photo-name").text == "mine.png"
    assert page.state["photo"]["width"] == 70
    assert (page.hints, page.state["budget"], page.state["view"]) == (hints, budget, "compare")
    page.undo()  # yesterday's steps too
    assert page.hints == hints[:1]


def test_another_tab_offers_what_no_tab_holds(page: Page):
    page.sample("bee")
    page.click(100, 100)
    kept(page)
    page.js("sessionStorage.clear()")  # as a new tab after the old one was closed
    page.visit()
    assert page.id("continue").is_displayed()
    assert "1 hint" in page.id("continue-what").text
    assert page.state["photo"] is None
    page.id("continue-go").click()
    page.settle()
    assert page.state["photo"]["name"] == "bee"
    assert len(page.hints) == 1
    kept(page)
    page.js("sessionStorage.clear()")
    page.visit()
    page.id("continue-forget").click()
    page.js("sessionStorage.clear()")
    page.visit()
    assert not page.id("continue").is_displayed()


HEBREW = "\u05ea\u05de\u05d5\u05e0\u05d4"  # read from the right


def test_a_name_from_the_right_leaves_numbers_as_they_are(page: Page, tmp_path: Path):
    (tmp_path / HEBREW).write_bytes(picture((70, 40)))
    page.choose_file("file-photo", tmp_path / HEBREW)
    wait_for_width(page, 70)
    left = """
        const walker = document.createTreeWalker(document.getElementById(arguments[0]), 4);
        for (let node; (node = walker.nextNode());) {
            const at = node.data.indexOf(arguments[1]);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            return range.getBoundingClientRect().left;
        }"""
    assert page.js(left, "photo-size", "70") < page.js(left, "photo-size", "40")
    kept(page)
    page.js("sessionStorage.clear()")
    page.visit()
    assert (
        page.js("return document.getElementById('continue-what').textContent")
        == f"{HEBREW}, 0 hints"
    )
    name = page.js(left, "continue-what", HEBREW[-1])
    assert name < page.js(left, "continue-what", "0") < page.js(left, "continue-what", "hints")


def test_opening_is_undone_and_redone_and_every_photo_keeps_its_own(coffee: Page):
    coffee.click(100, 100)
    hints = coffee.hints
    paste(coffee, second=picture((70, 40)))
    wait_for_width(coffee, 70)
    assert coffee.hints == []
    coffee.click(20, 30)
    coffee.undo()
    assert coffee.state["photo"]["width"] == 70
    coffee.combine(Keys.CONTROL, "z")  # nothing else to undo: the opening
    coffee.wait(lambda: coffee.state["photo"]["name"] == "coffee", "the photo before")
    coffee.settle()
    assert coffee.hints == hints
    assert names(coffee) == ["Cup of coffee"]
    coffee.id("redo").click()
    wait_for_width(coffee, 70)
    coffee.id("redo").click()
    coffee.settle()
    assert len(coffee.hints) == 1
    coffee.keys(",")
    coffee.wait(lambda: coffee.state["photo"]["name"] == "coffee", "the photo before")
    coffee.settle()
    assert coffee.hints == hints


def test_an_undone_opening_says_so_and_stays_undone_after_new_work(coffee: Page):
    def undo_opening() -> None:
        coffee.combine(Keys.CONTROL, "z")
        coffee.wait(lambda: coffee.state["photo"]["name"] == "coffee", "the photo before")
        coffee.settle()
        assert coffee.id("toast").text == "“second.png” was put away.Redo"

    coffee.click(100, 100)
    paste(coffee, second=picture((70, 40)))
    wait_for_width(coffee, 70)
    undo_opening()
    coffee.js("document.querySelector('#toast button').click()")
    wait_for_width(coffee, 70)
    assert coffee.id("toast").text == ""
    undo_opening()
    coffee.combine(Keys.CONTROL, "z")  # and a step of the hints, which comes back first
    coffee.combine(Keys.CONTROL, "y")
    assert len(coffee.hints) == 1
    coffee.combine(Keys.CONTROL, "y")
    wait_for_width(coffee, 70)
    undo_opening()
    coffee.click(150, 200)
    assert coffee.id("toast").text == "“second.png” was put away."  # nothing brings it back now
    assert not coffee.id("redo").is_enabled()
    coffee.combine(Keys.CONTROL, "y")
    coffee.settle()
    assert names(coffee) == ["Cup of coffee"]


def test_a_strip_of_several_photos(page: Page, tmp_path: Path):
    widths = (50, 60, 70)
    for width in widths:
        (tmp_path / f"w{width}.png").write_bytes(picture((width, 40)))
    paths = "\n".join(str(tmp_path / f"w{width}.png") for width in widths)
    page.id("file-photo").send_keys(paths)
    wait_for_width(page, 50)
    assert names(page) == ["w50.png", "w60.png", "w70.png"]
    entries = "return document.querySelectorAll('#strip-list .strip-photo')"
    page.click(20, 30)
    page.js(f"{entries}[2].click()".replace("return ", ""))
    wait_for_width(page, 70)
    assert page.hints == []
    current = page.js("return document.querySelector('[aria-current=true]').ariaLabel")
    assert current == "w70.png"
    page.js("document.querySelectorAll('.strip-away')[2].click()")
    wait_for_width(page, 60)
    assert names(page) == ["w50.png", "w60.png"]
    page.js("document.querySelector('#toast button').click()")
    wait_for_width(page, 70)
    assert names(page) == ["w50.png", "w60.png", "w70.png"]
    page.js(f"{entries}[0].click()".replace("return ", ""))
    wait_for_width(page, 50)
    assert len(page.hints) == 1
    ready = "return document.querySelector('#strip-list img').naturalWidth"
    page.wait(lambda: page.js(ready) == 128, "a thumbnail")


def test_a_key_pressed_thrice_goes_three_photos_on(page: Page):
    """Faster than the photos come."""
    for name in ("coffee", "bee", "chelsea", "astronaut"):
        page.sample(name)
    page.keys(".", ".", ".")
    page.wait(lambda: page.state["photo"]["name"] == "chelsea", "the third photo on")
    page.settle()
    assert page.state["photo"]["name"] == "chelsea"
    page.keys(",", ",")
    page.wait(lambda: page.state["photo"]["name"] == "coffee", "the second photo back")


def test_a_photo_that_is_left_at_once_has_a_picture_in_the_strip(page: Page):
    for name in ("coffee", "bee", "chelsea"):
        page.sample(name)  # and on to the next before its picture would be made
    pictures = "return [...document.querySelectorAll('.strip img')].map((img) => !img.hidden)"
    page.wait(lambda: page.js(pictures) == [True] * 3, "the pictures")


def test_a_note_names_the_file_as_it_is(page: Page, tmp_path: Path):
    path = tmp_path / "scan of mine.tif"
    tifffile.imwrite(path, np.full((40, 60), 30_000, np.uint16))
    page.choose_file("file-photo", path)
    told = page.toast()
    assert told.startswith("“scan of mine.tif”: ")
    assert "8 bits" in told


def test_a_file_dropped_beside_the_reference_is_no_new_photo(coffee: Page, tmp_path: Path):
    path = tmp_path / "other.png"
    path.write_bytes(picture((60, 40)))
    coffee.click(100, 100)
    drag_file(coffee, path, "speed")
    coffee.wait(lambda: coffee.id("reference-image").is_displayed(), "the reference")
    assert names(coffee) == ["Cup of coffee"]
    assert len(coffee.hints) == 1


def test_a_message_leaves_with_its_photo_and_names_the_file(coffee: Page, tmp_path: Path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo at all")
    color = coffee.seen(150, 200)
    coffee.choose_file("file-photo", broken)
    told = coffee.toast()
    assert told.startswith("“broken.jpg” could not be opened: ")
    assert told.endswith(".")
    assert coffee.seen(150, 200) == color
    paste(coffee, good=picture((70, 40)))
    wait_for_width(coffee, 70)
    assert coffee.id("toast").text == ""
    assert all("415" in line for line in coffee.complaints())

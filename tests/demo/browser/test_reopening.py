"""A photo that was worked on and cannot be opened again: it stays, and so does the work."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.demo.browser.page import Page
from tests.demo.browser.test_desk import kept, names
from tests.demo.browser.test_files import paste, picture, wait_for_width

# Answers uploads itself, as the server would, until `refusals` says otherwise.
REFUSE = """
    window.refusals = { status: %d, left: %s };
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function (body) {
        if (refusals.left <= 0) return send.call(this, body);
        refusals.left -= 1;
        const responseText = JSON.stringify({ error: '%s', field: null });
        Object.defineProperties(
            this, { status: { value: refusals.status }, responseText: { value: responseText } });
        setTimeout(() => this.onload());
    };"""
BUSY = "the server is busy; try again"


def refuse(status: int, message: str = BUSY, left: str = "Infinity") -> str:
    return REFUSE % (status, left, message)


@contextmanager
def refusing(page: Page, status: int, message: str = BUSY) -> Iterator[None]:
    """Every document from here on has its uploads refused."""
    with page.before(refuse(status, message)):
        yield


def forget(page: Page) -> None:
    """The server puts the photo away, and the browser holds nothing of it."""
    page.module("await fetch(acolvit.photo.url, { method: 'DELETE' })")
    page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})


def let_go(page: Page) -> None:
    page.js("refusals.left = 0")


def worked_on(page: Page) -> list[dict]:
    """A photo of our own with two hints, kept."""
    paste(page, mine=picture((70, 40)))
    wait_for_width(page, 70)
    page.click(20, 30)
    page.click(10, 60)
    kept(page)
    return page.hints


def comes_back(page: Page, hints: list[dict]) -> None:
    """What is kept is there again after a refresh."""
    kept(page)
    page.visit()
    page.settle()
    assert page.hints == hints


def away(page: Page) -> str:
    return page.wait(lambda: page.id("away").text, "the notice")


@pytest.mark.parametrize("status", [503, 429])
def test_a_busy_server_is_waited_for_after_a_refresh(page: Page, status: int):
    hints = worked_on(page)
    with refusing(page, status):
        page.visit()
        told = away(page)
        assert told.startswith("The server is busy. “mine.png” opens as soon as it can.")
        assert names(page) == ["mine.png"]
        let_go(page)
        page.settle()  # nobody did anything
    assert page.hints == hints
    assert not page.id("away").is_displayed()
    comes_back(page, hints)


@pytest.mark.parametrize("reloaded", [False, True])
def test_what_cannot_be_opened_again_stays_with_its_work(page: Page, reloaded: bool):
    hints = worked_on(page)
    message = "there is no memory for this photo"
    with refusing(page, 500, message):
        page.visit()
        told = away(page)
        assert told.startswith(f"“mine.png” could not be opened: {message}. Its hints are kept.")
        assert names(page) == ["mine.png"]
        if reloaded:
            page.visit()
            away(page)
        let_go(page)
        page.id("away-retry").click()
        page.settle()
        assert page.hints == hints
        assert not page.id("away").is_displayed()
    comes_back(page, hints)


def test_a_photo_of_the_strip_is_marked_and_opened_again_from_there(page: Page):
    hints = worked_on(page)
    forget(page)
    paste(page, other=picture((60, 40)))
    wait_for_width(page, 60)
    page.click(20, 30)
    page.type_color("#c02010")
    color = page.seen(20, 30)
    assert np.ptp(color) > 20
    page.js(refuse(500, "there is no memory for this photo"))
    entry = "document.querySelectorAll('#strip-list .strip-photo')[0]"
    page.js(f"{entry}.click()")
    assert "there is no memory for this photo" in page.toast()
    page.settle()  # the other photo is there again, with its colors
    assert page.state["photo"]["width"] == 60
    assert page.seen(20, 30) == color
    assert len(page.hints) == 1
    assert names(page) == ["mine.png", "other.png"]
    assert "there is no memory" in page.js(f"return {entry}.ariaLabel")
    kept(page)
    let_go(page)
    page.js(f"{entry}.click()")
    wait_for_width(page, 70)
    assert page.hints == hints
    assert page.js(f"return {entry}.ariaLabel") == "mine.png"
    assert all("404" in line for line in page.complaints())


def test_a_photo_that_cannot_be_opened_again_is_put_away(page: Page):
    """With what is said about it."""
    worked_on(page)
    with refusing(page, 500, "there is no memory for this photo"):
        page.visit()
        away(page)
        page.js("document.querySelector('.strip-away').click()")
        assert page.toast().startswith("“mine.png” was put away.")
        assert names(page) == []
        assert not page.id("away").is_displayed()
        assert page.id("start").is_displayed()


def test_undone_opening_goes_back_to_a_photo_that_waits(page: Page):
    """The newer photo is gone then, and the older one, which cannot be opened, is not."""
    hints = worked_on(page)
    forget(page)
    paste(page, other=picture((60, 40)))
    wait_for_width(page, 60)
    page.js(refuse(500, "there is no memory for this photo"))
    page.id("undo").click()
    away(page)
    assert names(page) == ["mine.png"]
    let_go(page)
    page.id("away-retry").click()
    wait_for_width(page, 70)
    assert page.hints == hints
    assert all("404" in line for line in page.complaints())


def test_a_new_photo_takes_some_tries_and_no_more(page: Page):
    page.js(refuse(503, left="2"))
    paste(page, mine=picture((70, 40)))
    wait_for_width(page, 70)
    page.js("refusals.left = Infinity")
    paste(page, other=picture((60, 40)))
    told = page.toast()
    assert told.startswith("“other.png” could not be opened: the server is busy; try again.")
    assert names(page) == ["mine.png"]
    let_go(page)
    page.js("document.querySelector('#toast button').click()")
    wait_for_width(page, 60)


def choose_two(page: Page, tmp_path: Path) -> None:
    for name, width in (("one", 70), ("two", 60)):
        (tmp_path / f"{name}.png").write_bytes(picture((width, 40)))
    page.id("file-photo").send_keys(f"{tmp_path / 'one.png'}\n{tmp_path / 'two.png'}")


@pytest.mark.parametrize("status", [408, 502, 524])
def test_a_photo_that_comes_too_slowly_is_sent_again(page: Page, tmp_path: Path, status: int):
    page.js(refuse(status, "the request came too slowly; try again"))
    choose_two(page, tmp_path)
    told = away(page)
    assert told.startswith("The request came too slowly. “one.png” opens as soon as it can.")
    let_go(page)
    wait_for_width(page, 70)  # nobody did anything
    assert names(page) == ["one.png", "two.png"]


@pytest.mark.parametrize("status", [401, 500])
def test_only_what_is_no_photo_leaves_the_desk_by_itself(page: Page, tmp_path: Path, status: int):
    page.js(refuse(status, "the server failed"))
    choose_two(page, tmp_path)
    told = away(page)
    assert told.startswith("“one.png” could not be opened: the server failed.\n")
    assert names(page) == ["one.png", "two.png"]
    let_go(page)
    page.id("away-retry").click()
    wait_for_width(page, 70)


def test_a_photo_whose_file_has_gone_is_opened_again_from_its_copy(page: Page, tmp_path: Path):
    """Twice, the second time after it was put away and taken back."""
    choose_two(page, tmp_path)
    wait_for_width(page, 70)
    page.click(20, 30)
    kept(page)
    page.wait(lambda: page.js("return acolvit.kept"), "the copy")
    (tmp_path / "one.png").unlink()
    forget(page)
    page.click(10, 60)
    assert len(page.hints) == 2
    page.js("document.querySelector('.strip-away').click()")
    wait_for_width(page, 60)
    kept(page)
    page.js("document.querySelector('#toast button').click()")
    wait_for_width(page, 70)
    assert len(page.hints) == 2
    assert page.js("return document.getElementById('reference-image').naturalWidth") == 70
    assert all("404" in line for line in page.complaints())


def test_a_photo_whose_file_has_gone_without_a_copy_says_so(page: Page, tmp_path: Path):
    page.js("IDBObjectStore.prototype.put = () => { throw new DOMException('full'); };")
    choose_two(page, tmp_path)
    wait_for_width(page, 70)
    (tmp_path / "one.png").unlink()
    forget(page)
    page.point(page.at(20, 30)).click().perform()
    told = "“one.png”: its file cannot be read; if it was moved or changed, choose it again."
    page.wait(lambda: page.id("toast").text == f"{told}Try again", told)
    assert len(page.hints) == 1
    assert all("404" in line for line in page.complaints())


def test_no_photo_at_all_leaves_the_desk(page: Page, tmp_path: Path):
    """Of several files that were chosen together: the next is opened."""
    (tmp_path / "no.png").write_bytes(b"no photo at all")
    (tmp_path / "yes.png").write_bytes(picture((60, 40)))
    page.id("file-photo").send_keys("\n".join(str(tmp_path / f"{n}.png") for n in ("no", "yes")))
    wait_for_width(page, 60)
    assert names(page) == ["yes.png"]
    assert all("415" in line for line in page.complaints())


def test_colors_wait_for_a_busy_server_that_has_put_the_photo_away(page: Page):
    worked_on(page)
    forget(page)
    page.js(refuse(503))
    page.point(page.at(30, 50)).click().perform()
    told = away(page)
    assert told.startswith("The server is busy. The picture does not show your last changes")
    assert len(page.hints) == 3
    let_go(page)
    page.settle()
    assert not page.id("away").is_displayed()
    assert all("404" in line for line in page.complaints())


def test_photos_saved_together_lack_the_one_that_fails_and_say_so(page: Page, downloads: Path):
    worked_on(page)
    forget(page)
    paste(page, other=picture((60, 40)))
    wait_for_width(page, 60)
    page.js(refuse(500, "there is no memory for this photo"))
    page.js("document.querySelector('[data-save=all]').click()")
    told = (
        "Saved 1 of 2 photos in photos_color.zip; "
        "missing: “mine.png” (there is no memory for this photo)."
    )
    assert page.toast() == told
    with zipfile.ZipFile(page.saved(downloads, "photos_color*.zip")) as archive:
        assert archive.namelist() == ["other_color.png"]
    assert all("404" in line for line in page.complaints())


def test_photos_saved_together_wait_for_a_server_that_is_too_busy_to_open_one(
    page: Page, downloads: Path
):
    worked_on(page)
    forget(page)
    paste(page, other=picture((60, 40)))
    wait_for_width(page, 60)
    page.js(refuse(503, left="2"))
    page.js("document.querySelector('[data-save=all]').click()")
    told = "The server is busy; “photos_color.zip” is saved as soon as it has time."
    assert page.toast().startswith(told)
    with zipfile.ZipFile(page.saved(downloads, "photos_color*.zip")) as archive:
        assert archive.namelist() == ["mine_color.png", "other_color.png"]
    assert all("404" in line for line in page.complaints())

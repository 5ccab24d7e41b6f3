"""Photos and hints on their way into the page and out of it."""

import base64
import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.photo import images
from tests.demo.browser.page import Page

# Keeps uploads and answers back until the test lets them go.
HOLD = """
    const {fetch} = window, {send} = XMLHttpRequest.prototype;
    window.fetch = (address, options) => !address.endsWith('/colorize') ? fetch(address, options)
        : new Promise((done) => { window.answer = () => done(fetch(address, options)); });
    XMLHttpRequest.prototype.send = function (body) {
        window.upload = this.upload;
        window.letGo = () => send.call(this, body);
    };"""


def picture(size: tuple[int, int], color: tuple[int, int, int] = (150, 90, 60)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def paste(page: Page, **files: bytes) -> None:
    page.js(
        """for (const [name, text] of Object.entries(arguments[0])) {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([bytes], `${name}.png`, {type: 'image/png'}));
            document.body.dispatchEvent(new ClipboardEvent(
                'paste', {clipboardData, bubbles: true, cancelable: true}));
        }""",
        {name: base64.b64encode(data).decode() for name, data in files.items()},
    )


def drag_file(page: Page, path: Path, element: str, drop: bool = True, *others: Path) -> None:
    box = page.id(element).rect
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(p) for p in (path, *others)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop")[: 3 if drop else 2]:
        arguments = {"type": kind, "data": data, **at}
        page.driver.execute_cdp_cmd("Input.dispatchDragEvent", arguments)


def wait_for_width(page: Page, width: int) -> None:
    page.wait(lambda: page.js("return acolvit.photo?.width") == width, "the photo")
    page.settle()


def test_of_two_pasted_photos_the_second_stays(page: Page):
    paste(page, first=picture((50, 40)), second=picture((70, 40)))
    wait_for_width(page, 70)
    assert page.id("photo-name").text == "second.png"
    assert not page.id("progress").is_displayed()


def test_a_file_is_dropped_and_keeps_its_name(page: Page, tmp_path: Path, downloads: Path):
    path = tmp_path / "Holiday in K\N{LATIN SMALL LETTER O WITH DIAERESIS}ln.png"
    path.write_bytes(picture((60, 40)))
    veil = "return document.querySelector('.drop-veil').checkVisibility()"
    drag_file(page, path, "start", drop=False)
    assert page.js(veil) is True
    page.js("document.body.dispatchEvent(new DragEvent('dragleave', {bubbles: true}))")
    assert page.js(veil) is False
    drag_file(page, path, "start")
    wait_for_width(page, 60)
    page.id("save").click()
    page.js("document.querySelector('[data-save=jpeg]').click()")
    saved = page.saved(downloads, "Holiday*.jpg")
    assert saved.stem == f"{path.stem}_color"
    with Image.open(saved) as image:
        assert (image.format, image.size) == ("JPEG", (60, 40))
        drawn = np.asarray(image)[20, 30].tolist()
    np.testing.assert_allclose(drawn, page.seen(20, 30), atol=4)


def test_a_file_dropped_on_the_reference_is_no_new_photo(coffee: Page, tmp_path: Path):
    path = tmp_path / "other.png"
    path.write_bytes(picture((60, 40)))
    photo = coffee.state["photo"]["id"]
    drag_file(coffee, path, "reference")
    coffee.wait(lambda: coffee.id("reference-image").is_displayed(), "the reference")
    assert coffee.state["photo"]["id"] == photo


def test_all_that_is_dropped_arrives_or_is_named(page: Page, tmp_path: Path):
    """A photo with the hints that the page saved, one whose name tells no kind, and a folder."""
    (tmp_path / "a.png").write_bytes(picture((60, 40)))
    (tmp_path / "scan0001").write_bytes(picture((50, 40)))
    hint = {"row": 10, "column": 20, "color": "teal", "size": 2}
    (tmp_path / "a_hints.json").write_text(json.dumps([hint]))
    (tmp_path / "old scans").mkdir()
    (tmp_path / "READ.ME").write_text("of the scans")
    order = ("READ.ME", "a_hints.json", "a.png", "old scans", "scan0001")
    first, *others = [tmp_path / name for name in order]
    drag_file(page, first, "start", True, *others)
    wait_for_width(page, 60)
    page.wait(lambda: "hint" in page.id("toast").text, "the hints")
    page.settle()
    assert [(h["row"], h["column"]) for h in page.hints] == [(10, 20)]
    told = "“old scans” is a folder; take the photos themselves. 1 hint loaded."
    assert page.toast() == told
    assert page.js("return acolvit.photos.map(({ title }) => title)")[:2] == ["a.png", "READ.ME"]
    page.keys(",")
    wait_for_width(page, 50)
    assert page.hints == []


def test_hints_whose_photo_does_not_open_and_several_files_of_hints_are_named(
    coffee: Page, tmp_path: Path
):
    for name in ("b_hints.json", "c_hints.json"):
        (tmp_path / name).write_text('[{"row": 1, "column": 2, "color": "red"}]')
    (tmp_path / "b.png").write_bytes(b"no photo at all")
    drag_file(coffee, tmp_path / "b.png", "stage", True, tmp_path / "b_hints.json")
    told = "“b_hints.json” was not loaded, for “b.png” was not opened."
    coffee.wait(lambda: told in coffee.id("toast").text, "the message")
    drag_file(coffee, tmp_path / "b_hints.json", "stage", True, tmp_path / "c_hints.json")
    told = "“b_hints.json” and “c_hints.json” were not loaded; load one file of hints at a time."
    coffee.wait(lambda: told in coffee.id("toast").text, "the message")
    assert coffee.hints == []
    assert all("415" in line for line in coffee.complaints())


def test_of_pictures_dropped_on_the_reference_one_is_taken(coffee: Page, tmp_path: Path):
    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(picture((60, 40)))
    drag_file(coffee, tmp_path / "one.png", "reference", True, tmp_path / "two.png")
    assert coffee.toast() == "“two.png” was left out; one picture is the reference."
    coffee.wait(lambda: coffee.id("reference-name").text == "one.png", "the reference")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no json", "no JSON"),
        ("{}", "a list"),
        ('[{"row": 1.5, "column": 2, "color": "red"}]', "whole numbers"),
        ('[{"row": 99999, "column": 2, "color": "red"}]', "outside"),
        ('[{"row": 1, "column": 2, "color": "lab:999,0"}]', "lab:A,B"),
        ('[{"row": 1, "column": 2, "color": "red", "reach": "50"}]', "the reach is a number"),
        ('[{"row": 1, "column": 2, "color": "red", "size": "2"}]', "the size is one of"),
    ],
)
def test_a_wrong_file_of_hints_changes_nothing(
    coffee: Page, tmp_path: Path, text: str, complaint: str
):
    path = tmp_path / "hints.json"
    path.write_text(text)
    drag_file(coffee, path, "stage")
    assert complaint in coffee.toast()
    assert coffee.hints == []


def test_a_preview_keeps_grey_and_tells_how_far_the_upload_is(coffee: Page):
    coffee.js(HOLD)
    coffee.point(coffee.at(100, 100)).click().perform()
    paste(coffee, new=picture((50, 40)))
    coffee.wait(lambda: coffee.js("return !!window.letGo"), "the upload")
    assert coffee.id("stage").get_attribute("data-state") == "uploading"
    coffee.js(
        "const facts = {lengthComputable: true, loaded: 1, total: 4};"
        "upload.dispatchEvent(new ProgressEvent('progress', facts))"
    )
    assert coffee.js("return document.getElementById('progress').value") == 0.25
    coffee.js("answer(); answer = null")  # that of the photo before
    coffee.wait(lambda: not coffee.js("return acolvit.busy"), "the late answer")
    assert np.ptp(coffee.seen(20, 25)) == 0
    coffee.id("save").click()
    coffee.js("document.querySelector('[data-save=png]').click()")
    assert "still on its way" in coffee.toast()
    coffee.js("letGo()")
    coffee.wait(lambda: coffee.js("return !!window.answer"), "the new photo")
    coffee.js("answer()")
    coffee.settle()
    assert coffee.hints == []


def test_a_tiff_is_shown_though_the_browser_knows_none(page: Page, tmp_path: Path):
    path = tmp_path / "scan.tif"
    images.write_image(path, np.full((40, 60, 3), (150, 90, 60), np.uint8))
    page.choose_file("file-photo", path)
    wait_for_width(page, 60)
    page.wait(lambda: page.id("reference-add").is_displayed(), "no reference")
    assert page.id("toast").text == ""


def test_without_the_server_the_picture_is_stale_and_catches_up(coffee: Page):
    conditions = {"latency": 0, "throughput": -1}
    before = coffee.state["result"]["id"]
    coffee.driver.set_network_conditions(offline=True, **conditions)
    try:
        coffee.point(coffee.at(100, 100)).click().perform()
        coffee.wait(lambda: coffee.id("away").is_displayed(), "the notice")
        assert "cannot be reached" in coffee.id("away").text
        coffee.point(coffee.at(150, 200)).click().perform()  # work goes on
        coffee.js(
            "window.states = []; const stage = document.getElementById('stage');"
            "new MutationObserver(() => states.push(stage.dataset.state))"
            ".observe(stage, {attributeFilter: ['data-state']})"
        )
        paste(coffee, refused=picture((50, 40)))  # seen for a moment, then the photo before it
        coffee.wait(lambda: coffee.js("return states") == ["uploading", "ready"], "the photo")
        told = coffee.toast()
        assert told == "“refused.png” could not be opened: the server cannot be reached.Try again"
        assert coffee.id("photo-name").text == "Cup of coffee"
        assert np.ptp(coffee.seen(200, 150)) > 4
        assert coffee.id("away").is_displayed()  # lasting, not a line that goes
        assert len(coffee.hints) == 2
    finally:
        coffee.driver.set_network_conditions(offline=False, **conditions)
    coffee.settle()  # nobody did anything
    assert not coffee.id("away").is_displayed()
    assert coffee.state["result"]["id"] != before
    assert len(coffee.hints) == 2
    assert all("ERR_INTERNET" in line for line in coffee.complaints())

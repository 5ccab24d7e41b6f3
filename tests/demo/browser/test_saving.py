"""What one takes home from the page."""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from acolvit_jax.photo import images
from tests.demo.browser.page import Page
from tests.demo.browser.test_desk import kept
from tests.demo.browser.test_files import paste, picture, wait_for_width


def save(page: Page, kind: str) -> None:
    page.id("save").click()
    page.js("document.querySelector(`[data-save=${arguments[0]}]`).click()", kind)


def test_tiff_and_the_color_as_layers(coffee: Page, downloads: Path):
    coffee.click(120, 200)
    save(coffee, "tiff")
    tiff = coffee.saved(downloads, "coffee_color*.tif")
    assert "Saved coffee_color" in coffee.toast()
    save(coffee, "layers")
    layered = coffee.saved(downloads, "coffee_layers*.tif")
    np.testing.assert_array_equal(images.read_image(layered), images.read_image(tiff))
    save(coffee, "layer")
    layer = coffee.saved(downloads, "coffee_layer.png")
    with Image.open(layer) as image:
        assert image.mode == "RGBA"
        assert image.size == images.read_image(tiff).shape[1::-1]


def chunks(png: bytes) -> dict[bytes, bytes]:
    """A PNG's chunks by name."""
    found, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found[png[at + 4 : at + 8]] = png[at + 8 : at + 8 + length]
        at += 12 + length
    return found


@pytest.mark.parametrize(("kind", "name"), [("png", "one_color.png"), ("layer", "one_layer.png")])
def test_a_png_says_that_it_is_srgb(page: Page, downloads: Path, kind: str, name: str):
    out = BytesIO()
    Image.new("RGB", (52, 40), (150, 90, 60)).save(out, "PNG", dpi=(300, 300))
    paste(page, one=out.getvalue())
    wait_for_width(page, 52)
    save(page, kind)
    found = chunks(page.saved(downloads, name).read_bytes())
    label, packed = found[b"iCCP"].split(b"\0", 1)
    assert label
    profile = zlib.decompress(packed[1:])
    ramp = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    opened, srgb = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
    same = ImageCms.profileToProfile(ramp, opened, srgb)
    assert np.abs(np.asarray(same).astype(int) - ramp).max() <= 1
    assert b"sRGB" not in found  # the standard wants one of the two alone
    assert struct.unpack(">IIB", found[b"pHYs"]) == (11_811, 11_811, 1)  # 300 dpi in pixels a meter


def test_jpeg_of_a_transparent_photo_says_what_is_lost(page: Page, downloads: Path):
    out = BytesIO()
    Image.new("RGBA", (52, 40), (150, 90, 60, 99)).save(out, "PNG")
    paste(page, cut=out.getvalue())
    wait_for_width(page, 52)
    save(page, "jpeg")
    page.wait(lambda: "no transparency" in page.id("toast").text, "the message")
    save(page, "png")
    with Image.open(page.saved(downloads, "cut_color.png")) as image:
        assert (np.asarray(image)[..., 3] == 99).all()


def test_all_photos_in_one_file(page: Page, downloads: Path):
    paste(page, one=picture((50, 40)))
    wait_for_width(page, 50)
    page.click(20, 30)
    paste(page, two=picture((60, 40)))
    wait_for_width(page, 60)
    save(page, "all")
    path = page.saved(downloads, "photos_color*.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["one_color.png", "two_color.png"]
        sizes = [Image.open(archive.open(name)).size for name in sorted(archive.namelist())]
    assert sizes == [(50, 40), (60, 40)]


# A server of another model from here on, and what it is asked for.
ANOTHER_MODEL = """
    const { fetch: ask } = window;
    window.budgets = [];
    window.fetch = async (address, options) => {
        if (String(address).endsWith('/colorize')) budgets.push(JSON.parse(options.body).budget);
        const answer = await ask(address, options);
        if (!String(address).endsWith('v1/info')) return answer;
        const info = await answer.json();
        Object.assign(info.model, %s);
        return new Response(JSON.stringify(info));
    };"""


@pytest.mark.parametrize(
    ("model", "budgets"),
    [
        ("{any_budget: false, budget_min: null, budget_max: null, budget_default: null}", [None]),
        ("{budget_min: 0.605, budget_default: 0.8}", [0.605, 0.61]),
    ],
)
def test_a_kept_budget_is_one_that_the_model_takes(
    page: Page, downloads: Path, model: str, budgets: list
):
    for name, width in (("one", 50), ("two", 60)):
        paste(page, **{name: picture((width, 40))})
        wait_for_width(page, width)
        page.click(20, 30)
    kept(page)
    with page.before(ANOTHER_MODEL % model):
        page.visit()
        page.settle()
        save(page, "all")
        assert page.saved(downloads, "photos_color*.zip")
        asked = page.js("return budgets")
    assert len(asked) >= 2
    assert [value for value in asked if value not in budgets] == []


# Answers requests for what an address holds as a busy server would, twice each.
BUSY = """
    const { fetch: ask } = window;
    const left = new Map();
    window.fetch = (address, options) => {
        const kind = ['/colorize', '/results/'].find((part) => String(address).includes(part));
        if (kind && (left.get(kind) ?? 2) > 0) {
            left.set(kind, (left.get(kind) ?? 2) - 1);
            const error = 'the server is busy; try again';
            return Promise.resolve(new Response(JSON.stringify({ error }), { status: 503 }));
        }
        return ask(address, options);
    };"""


def test_saving_waits_for_a_busy_server(page: Page, downloads: Path):
    paste(page, one=picture((50, 40)))
    wait_for_width(page, 50)
    paste(page, two=picture((60, 40)))
    wait_for_width(page, 60)
    page.settle()
    page.js(BUSY)
    save(page, "png")
    assert page.toast().startswith("The server is busy; “two.png” is saved as soon as it has time.")
    assert page.saved(downloads, "two_color.png")
    page.js(BUSY)
    save(page, "all")  # the server is busy for the first photo
    page.wait(
        lambda: "“photos_color.zip” is saved as soon as" in page.id("toast").text, "the message"
    )
    with zipfile.ZipFile(page.saved(downloads, "photos_color*.zip")) as archive:
        assert sorted(archive.namelist()) == ["one_color.png", "two_color.png"]


def test_the_picture_goes_to_the_clipboard(coffee: Page):
    coffee.js(
        "window.copied = null; navigator.clipboard.write = async ([item]) => {"
        "window.copied = (await item.getType('image/png')).size; }"
    )
    save(coffee, "copy")
    coffee.wait(lambda: coffee.js("return window.copied > 10000"), "a picture")
    coffee.wait(lambda: coffee.id("toast").text == "Copied.", "the message")

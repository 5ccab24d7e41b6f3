"""The page without a server, from a plain `python -m http.server` (see docs/web.md)."""

import base64
import functools
import http.server
import io
import json
import shutil
import threading

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("jax2onnx", reason="the site is built in an environment with jax2onnx")

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.convert import main
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.hints.text import hint_of
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.compilation import cache_folder
from acolvit_jax.inference.finish import Finish
from acolvit_jax.photo import images
from tests.demo.browser.driver import browsing, have_browser, resize, until
from tests.demo.browser.page import Page
from tests.models_on_disk import write_model

COFFEE = next(path for path in sample_photos() if path.stem == "coffee")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class Host:
    """A plain web server of a folder, which can be switched off."""

    def __init__(self, folder):
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    options = {"width": VARIANTS["tiny"].width, "num_heads": 3, "patch_size": 16}
    folder = tmp_path_factory.mktemp("model")
    return write_model(folder, any_budget=True, image_size=224, **options)


@pytest.fixture(scope="module")
def site(model, tmp_path_factory):
    if not (shutil.which("npm") or list(cache_folder().glob("onnxruntime-web-*.tgz"))):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("sites") / "site"
    main([str(model), str(folder), "--to=web", "--dtype=float32"])
    return folder


@pytest.fixture
def host(site):
    host = Host(site)
    yield host
    host.stop()


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads):
    if not have_browser():
        pytest.skip("Chromium and its driver are not installed")
    with browsing(downloads=downloads) as driver:
        yield driver


@pytest.fixture
def page(host, browser):
    """The page, its model loaded; every host has another port, and so its own storage."""
    page = Page(browser, host.address)
    page.visit()
    loaded(page)
    yield page
    assert page.complaints() == []


def loaded(page):
    """Waits for the model, which a busy machine takes its time to compile."""
    until(lambda: page.js("return document.querySelector('#progress').hidden"), "the model", 120)


def saved(folder, name):
    path = folder / name
    until(lambda: path.exists() and not list(folder.glob("*.crdownload")), name)
    return path


def test_colors_equal_the_colorizer_s(page, model, downloads):
    page.sample("coffee")
    page.click(100, 120)
    page.js("document.querySelector('#hex').value = '#2060c0'")
    page.js("document.querySelector('#hex').dispatchEvent(new Event('change'))")
    page.settle()
    page.js("document.querySelector('[data-save=png]').click()")
    hints = [hint_of(hint) for hint in page.hints]
    colorizer = Colorizer(*load_pretrained(model), budget=page.state["budget"])
    expected = colorizer(COFFEE, hints)
    seen = images.read_image(saved(downloads, "coffee_color.png")).astype(int)
    assert np.abs(seen - expected.rgb).max() <= 1
    decisions = "".join(str(int(d)) for d in expected.decisions.flat)
    assert page.state["result"]["decisions"] == decisions
    assert page.state["result"]["macs"] == expected.macs


HINTS = [
    {"row": 100, "column": 120, "color": "#c03020", "size": 8},
    {"row": 101, "column": 121, "color": "lab:-30,20", "size": 2},
    {"row": 40, "column": 300, "color": "teal", "size": 2, "reach": 40},
    {"row": 0, "column": 0, "color": "lab:5,-40", "size": 16, "reach": 224},
    {"row": 250, "column": 330, "color": "keep", "size": 2},
    {"row": 200, "column": 60, "color": "keep", "size": 2, "reach": 20},
]


CASES = [
    (HINTS[:1], {"saturation": 1, "warmth": 0}),
    (HINTS, {"saturation": 1, "warmth": 0}),
    (HINTS[3:4], {"saturation": 1.6, "warmth": -0.4}),
    ([], {"saturation": 0.5, "warmth": 1}),
]


def test_hints_of_every_kind_and_finishing_equal_the_colorizer_s(page, model):
    page.driver.set_script_timeout(120)
    encoded = page.module(
        """
        const { createEngine } = await import('./static/engine_local.js');
        const engine = await createEngine();
        const options = { name: 'coffee', onProgress() {}, signal: new AbortController().signal };
        const photo = await engine.open({ sample: 'coffee' }, options);
        const saved = [];
        for (const [hints, finish] of args[0]) {
          const { result } = await engine.colorize(photo, { hints, budget: 0.5 });
          const { blob } = await engine.save(photo, result, 'png', finish);
          const bytes = new Uint8Array(await blob.arrayBuffer());
          saved.push(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
        }
        return saved;""",
        CASES,
    )
    colorizer = Colorizer(*load_pretrained(model), budget=0.5)
    for (hints, finish), png in zip(CASES, encoded, strict=True):
        expected = colorizer(COFFEE, [hint_of(hint) for hint in hints], finish=Finish(**finish))
        seen = images.read_image(base64.b64decode(png)).astype(int)
        assert np.abs(seen - expected.rgb).max() <= 1, (hints, finish)


def test_dragging_and_the_dial_ask_anew(page):
    page.sample("coffee")
    page.click(100, 120)
    first = page.state["result"]["id"]
    page.drag(page.at(100, 120), page.at(200, 220))
    assert page.hints[0]["row"] == pytest.approx(200, abs=3)
    second = page.state["result"]["id"]
    assert second != first
    page.js("const d = document.querySelector('#dial'); d.value = 100;")
    page.js("document.querySelector('#dial').dispatchEvent(new Event('input'))")
    page.settle()
    assert page.state["budget"] == 1
    assert page.state["result"]["id"] != second


def test_it_works_without_a_network_after_the_first_visit(page, host):
    page.wait(lambda: page.js("return navigator.serviceWorker.controller !== null"), "the worker")
    page.wait(
        lambda: page.module(
            "const [name] = await caches.keys(); if (!name) return false;"
            "const cache = await caches.open(name);"
            "return Boolean(await cache.match('model.onnx') && await cache.match('static/main.js'))"
        ),
        "the files",
    )
    host.stop()
    host.stop = lambda: None
    page.visit()
    loaded(page)
    assert page.js("return crossOriginIsolated")  # the service worker isolates: threads
    sample = sorted(path.stem for path in sample_photos())[0]
    image = Image.fromarray(np.full((60, 80, 3), 90, np.uint8))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    page.module(
        "const bytes = Uint8Array.from(args[0]);"
        "const data = new DataTransfer(); data.items.add(new File([bytes], 'own.png'));"
        "const input = document.querySelector('#file-photo'); input.files = data.files;"
        "input.dispatchEvent(new Event('change'))",
        list(buffer.getvalue()),
    )
    page.settle()
    assert page.state["photo"]["width"] == 80, sample


def test_exif_goes_along_upright(page):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Camera", 6
    buffer = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 120, np.uint8)).save(buffer, "JPEG", exif=exif)
    for suffix, kind in (("png", "png"), ("jpg", "jpeg")):
        out = page.module(
            "const {readExif, withExif} = await import('./static/exif.js');"
            "const canvas = new OffscreenCanvas(4, 4); canvas.getContext('2d');"
            "const blob = await canvas.convertToBlob({type: `image/${args[1]}`});"
            "const made = await withExif(blob, readExif(Uint8Array.from(args[0])));"
            "return [...new Uint8Array(await made.arrayBuffer())]",
            list(buffer.getvalue()),
            kind,
        )
        read = Image.open(io.BytesIO(bytes(out))).getexif()
        assert (read[0x010F], read[0x0112]) == ("Camera", 1), suffix


def damaged(site, folder, change):
    """A copy of the site with one change made by `change(folder)`."""
    shutil.copytree(site, folder)
    change(folder)
    return Host(folder)


def cut_short(folder):
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[: len(content) // 2])


def another_version(folder):
    facts = json.loads((folder / "info.json").read_text())
    facts["local"]["format_version"] += 1
    (folder / "info.json").write_text(json.dumps(facts))


def one_byte_off(folder):
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (cut_short, "the model's file is cut short or another; publish the folder again"),
        (another_version, "is of version 2, not 1; publish the folder again"),
        (one_byte_off, "the model's file is damaged; publish the folder again"),
    ],
)
def test_a_model_that_cannot_be_used_is_told_in_one_sentence(
    site, browser, tmp_path, change, sentence
):
    host = damaged(site, tmp_path / "site", change)
    try:
        page = Page(browser, host.address)
        page.visit()
        page.js("document.querySelector('[data-sample=coffee]').click()")
        page.wait(lambda: sentence in toast(page), sentence)
        assert page.state["photo"]["width"]  # the photo is there, and can be worked on
    finally:
        host.stop()


def toast(page):
    return page.js("return document.querySelector('#toast').textContent")


def start_with(browser, script):
    """Has a script run before the page's own; returns what ends that."""
    command = "Page.addScriptToEvaluateOnNewDocument"
    added = browser.execute_cdp_cmd(command, {"source": script})
    return lambda: browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_a_browser_without_simd_is_told_in_one_sentence(host, browser):
    end = start_with(browser, "WebAssembly.validate = () => false;")
    try:
        page = Page(browser, host.address)
        page.visit()
        page.js("document.querySelector('[data-sample=coffee]').click()")
        sentence = "this browser has no WebAssembly SIMD, which coloring needs"
        page.wait(lambda: sentence in toast(page), sentence)
        assert page.state["photo"]["width"]
    finally:
        end()


NO_MEMORY = """
const { prototype } = OffscreenCanvasRenderingContext2D;
const { getImageData } = prototype;
prototype.getImageData = function limited(x, y, width, height) {
  if (width * height > 6e6) throw new RangeError('Out of memory at ImageData creation');
  return getImageData.call(this, x, y, width, height);
};
"""


def little_memory(folder):
    worker = folder / "static" / "local_worker.js"
    worker.write_text(worker.read_text() + NO_MEMORY)


def test_without_memory_for_a_photo_the_others_go_on(site, browser, tmp_path):
    host = damaged(site, tmp_path / "site", little_memory)
    large = tmp_path / "large.png"
    Image.fromarray(np.full((2400, 3000, 3), 90, np.uint8)).save(large)
    try:
        page = Page(browser, host.address)
        page.visit()
        page.choose_file("file-photo", large)
        sentence = "this photo needs more memory than the browser gives"
        page.wait(lambda: sentence in toast(page), sentence)
        assert page.state["photo"]["width"] == 3000  # in grey
        page.visit()
        page.js("document.querySelector('[data-sample=coffee]').click()")
        page.settle()
        assert page.state["result"]["id"]
    finally:
        host.stop()


def test_a_host_without_isolation_has_one_thread_and_colors(host, browser):
    end = start_with(
        browser, "Object.defineProperty(navigator, 'serviceWorker', { value: undefined });"
    )
    try:
        page = Page(browser, host.address)
        page.visit()
        page.sample("coffee")
        assert page.js("return crossOriginIsolated") is False
    finally:
        end()


def test_a_page_of_a_phone_s_size(page):
    try:
        resize(page.driver, (390, 844), 3)
        page.visit()
        page.sample("coffee")
        page.click(100, 120)
        assert len(page.hints) == 1
        box = page.js(
            "const { x, y, width, height } = document.querySelector('#stage')"
            ".getBoundingClientRect(); return { x, y, width, height }"
        )
        assert box["width"] > 300
        assert box["height"] > 200
        assert page.js("return document.documentElement.scrollWidth") <= 390
    finally:
        resize(page.driver, (1280, 720))


def test_nothing_is_fetched_from_elsewhere(site):
    listed = json.loads((site / "site.js").read_text().split("=", 1)[1].rstrip().rstrip(";"))
    assert "model.onnx" in listed["files"]
    index = (site / "index.html").read_text()
    assert "default-src 'none'" in index
    assert "http:" not in index.replace("http-equiv", "")
    assert "https:" not in index

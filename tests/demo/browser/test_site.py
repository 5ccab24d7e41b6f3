"""The page without a server, from a plain `python -m http.server` (see docs/web.md)."""

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
from acolvit_jax.hints import Hint
from acolvit_jax.hints.text import parse_color
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.inference.compilation import cache_folder
from acolvit_jax.photo import images
from tests.demo.browser.driver import browsing, have_browser, until
from tests.demo.browser.page import Page
from tests.models_on_disk import write_model


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


@pytest.fixture
def page(host, tmp_path):
    if not have_browser():
        pytest.skip("Chromium and its driver are not installed")
    with browsing(downloads=tmp_path) as driver:
        page = Page(driver, host.address)
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


def test_colors_equal_the_colorizer_s(page, model, tmp_path):
    page.sample("coffee")
    page.click(100, 120)
    page.js("document.querySelector('#hex').value = '#2060c0'")
    page.js("document.querySelector('#hex').dispatchEvent(new Event('change'))")
    page.settle()
    page.js("document.querySelector('[data-save=png]').click()")
    # In the browser hints go to the model alone.
    hints = [Hint(h["row"], h["column"], parse_color(h["color"]), reach=224.0) for h in page.hints]
    photo = next(path for path in sample_photos() if path.stem == "coffee")
    colorizer = Colorizer(*load_pretrained(model), budget=page.state["budget"])
    expected = colorizer(photo, hints, exact_hints=False)
    seen = images.read_image(saved(tmp_path, "coffee_color.png")).astype(int)
    assert np.abs(seen - expected.rgb).max() <= 1
    decisions = "".join(str(int(d)) for d in expected.decisions.flat)
    assert page.state["result"]["decisions"] == decisions
    assert page.state["result"]["macs"] == expected.macs


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


def test_exif_goes_along_upright(page, tmp_path):
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


def test_a_model_file_that_is_cut_short_is_told_in_one_sentence(site, tmp_path):
    if not have_browser():
        pytest.skip("Chromium and its driver are not installed")
    broken = tmp_path / "broken"
    shutil.copytree(site, broken)
    content = (broken / "model.onnx").read_bytes()
    (broken / "model.onnx").write_bytes(content[: len(content) // 2])
    host = Host(broken)
    try:
        with browsing() as driver:
            page = Page(driver, host.address)
            page.visit()
            page.js("document.querySelector('[data-sample=coffee]').click()")
            toast = lambda: page.js("return document.querySelector('#toast').textContent")  # noqa: E731
            page.wait(lambda: "cut short" in toast(), "the sentence")
    finally:
        host.stop()


def test_nothing_is_fetched_from_elsewhere(site):
    listed = json.loads((site / "site.js").read_text().split("=", 1)[1].rstrip().rstrip(";"))
    assert "model.onnx" in listed["files"]
    index = (site / "index.html").read_text()
    assert "default-src 'none'" in index
    assert "http:" not in index.replace("http-equiv", "")
    assert "https:" not in index

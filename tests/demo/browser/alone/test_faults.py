"""What stands in the way of the page without a server is told in one sentence."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("jax2onnx", reason="the site is built in an environment with jax2onnx")

from tests.demo.browser.alone.hosting import Host
from tests.demo.browser.page import Page

WITHOUT_SERVICE_WORKER = "Object.defineProperty(navigator, 'serviceWorker', {});"


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


def lost(path):
    path.unlink()


def of_another_build(path):
    path.write_text(path.read_text().replace("export class", "class"))


@pytest.mark.parametrize(
    ("name", "change"), [("zip", lost), ("zip", of_another_build), ("engine_local", lost)]
)
def test_a_page_that_lacks_a_part_says_so_and_loads_itself_again(
    site, browser, tmp_path, name, change
):
    part = f"static/{name}.js"
    host = damaged(site, tmp_path / "site", lambda folder: change(folder / part))
    try:
        page = Page(browser, host.address)
        page.driver.get(page.address)
        page.wait(lambda: page.id("no-start").is_displayed(), "the notice")
        assert page.id("no-start-what").text == "A part of this page did not come."
        (tmp_path / "site" / part).write_bytes((site / part).read_bytes())
        page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})  # it knows files by the second
        page.id("no-start-retry").click()
        page.wait(lambda: page.js("return document.body.dataset.ready"), "the page")
        assert not page.id("no-start").is_displayed()
    finally:
        host.stop()


def toast(page):
    return page.js("return document.querySelector('#toast').textContent")


def test_a_browser_without_simd_is_told_in_one_sentence(host, browser):
    page = Page(browser, host.address)
    with page.before("WebAssembly.validate = () => false;"):
        page.visit()
        page.js("document.querySelector('[data-sample=coffee]').click()")
        sentence = "this browser has no WebAssembly SIMD, which coloring needs"
        page.wait(lambda: sentence in toast(page), sentence)
        assert page.state["photo"]["width"]


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
    page = Page(browser, host.address)
    with page.before(WITHOUT_SERVICE_WORKER):
        page.visit()
        page.sample("coffee")
        assert page.js("return crossOriginIsolated") is False
        note = "Coloring has one thread: the host sends no isolation headers."
        assert page.js("return document.querySelector('#engine-note').textContent") == note


def away(page):
    return page.js("return document.querySelector('#away-what').textContent")


@pytest.mark.parametrize(
    "name", ["model.onnx", "static/ort/ort.wasm.min.mjs", "static/ort/ort-wasm-simd-threaded.wasm"]
)
def test_a_connection_that_breaks_while_the_model_loads_is_made_anew(host, browser, name):
    host.breaking.add(name)
    page = Page(browser, host.address)
    with page.before(WITHOUT_SERVICE_WORKER):
        page.visit()
        page.js("document.querySelector('[data-sample=coffee]').click()")
        told = "The connection broke while the model was loaded. Colors come as soon as they can."
        page.wait(lambda: away(page) == told, told)
        assert page.state["photo"]["width"]  # in grey
        host.breaking.clear()
        page.driver.set_script_timeout(120)
        page.settle()  # nobody did anything
        assert away(page) == ""
        page.click(100, 120)
        assert len(page.hints) == 1
    page.complaints()  # of the broken connection


END = """
const end = new BroadcastChannel('end');
end.onmessage = () => { end.postMessage(null); throw new Error('the end'); };
"""


def mortal(folder):
    worker = folder / "static" / "local_worker.js"
    worker.write_text(worker.read_text() + END)


def test_a_worker_that_died_is_started_anew(site, browser, tmp_path):
    host = damaged(site, tmp_path / "site", mortal)
    try:
        page = Page(browser, host.address)
        page.visit()
        page.driver.set_script_timeout(120)
        page.sample("coffee")
        page.click(100, 120)
        first = page.state["photo"]["id"]
        page.module(
            "const end = new BroadcastChannel('end'); end.postMessage(null);"
            "await new Promise((done) => { end.onmessage = done; })"
        )
        page.point(page.at(200, 120)).click().perform()
        page.wait(lambda: page.state["photo"]["id"] != first, "another worker's photo")
        page.settle()
        assert len(page.hints) == 2
        page.js("document.querySelector('[data-sample=bee]').click()")
        page.settle()
        assert page.state["photo"]["name"] == "bee"
    finally:
        host.stop()


def stillborn(folder):
    worker = folder / "static" / "local_worker.js"
    worker.write_text(f"{worker.read_text()}\nthrow new Error('never');")


def test_a_worker_that_cannot_run_is_told_in_one_sentence_each_time(site, browser, tmp_path):
    host = damaged(site, tmp_path / "site", stillborn)
    try:
        page = Page(browser, host.address)
        page.visit()
        sentence = "the part that colors stopped, or cannot run in this browser"
        for name in ("coffee", "bee"):
            button = f"document.querySelector('[data-sample={name}]')"
            title = page.js(f"return {button}.textContent")
            page.js(f"{button}.click()")
            told = f"“{title}” could not be opened: {sentence}."
            page.wait(lambda told=told: toast(page).startswith(told), told)
    finally:
        host.stop()

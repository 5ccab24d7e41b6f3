"""Working on the page without a server (see docs/web.md)."""

import io
import json

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("jax2onnx", reason="the site is built in an environment with jax2onnx")

from tests.demo.browser.alone.hosting import loaded
from tests.demo.browser.driver import resize


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
    assert page.state["photo"]["width"] == 80


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

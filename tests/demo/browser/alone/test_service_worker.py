"""What the service worker keeps, and what it sends with what it has kept."""

import json
import shutil

import pytest

pytest.importorskip("jax2onnx", reason="the site is built in an environment with jax2onnx")

from acolvit_jax.demo.site import POLICY
from tests.demo.browser.alone.hosting import Host, loaded
from tests.demo.browser.driver import serving, until
from tests.demo.browser.page import Page


@pytest.fixture
def folder(site, tmp_path):
    """A copy of the site, to be changed."""
    return shutil.copytree(site, tmp_path / "site")


@pytest.fixture
def copy(folder, browser):
    """The page of the copy, which its service worker controls."""
    host = Host(folder)
    page = Page(browser, host.address)
    page.host = host
    page.visit()
    yield page
    page.driver.get("about:blank")
    host.stop()


def controlled(page):
    """Waits for the model and then, as long, for the files to be kept."""
    loaded(page)
    until(lambda: page.js("return navigator.serviceWorker.controller !== null"), "the worker", 120)


def text_of(page, name):
    return page.module("return (await fetch(args[0])).text()", name)


def build_of(folder):
    return json.loads((folder / "site.js").read_text().split("=", 1)[1].rstrip().rstrip(";"))


def publish_anew(folder, build):
    """Another build, whose files say so."""
    facts = build_of(folder) | {"build": build}
    (folder / "site.js").write_text(f"self.SITE = {json.dumps(facts)};\n")
    for name in ("static/local_worker.js", "static/main.js"):
        path = folder / name
        path.write_text(f"{path.read_text()}\n// {build}\n")


PROBE = """
try {
  const { status } = await fetch('%s');
  new BroadcastChannel('probe').postMessage(`reached ${status}`);
} catch {
  new BroadcastChannel('probe').postMessage('refused');
}
"""


def probed(page):
    """Whether the worker reaches another host; it tries when it starts."""
    listen = "new BroadcastChannel('probe').onmessage = ({ data }) => { window.probed = data; };"
    with page.before(listen):
        page.visit()
        return page.wait(lambda: page.js("return window.probed"), "the worker's try")


def test_the_worker_reaches_no_other_host(site, browser, tmp_path):
    elsewhere = Host(tmp_path, {"Access-Control-Allow-Origin": "*"})
    (tmp_path / "there.txt").write_text("there")
    folder = shutil.copytree(site, tmp_path / "site")
    worker = folder / "static" / "local_worker.js"
    worker.write_text(worker.read_text() + PROBE % f"{elsewhere.address}there.txt")
    host = Host(folder)
    page = Page(browser, host.address)
    try:
        assert probed(page) == "refused"  # at the first visit
        controlled(page)
        assert probed(page) == "refused"
        for name in ("./", "static/local_worker.js", "static/ort/ort-wasm-simd-threaded.mjs"):
            sent = "return (await fetch(args[0])).headers.get('Content-Security-Policy')"
            assert page.module(sent, name) == POLICY
        loaded(page)  # it may do all that it needs
        page.sample("coffee")
        page.complaints()  # of what the policy has refused
    finally:
        page.driver.get("about:blank")
        host.stop()
        elsewhere.stop()


def publish_and_fetch(page, folder):
    """Another build, which the browser has fetched and which waits."""
    controlled(page)
    publish_anew(folder, "anew")
    page.module("await (await navigator.serviceWorker.getRegistration()).update()")
    waits = "return Boolean((await navigator.serviceWorker.getRegistration()).waiting)"
    until(lambda: page.module(waits), "the new build", 120)


def is_anew(page):
    files = ("static/main.js", "static/local_worker.js")
    found = {"anew" in text_of(page, name) for name in files}
    assert len(found) == 1  # never of both
    return found.pop()


def test_a_new_build_is_the_next_page_s_and_leaves_other_caches_alone(copy, folder):
    copy.module("await caches.open('of another site'); await caches.open('http://other/ 1')")
    publish_and_fetch(copy, folder)
    assert not is_anew(copy)
    copy.visit()
    copy.wait(lambda: is_anew(copy), "the new build")
    loaded(copy)
    names = copy.module("return caches.keys()")
    assert sorted(names) == sorted(["http://other/ 1", "of another site", f"{copy.address} anew"])


def test_a_new_build_waits_while_other_pages_of_the_old_one_are_open(copy, folder, browser):
    publish_and_fetch(copy, folder)
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    copy.visit()
    loaded(copy)
    assert not is_anew(copy)
    browser.close()
    browser.switch_to.window(first)
    assert not is_anew(copy)
    assert any(visited_is_anew(copy) for _ in range(3))


def visited_is_anew(page):
    """Whether a page that begins now is of the new build: one just closed may count as open."""
    page.visit()
    return is_anew(page)


def test_other_sites_below_it_are_none_of_its_business(copy, folder):
    (folder / "blog").mkdir()
    (folder / "blog" / "index.html").write_text("another")
    controlled(copy)
    copy.driver.get(f"{copy.address}blog/")
    assert copy.js("return navigator.serviceWorker.controller !== null")
    assert copy.js("return document.body.textContent") == "another"
    policy = "return (await fetch('./')).headers.get('Content-Security-Policy')"
    assert copy.module(policy) is None
    assert copy.module("return Boolean(await caches.match('./'))") is False


def test_a_server_under_the_same_address_takes_its_place(copy):
    controlled(copy)
    copy.module("await caches.open('of another site')")
    copy.host.stop()
    copy.host.stop = lambda: None
    with serving("--port", str(copy.host.server.server_port)):
        copy.visit()  # the page that was kept
        engine = "return document.querySelector('meta[name=engine]')?.content"
        until(lambda: copy.js(engine) == "./engine_http.js", "the server's page", 120)
        gone = "return !await navigator.serviceWorker.getRegistration()"
        until(lambda: copy.module(gone), "the end of the worker", 60)
        assert copy.module("return caches.keys()") == ["of another site"]


def test_without_room_a_photo_is_shown_and_not_kept(folder, browser):
    worker = folder / "service_worker.js"
    full = "Cache.prototype.put = () => Promise.reject(new DOMException('', 'QuotaExceededError'));"
    worker.write_text(f"{full}\n{worker.read_text()}")
    host = Host(folder)
    page = Page(browser, host.address)
    try:
        page.visit()
        controlled(page)
        page.sample("coffee")
        kept = "return Boolean(await caches.match('samples/coffee.jpg'))"
        assert page.module(kept) is False
        assert page.module("return Boolean(await caches.match('model.onnx'))") is True
    finally:
        page.driver.get("about:blank")
        host.stop()


def test_a_sample_that_was_not_opened_before_needs_a_network(page, host):
    controlled(page)
    page.sample("coffee")
    host.stop()
    host.stop = lambda: None
    page.visit()
    page.sample("coffee")
    page.js("document.querySelector('[data-sample=bee]').click()")
    sentence = "without a network there are only the samples that were opened before."
    page.wait(lambda: sentence in page.id("toast").text, sentence)
    assert page.state["photo"]["name"] == "coffee"
    assert all("ERR_" in line for line in page.complaints())

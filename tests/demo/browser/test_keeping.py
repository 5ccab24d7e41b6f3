"""What a tab writes to the browser's storage, with room or without."""

from pathlib import Path

import pytest

from tests.demo.browser.page import Page
from tests.demo.browser.tabs import bee_is_offered, close_tab, offered, stored
from tests.demo.browser.test_desk import kept, names
from tests.demo.browser.test_files import paste, picture, wait_for_width
from tests.demo.browser.test_opening import HOLD_UPLOAD

# Writes fail while `full`, and are counted by store.
WATCH = """
    window.full = %s;
    window.puts = [];
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (record) {
        puts.push(this.name);
        if (full && this.name === 'photos') throw new DOMException('full', 'QuotaExceededError');
        return put.call(this, record);
    };"""
# The second file is written for ever.
HANG = """
    window.files = 0;
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (record) {
        if (this.name === 'photos' && ++files === 2) {
            this.transaction.commit = () => {};
            const more = () => { this.count().onsuccess = more; };
            more();
        }
        return put.call(this, record);
    };"""
# A desk with one photo as the database's first version has it.
OLDER = """
    const removal = indexedDB.deleteDatabase('acolvit');
    await new Promise((done) => { removal.onsuccess = done; });
    const open = indexedDB.open('acolvit', 1);
    open.onupgradeneeded = () => {
        for (const name of ['desks', 'photos', 'work']) {
            open.result.createObjectStore(name, { keyPath: 'id' });
        }
    };
    const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
    const writing = database.transaction(['desks', 'photos'], 'readwrite');
    const thumbnail = new Blob(['small'], { type: 'image/webp' });
    const photo = { id: 'p', title: 'old', source: { sample: 'bee' }, thumbnail };
    writing.objectStore('photos').put(photo);
    writing.objectStore('desks').put({ id: 'd', photos: ['p'], current: 'p', changed: 1 });
    await new Promise((done) => { writing.oncomplete = done; });
    database.close();
    sessionStorage.clear();"""
# The page's database opens when the test says so.
HOLD_STORAGE = """
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...args) {
        IDBFactory.prototype.open = open;
        const later = {};
        window.openStorage = () => {
            const request = open.apply(this, args);
            request.onsuccess = () => {
                later.result = request.result;
                later.onsuccess();
            };
        };
        return later;
    };"""
REMOVE_FILE = """
    const open = indexedDB.open('acolvit');
    const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
    const photos = database.transaction('photos', 'readwrite').objectStore('photos');
    const removal = photos.delete(args[0]);
    await new Promise((done) => { removal.onsuccess = done; });
    database.close();"""
ASKS = """
    const event = new Event('beforeunload', { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;"""


def open_watched(page: Page, *, full: str):
    """Pastes a photo on a page whose writings are watched; `full` storage takes no photo."""
    with page.before(WATCH % full):
        page.visit()
    paste(page, mine=picture((70, 40)))
    wait_for_width(page, 70)


def test_without_room_the_page_asks_before_it_is_left_and_tries_again(page: Page):
    open_watched(page, full="true")
    page.click(20, 30)
    page.wait(lambda: not page.js("return acolvit.kept"), "the failure")
    page.js("puts.length = 0")
    page.keys("4")  # another record, which can be written
    page.wait(lambda: "work" in page.js("return puts"), "the writing")
    assert page.js(ASKS)
    page.sample("coffee")  # without any hint
    assert page.js(ASKS)
    page.js("full = false")
    page.keys("3")
    page.wait(lambda: page.js("return acolvit.kept"), "the writing")
    kept(page)
    assert not page.js(ASKS)
    page.visit()
    page.settle()
    assert names(page) == ["mine.png", "Cup of coffee"]
    page.keys(",")
    wait_for_width(page, 70)
    assert len(page.hints) == 1


@pytest.mark.parametrize("there", [True, False])
def test_a_photo_chosen_before_the_kept_ones_are_read_is_not_lost(page: Page, there: bool):
    """Whether it is there by then or on its way."""
    page.sample("bee")
    page.click(100, 100)
    kept(page)
    with page.before(HOLD_STORAGE):
        page.driver.get(page.address)
    page.wait(lambda: page.js("return document.querySelector('.sample')"), "the samples")
    if not there:
        page.js(HOLD_UPLOAD)
    paste(page, mine=picture((70, 40)))
    if there:
        page.wait(lambda: page.id("photo-size").text.startswith("70 "), "the photo")
    else:
        page.wait(lambda: page.js("return !!window.letGo"), "the upload")
    page.js("openStorage()")
    page.wait(lambda: page.js("return document.body.dataset.ready"), "the page")
    if not there:
        page.js("letGo()")
    wait_for_width(page, 70)
    assert sorted(names(page)) == ["Bee at a quince blossom", "mine.png"]
    kept(page)
    page.visit()
    wait_for_width(page, 70)


def test_that_nothing_is_kept_is_told_once(page: Page):
    open_watched(page, full="true")
    told = (
        "This browser cannot keep your work, maybe for lack of room. "
        "Save your results before you leave the page."
    )
    assert page.toast() == told
    page.js("document.getElementById('toast').replaceChildren(); puts.length = 0;")
    page.click(20, 30)
    page.wait(lambda: "photos" in page.js("return puts"), "another try")
    page.settle()
    assert page.id("toast").text == ""


def test_what_was_written_before_the_page_went_is_offered_and_forgotten(page: Page, tmp_path: Path):
    paths = [tmp_path / "one.png", tmp_path / "two.png"]
    for path in paths:
        path.write_bytes(picture((70, 40)))
    with page.before(HANG):
        page.visit()
        page.id("file-photo").send_keys("\n".join(map(str, paths)))
        wait_for_width(page, 70)
        page.wait(lambda: page.js("return files") == 2, "the second file")
        assert not page.js("return acolvit.kept")
    page.js("sessionStorage.clear()")
    page.visit()
    assert offered(page) == "one.png, 0 hints"
    page.id("continue-forget").click()
    assert page.js("return document.activeElement.id") == "start"
    page.wait(lambda: not any(stored(page).values()), "nothing")


def test_a_desk_of_which_no_file_was_written_hides_no_other(page: Page):
    bee_is_offered(page)
    with page.before(WATCH % "true"):
        page.visit()
        page.sample("chelsea")
        page.click(100, 100)
        page.wait(lambda: len(stored(page)["work"]) == 2, "the work")
    page.js("sessionStorage.clear()")
    page.visit()
    assert offered(page) == "Bee at a quince blossom, 1 hint"
    page.wait(lambda: len(stored(page)["work"]) == 1, "the rest's removal")


def test_a_file_is_written_once_and_its_small_picture_beside_it(page: Page):
    open_watched(page, full="false")
    count = "return puts.filter((name) => name === 'thumbnails').length"
    for column in (20, 50):
        before = page.js(count)
        page.click(20, column)
        page.wait(lambda before=before: page.js(count) > before, "the small picture")
    assert page.js("return puts.filter((name) => name === 'photos').length") == 1
    close_tab(page)
    assert page.id("continue-picture").is_displayed()


def test_a_small_picture_that_an_older_page_kept_is_shown(page: Page):
    """It lies in the photo's record, in a database without the store for small pictures."""
    page.driver.get(page.address + "v1/info")
    page.module(OLDER)
    page.visit()
    assert offered(page) == "old, 0 hints"
    assert page.id("continue-picture").is_displayed()


def test_an_opening_that_is_undone_at_once_leaves_no_work_behind(page: Page):
    page.sample("coffee")
    page.sample("bee")
    page.click(100, 100)
    page.js("const undo = document.getElementById('undo'); undo.click(); undo.click();")
    page.wait(lambda: page.js("return acolvit.photo?.name") == "coffee", "the photo before")
    page.settle()
    kept(page)
    page.wait(lambda: len(stored(page)["photos"]) == 1, "the removal")
    assert set(stored(page)["work"]) <= set(stored(page)["photos"])


def test_work_on_a_photo_without_a_file_goes_with_its_desk(page: Page):
    """Another tab takes the desk up."""
    page.sample("bee")
    page.click(100, 100)
    page.sample("coffee")
    page.click(100, 100)
    close_tab(page)
    lost = stored(page)["desks"][0][1]
    page.module(REMOVE_FILE, lost)
    page.visit()
    assert offered(page) == "Bee at a quince blossom, 1 hint"
    assert lost in stored(page)["work"]
    page.id("continue-go").click()
    page.settle()
    page.wait(lambda: lost not in stored(page)["work"], "the removal")
    assert len(stored(page)["work"]) == len(page.hints) == 1

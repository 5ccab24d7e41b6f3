"""Saving with an engine that is busy or away, and while another photo is opened."""

import pytest

from tests.demo.browser.fake_engine import on_desk
from tests.demo.browser.page import Page

# What is under way for photo a when b is opened.
COLORS_UNDER_WAY = """
    const go = hold('colorize');
    session.ask(wish('green'));
    work.a = 'green';
    const saved = saving.save(args[0]);"""
BUSY_FOR_COLORS = """
    fails.colorize = Array(30).fill('busy');
    session.ask(wish('green'));
    work.a = 'green';
    await until(() => session.away);
    const saved = saving.save(args[0]);
    const go = () => { fails.colorize = []; };"""
PUT_AWAY = """
    work.a = 'green';
    session.ask(wish('green'));
    await session.queue.settled();
    fails.save = ['gone'];
    const go = hold('colorize');
    const saved = saving.save(args[0]);
    await until(() => session.queue.busy);"""


@pytest.mark.parametrize("under_way", [COLORS_UNDER_WAY, BUSY_FOR_COLORS, PUT_AWAY])
def test_the_photo_that_was_looked_at_is_saved(page: Page, under_way: str):
    got = on_desk(
        page,
        f"await look(a);{under_way}"
        "await session.open(b);"
        "await until(() => session.item === b);"
        "go();"
        "await saved;",
        "png",
    )
    assert got["files"] == [["a_color.png", "a a green png 0.5"]]
    assert got["said"][-1] == "Saved a_color.png, 4 x 3."
    assert not got["saving"]


@pytest.mark.parametrize("under_way", [COLORS_UNDER_WAY, BUSY_FOR_COLORS, PUT_AWAY])
def test_every_photo_is_saved_while_another_is_opened(page: Page, under_way: str):
    got = on_desk(
        page,
        f"await look(b); await look(a);{under_way}await session.open(b); go(); await saved;",
        "all",
    )
    ((name, content),) = got["files"]
    assert name == "photos_color.zip"
    assert content.count("a_color.png") == content.count("b_color.png") == 2  # and in the list
    assert "a a green png 0.5" in content
    assert "b b blue png 2" in content
    assert got["said"][-1] == "Saved 2 photos in photos_color.zip."


@pytest.mark.parametrize("format", ["png", "all"])
def test_what_has_no_colors_is_asked_for_once_more_and_not_saved(page: Page, format: str):
    """The picture before is no answer to the last changes."""
    got = on_desk(
        page,
        "await look(a);"
        "fails.colorize = ['refused', 'refused'];"
        "session.ask(wish('green'));"
        "await session.queue.settled();"
        "desk.remove(b);"
        "await saving.save(args[0]);"
        "const none = files.length;"
        "await saving.save(args[0]);"
        "said.push(none);",
        format,
    )
    why = "there are no colors for your last changes: there is no memory for it"
    one, all_ = f"“a” was not saved: {why}.", f"“photos_color.zip” was not saved: “a” ({why})."
    assert got["said"][0] == (one if format == "png" else all_)
    assert got["said"][-1] == 0
    ((_, content),) = got["files"]
    assert "a a green png 0.5" in content


def test_a_busy_engine_that_was_noticed_is_waited_for(page: Page):
    got = on_desk(
        page,
        "await look(a);"
        "fails.colorize = Array(5).fill('busy');"
        "session.ask(wish('green'));"
        "await until(() => session.away);"
        "await saving.save('png');",
    )
    assert got["said"] == [
        "The server is busy; “a” is saved as soon as it has time.",
        "Saved a_color.png, 4 x 3.",
    ]
    assert got["files"] == [["a_color.png", "a a green png 0.5"]]


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_an_engine_that_is_away_is_not_waited_for(page: Page, when: str):
    noticed = "await until(() => session.away);" if when == "before" else ""
    got = on_desk(
        page,
        "await look(a);"
        "fails.colorize = Array(50).fill('unreachable');"
        f"session.ask(wish('green'));{noticed}"
        "await saving.save('png');",
    )
    wanted = "“a” was not saved: the server cannot be reached; try again later."
    assert got["said"] == [wanted]
    assert got["files"] == []
    assert not got["saving"]


BUSY = "The server is busy; “a” is saved as soon as it has time."


@pytest.mark.parametrize(("after", "calls", "told"), [("null", 19, 8), ("30_000", 5, 4)])
def test_a_busy_engine_is_waited_for_two_minutes(page: Page, after: str, calls: int, told: int):
    """In waits of 0.5, 1, 2, 4 and 8 s, or as it asks for; told after every 15 s of them."""
    got = on_desk(
        page,
        "await look(a);"
        "log.length = 0;"
        f"fails.after = {after};"
        "fails.save = Array(99).fill('busy');"
        "await saving.save('png');",
    )
    assert got["log"] == ["save a"] * calls
    gave_up = "“a” was not saved: the server is busy; try again later."
    assert got["said"] == [BUSY] * told + [gave_up]
    assert not got["saving"]


@pytest.mark.parametrize("fails", ["fails.save = Array(99).fill('busy')", "hold('save')"])
def test_a_person_ends_the_waiting(page: Page, fails: str):
    """Between tries, or while one is answered slowly."""
    got = on_desk(
        page,
        "await look(a);"
        "fails.save = ['busy'];"
        "const saved = saving.save('png');"
        "await until(() => toast.querySelector('button'));"
        f"{fails};"
        "const calls = log.length;"
        "await until(() => log.length > calls);"
        "toast.querySelector('button').click();"
        "await saved;",
    )
    assert got["said"] == [BUSY, "“a” was not saved: you stopped it."]
    assert not got["saving"]


def test_a_person_ends_what_is_on_its_way(page: Page):
    """Who asks for a second file is offered to."""
    got = on_desk(
        page,
        "await look(a);"
        "hold('save');"
        "const saved = saving.save('png');"
        "await saving.save('png');"
        "toast.querySelector('button').click();"
        "await saved;",
    )
    assert got["said"] == ["A file is still on its way.", "“a” was not saved: you stopped it."]
    assert got["files"] == []
    assert not got["saving"]


def test_a_person_who_ends_the_waiting_keeps_what_was_made(page: Page):
    got = on_desk(
        page,
        "await look(a);"
        "fails.open = Array(99).fill('busy');"
        "const saved = saving.save('all');"
        "await until(() => toast.querySelector('button'));"
        "toast.querySelector('button').click();"
        "await saved;",
    )
    assert got["said"][-1] == (
        "Saved 1 of 2 photos in photos_color.zip; missing: “b” (you stopped it)."
    )
    ((_, content),) = got["files"]
    assert "a a red png 0.5" in content


def test_a_copy_that_waits_is_called_one(page: Page):
    got = on_desk(
        page,
        "navigator.clipboard.write = async ([item]) => { await item.getType('image/png'); };"
        "await look(a);"
        "fails.save = ['busy'];"
        "await saving.save('copy');"
        "fails.save = ['refused'];"
        "await saving.save('copy');",
    )
    assert got["said"] == [
        "The server is busy; “a” is copied as soon as it has time.",
        "Copied.",
        "“a” was not copied: there is no memory for it.",
    ]


@pytest.mark.parametrize("kind", ["busy", "unreachable"])
@pytest.mark.parametrize("method", ["open", "colorize", "save"])
def test_all_photos_wait_for_an_engine_that_comes_back(page: Page, method: str, kind: str):
    """For the second one; the first is saved before."""
    first = "null, " if method == "save" else ""
    got = on_desk(
        page,
        "await look(a);"
        "b.work = { wishes: wish('blue'), finish: { saturation: 2 } };"
        f"fails.{method} = [{first}'{kind}', '{kind}'];"
        "await saving.save('all');",
    )
    assert got["said"] == [
        "The server is busy; “photos_color.zip” is saved as soon as it has time."
        if kind == "busy"
        else "The server cannot be reached; “photos_color.zip” is saved as soon as it answers.",
        "Saved 2 photos in photos_color.zip.",
    ]
    ((_, content),) = got["files"]
    assert "a a red png 0.5" in content
    assert "b b blue png 2" in content


def test_what_was_made_is_saved_when_an_engine_does_not_come_back(page: Page):
    got = on_desk(
        page,
        "await look(a);"
        "desk.lay(makeItem({ sample: 'b' }, 'c'));"
        "fails.open = Array(99).fill('unreachable');"
        "await saving.save('all');",
    )
    assert got["said"][-1] == (
        "Saved 1 of 3 photos in photos_color.zip; "
        "missing: “b”, “c” (the server cannot be reached; try again later)."
    )
    ((_, content),) = got["files"]
    assert "a a red png 0.5" in content
    assert not got["saving"]


def test_no_file_without_any_photo(page: Page):
    got = on_desk(
        page,
        "await look(a); fails.save = ['refused']; fails.open = ['refused'];"
        "await saving.save('all');",
    )
    assert got["files"] == []
    assert got["said"] == [
        "“photos_color.zip” was not saved: "
        "“a” (there is no memory for it), “b” (there is no memory for it)."
    ]


@pytest.mark.parametrize("fails", ["'gone'", "'busy', 'gone'"])
@pytest.mark.parametrize("looked_at", ["a", "b"])
def test_what_was_put_away_is_made_anew(page: Page, looked_at: str, fails: str):
    """The photo that is looked at, and one that is not."""
    other = "a" if looked_at == "b" else "b"
    got = on_desk(
        page,
        f"await look({other}); await look({looked_at});"
        f"fails.save = [{fails}];"
        "await saving.save('all');",
    )
    ((_, content),) = got["files"]
    assert "a a red png 0.5" in content
    assert "b b blue png 2" in content
    assert got["said"][-1] == "Saved 2 photos in photos_color.zip."


def test_a_photo_put_away_meanwhile_is_missing_and_closed(page: Page):
    got = on_desk(
        page,
        "engine.close = ({ id }) => log.push(`close ${id}`);"
        "await look(a);"
        "b.work = { wishes: wish('blue'), finish: finish.value };"
        "const go = hold('open');"
        "const saved = saving.save('all');"
        "await until(() => log.includes('open b'));"
        "desk.remove(b);"
        "go();"
        "await saved;",
    )
    told = "Saved 1 of 2 photos in photos_color.zip; missing: “b” (it was put away)."
    assert got["said"] == [told]
    assert got["log"][-2:] == ["open b", "close b"]


def test_what_an_archive_has_no_room_for_is_missing(page: Page):
    got = on_desk(
        page,
        "await look(a);"
        "const large = { size: 3e9, arrayBuffer: async () => new ArrayBuffer(1) };"
        "const blobs = { a: new Blob(['a']), b: large };"
        "engine.save = async ({ id }) => ({ name: id, blob: blobs[id] });"
        "b.work = { wishes: wish('blue'), finish: finish.value };"
        "desk.lay(...['c', 'd'].map((title) => makeItem({ sample: 'b' }, title, b.work)));"
        "large.toString = () => 'b';"
        "await saving.save('all');",
    )
    reason = "a ZIP file holds less than 4 GiB and 65,535 files; save these one by one"
    assert got["said"] == [
        f"Saved 2 of 4 photos in photos_color.zip; missing: “c”, “d” ({reason})."
    ]
    assert len(got["files"]) == 1
    assert [line for line in got["log"] if line == "open b"] == ["open b"] * 2  # not a third

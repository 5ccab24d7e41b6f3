"""Saving with an engine that is busy or away, and while another photo is opened."""

from typing import Any

import pytest

from tests.demo.browser.page import Page

# A desk with photos a, 4 x 3, and b, 6 x 5, and an engine that fails or waits as it is told.
DESK = """
    const { Session } = await import('./static/session.js');
    const { Saving } = await import('./static/saving.js');
    const { Desk, makeItem } = await import('./static/desk.js');
    const { EngineError } = await import('./static/engine.js');
    const later = window.setTimeout.bind(window);
    const waits = [];
    window.setTimeout = (act, ms) => (waits.push(ms), later(act, ms / 200));
    const until = async (met) => { while (!met()) await new Promise((go) => later(go, 2)); };

    const MESSAGES = { busy: 'the server is busy; try again', refused: 'there is no memory for it',
        unreachable: 'the server cannot be reached', gone: 'no photo of this name' };
    const fails = { open: [], colorize: [], save: [] }; // kinds of errors to come
    const log = [];
    const gates = {}; // promises that a method waits for
    const called = async (method, photo) => {
        log.push(`${method} ${photo}`);
        await gates[method];
        const kind = fails[method].shift();
        if (kind) throw new EngineError(kind, MESSAGES[kind], fails.after);
    };
    const hold = (method) => {
        let go;
        gates[method] = new Promise((resolve) => { go = resolve; });
        return () => { delete gates[method]; go(); };
    };
    const SIZES = { a: [4, 3], b: [6, 5] };
    const engine = {
        async open({ sample: id }) {
            await called('open', id);
            return { id, width: SIZES[id][0], height: SIZES[id][1] };
        },
        close() {},
        grey: async () => createImageBitmap(new ImageData(4, 4)),
        async colorize(photo, wishes) {
            await called('colorize', photo.id);
            return { values: new Int8Array(8),
                result: { of: photo.id, color: wishes.hints[0] }, timing: {} };
        },
        async save(photo, result, format, finish) {
            await called('save', photo.id);
            const how = `${format} ${finish.saturation}`;
            const blob = new Blob([`${photo.id} ${result.of} ${result.color} ${how}`]);
            return { blob, name: `${photo.id}_color.${format}` };
        },
    };

    const desk = new Desk();
    const session = new Session(engine, { take: () => [] });
    const finish = { value: { saturation: 1 } };
    const wish = (color) => ({ hints: [color] });
    const work = { a: 'red', b: 'blue' }; // what is wished for
    session.addEventListener('photo', ({ detail: { item, before } }) => {
        if (before) before.work = { wishes: wish(work[before.title]), finish: finish.value };
        finish.value = { saturation: item.title === 'a' ? 0.5 : 2 };
        desk.show(item);
        session.ask(wish(work[item.title]));
    });
    const screen = { saving: false, progress() {} };
    const saving = new Saving({ engine, session, desk, screen, finish, keeper: { flush() {} },
        wishesOf: (work) => work.wishes });
    const [a, b] = ['a', 'b'].map((id) => makeItem({ sample: id }, id));
    desk.lay(a, b);
    const look = async (item) => { await session.open(item); await session.queue.settled(); };

    const said = [];
    const toast = document.getElementById('toast');
    new MutationObserver((changes) => {
        for (const { addedNodes } of changes) {
            for (const { firstChild } of addedNodes) said.push(firstChild.textContent);
        }
    }).observe(toast, { childList: true });
    const files = [];
    let made;
    URL.createObjectURL = (blob) => { made = blob; return '#'; };
    document.addEventListener('click', (event) => {
        if (!event.target.download) return;
        event.preventDefault();
        files.push([event.target.download, made]);
    }, true);
    const results = async () => {
        await new Promise((go) => later(go, 5));
        const read = async ([name, blob]) => [name, await blob.text()];
        return {
            said, log, waits, saving: screen.saving, files: await Promise.all(files.map(read)) };
    };"""


def on_desk(page: Page, script: str, *arguments: Any) -> dict[str, Any]:
    return page.module(f"{DESK}\n{script}\nreturn results();", *arguments)


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
    wanted = "“a” was not saved: the server cannot be reached; save again later."
    assert got["said"] == [wanted]
    assert got["files"] == []
    assert not got["saving"]

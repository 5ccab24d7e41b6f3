"""The page's parts that save, with an engine that fails or waits as a test tells it."""

from typing import Any

from tests.demo.browser.page import Page

# A desk with photos a, 4 x 3, and b, 6 x 5, and an engine that fails or waits as it is told.
DESK = """
    const { Session } = await import('./static/session.js');
    const { Saving } = await import('./static/saving.js');
    const { Desk, makeItem } = await import('./static/desk.js');
    const { EngineError } = await import('./static/engine.js');
    const later = window.setTimeout.bind(window);
    window.setTimeout = (act, ms) => later(act, ms / 200);
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
    const screen = { working: true, saving: false, progress() {} };
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
        return { said, log, saving: screen.saving, files: await Promise.all(files.map(read)) };
    };"""


def on_desk(page: Page, script: str, *arguments: Any) -> dict[str, Any]:
    """Runs a script on the desk; what was said, called, saved."""
    return page.module(f"{DESK}\n{script}\nreturn results();", *arguments)

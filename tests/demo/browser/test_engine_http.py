"""What the page reads of a server's answers, and how long it waits for them."""

from tests.demo.browser.page import Page


def test_when_to_try_again_is_read(page: Page):
    got = page.module("""
        const { createEngine } = await import('./static/engine_http.js');
        const answer = JSON.stringify({ error: 'the server is busy; try again' });
        const after = async (call) => call.catch((error) => [error.kind, error.after]);
        const found = [];
        for (const header of ['7', null, 'Wed, 21 Oct 2026 07:28:00 GMT']) {
            const headers = header === null ? {} : { 'Retry-After': header };
            window.fetch = async () => new Response(answer, { status: 503, headers });
            XMLHttpRequest.prototype.send = function () {
                Object.defineProperties(
                    this, { status: { value: 429 }, responseText: { value: answer } });
                this.getResponseHeader = (name) => headers[name] ?? null;
                setTimeout(() => this.onload());
            };
            const { signal } = new AbortController();
            const engine = createEngine();
            found.push(await after(engine.info()));
            found.push(await after(engine.open(new Blob(['x']), { name: 'x', signal })));
        }
        return found;
    """)
    assert got == [["busy", 7000]] * 2 + [["busy", None]] * 4


def test_an_upload_that_comes_to_a_stop_is_ended(page: Page):
    """Each piece of it buys the time for the next, and the last one that for the answer."""
    ended = page.module("""
        const { createEngine } = await import('./static/engine_http.js');
        const later = window.setTimeout.bind(window);
        const asked = [];
        window.setTimeout = (act, ms) => { asked.push(ms); return later(act, ms / 50); };
        let upload;
        XMLHttpRequest.prototype.send = function () { upload = this.upload; };
        const fractions = [];
        const options = { name: 'x', onProgress: (fraction) => fractions.push(fraction),
            signal: new AbortController().signal };
        const found = [];
        for (const whole of [false, true]) {
            const opened = createEngine().open(new Blob(['x']), options);
            for (let loaded = 1; loaded <= 5; loaded++) {
                await new Promise((done) => later(done, 150));
                const piece = { lengthComputable: true, loaded, total: 5 };
                upload.dispatchEvent(new ProgressEvent('progress', piece));
            }
            if (whole) upload.dispatchEvent(new ProgressEvent('load'));
            const { kind, message } = await opened.catch((error) => error);
            found.push([kind, message, asked.at(-1)]);
        }
        return [fractions, ...found];
    """)
    stop = ["unreachable", "the upload has come to a stop"]
    assert ended == [[0.2, 0.4, 0.6, 0.8, 1] * 2, [*stop, 30_000], [*stop, 120_000]]

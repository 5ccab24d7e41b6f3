"""The page without a server: load, and time by budget with and without threads, in Chromium.

python -m acolvit_jax.convert pretrained SITE --to web
python -m benchmarks.web_page SITE
"""

from __future__ import annotations

import argparse
import functools
import http.server
import statistics
import threading
from pathlib import Path
from typing import Any

from acolvit_jax.common.tables import markdown_table
from tests.demo.browser.driver import browsing
from tests.demo.browser.page import Page

BUDGETS = (1.0, 0.5, 0.3, 0.15)
ROUNDS = 12
MEASURE = """
    const { createEngine } = await import('./static/engine_local.js');
    const begin = performance.now();
    const engine = await createEngine();
    const options = { name: 'coffee', onProgress() {}, signal: new AbortController().signal };
    const photo = await engine.open({ sample: 'coffee' }, options);
    const hints = [{ row: 100, column: 120, color: 'lab:40,-30' }];
    const ask = (budget) => engine.colorize(photo, { hints, budget });
    const first = await ask(1);
    const load = performance.now() - begin;
    const times = args[0].map(() => []);
    const kept = [];
    for (let i = 0; i < args[1]; i++) {
      for (const [j, budget] of args[0].entries()) {
        const { result, timing } = await ask(budget);
        times[j].push(timing.model);
        kept[j] = result.keep_ratio;
      }
    }
    return { load, times, kept, isolated: crossOriginIsolated };
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    handler = functools.partial(Quiet, directory=str(parser.parse_args().site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = []
    with browsing() as driver:
        driver.set_script_timeout(240)
        page = Page(driver, f"http://127.0.0.1:{server.server_port}/")
        page.visit()
        controlled = "return navigator.serviceWorker.controller !== null"
        page.wait(lambda: page.js(controlled), "the service worker")
        for query in ("?threads=1", "?threads=2"):
            page.visit(query)
            found = page.module(MEASURE, BUDGETS, ROUNDS)
            medians = [statistics.median(times) for times in found["times"]]
            for budget, kept, ms in zip(BUDGETS, found["kept"], medians, strict=True):
                cells = [f"{budget:g}", f"{kept:.2f}", f"{ms:.1f}", f"{medians[0] / ms:.2f}"]
                rows.append([query[-1] if found["isolated"] else "1", *cells])
            print(f"{query}: from the files to the first colors {found['load'] / 1e3:.2f} s")
    server.shutdown()
    print(markdown_table(["threads", "budget", "kept", "model, ms", "speed-up"], rows))


if __name__ == "__main__":
    main()

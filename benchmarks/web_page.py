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

import numpy as np

from acolvit_jax.common.tables import markdown_table
from tests.demo.browser.driver import browsing
from tests.demo.browser.page import Page

BUDGETS = (1.0, 0.5, 0.3, 0.15)
ROUNDS = 5
PHOTOS = 6  # a budget is a mean over photos
CLICKS = 15
MEASURE = """
    const [budgets, rounds, count] = args;
    const { createEngine } = await import('./static/engine_local.js');
    const begin = performance.now();
    const engine = await createEngine();
    const options = { name: 'photo', onProgress() {}, signal: new AbortController().signal };
    const samples = await engine.samples();
    const photos = [];
    for (let i = 0; i < count; i++) {
      const { name } = samples[Math.floor((i * samples.length) / count)];
      photos.push(await engine.open({ sample: name }, options));
      if (i === 0) await engine.colorize(photos[0], { hints: [], budget: 1 });
      if (i === 0) photos.load = performance.now() - begin;
    }
    const hints = [{ row: 100, column: 120, color: 'lab:40,-30', size: 2, reach: 224 }];
    const found = budgets.map(() => ({ model: [], kept: [] }));
    for (const photo of photos) {
      for (let i = 0; i <= rounds; i++) {
        for (const [j, budget] of budgets.entries()) {
          const { result, timing } = await engine.colorize(photo, { hints, budget });
          if (i === 0) continue; // the first reads the photo
          found[j].model.push(timing.model);
          found[j].kept.push(result.keep_ratio);
        }
      }
    }
    return { load: photos.load, found, isolated: crossOriginIsolated };
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def click_times(page: Page) -> list[float]:
    """Milliseconds from clicks to their pixels, a hint more each time, at the usual budget."""
    page.sample("coffee")
    for row, column in np.random.default_rng(0).uniform(40, 240, (CLICKS + 3, 2)):
        page.click(row, column)
    return [sample["ms"] for sample in page.js("return acolvit.samples")][3:]


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
            measured = page.module(MEASURE, BUDGETS, ROUNDS, PHOTOS)
            means = [statistics.mean(found["model"]) for found in measured["found"]]
            for budget, found, ms in zip(BUDGETS, measured["found"], means, strict=True):
                kept = statistics.mean(found["kept"])
                cells = [f"{budget:g}", f"{kept:.2f}", f"{ms:.1f}", f"{means[0] / ms:.2f}"]
                rows.append([query[-1] if measured["isolated"] else "1", *cells])
            page.visit(query)
            clicks = click_times(page)
            print(
                f"{query}: from the files to the first colors {measured['load'] / 1e3:.2f} s; "
                f"from click to pixels {statistics.median(clicks):.0f} ms"
            )
    server.shutdown()
    print(markdown_table(["threads", "budget", "kept", "model, ms", "speed-up"], rows))


if __name__ == "__main__":
    main()

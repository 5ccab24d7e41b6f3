"""The page without a server, in Chromium: load, the model's time by budget, clicks.

    python -m acolvit_jax.convert pretrained SITE --to web
    python -m benchmarks.web_page SITE

The site comes from a plain web server, with isolation headers (threads) and without (one thread),
and a third time without them to a browser on one core. Each time with an empty profile: from the
navigation to a model that is ready; then real clicks on the page at a budget of 0.5, 1.5 s apart,
from the event to the beginning of the frame after the one with the new pixels; then a hint on each
of some sample photos, budgets in turns, by an engine of its own ("answer" is all that the engine
does for it, and the way to the worker and back).
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.inference.measurement import describe_machine
from tests.demo.browser.alone.hosting import ISOLATED, Host, loaded
from tests.demo.browser.driver import browsing
from tests.demo.browser.page import Page

BUDGETS = (1.0, 0.5, 0.3, 0.15)
EVERY = 5  # of the sample photos
ROUNDS = 3  # a photo
CLICKS = 20
PAUSE = 1.5  # seconds between clicks: a person chooses a color, and suggestions come
LOADS = 3
SETTINGS = {"threads": (ISOLATED, False), "one thread": ({}, False), "one core": ({}, True)}
FORWARDS = """
    const { createEngine } = await import('./static/engine_local.js');
    const [names, budgets, rounds] = args;
    const engine = await createEngine();
    const open = (name) => engine.open(
      { sample: name }, { name, onProgress() {}, signal: new AbortController().signal });
    const ask = (photo, budget) => engine.colorize(
      photo, { hints: [{ row: 100, column: 120, color: 'lab:40,-30', size: 2 }], budget });
    const found = budgets.map(() => ({ model: [], answer: [], kept: [] }));
    for (const name of names) {
      const photo = await open(name);
      for (const budget of budgets) await ask(photo, budget); // the automatic result is kept then
      for (let i = 0; i < rounds; i++) {
        for (const [j, budget] of budgets.entries()) {
          const start = performance.now();
          const { result, timing } = await ask(photo, budget);
          found[j].answer.push(performance.now() - start);
          found[j].model.push(timing.model);
          found[j].kept.push(result.keep_ratio);
        }
      }
      engine.close(photo);
    }
    return found;
"""


@contextmanager
def one_core() -> Iterator[None]:
    """What starts here, a browser too, has one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def clicked(page: Page) -> list[dict[str, Any]]:
    """What clicks took (`latency.js`), at the page's default budget of 0.5."""
    page.sample("coffee")
    page.click(60, 60)  # the automatic result is kept then
    before = len(page.js("return acolvit.samples"))
    for place in np.random.default_rng(0).integers(20, 280, (CLICKS, 2)).tolist():
        time.sleep(PAUSE)
        page.click(*place)
    page.driver.execute_async_script("setTimeout(arguments[0], 300)")
    return page.js("return acolvit.samples")[before:]


def measure(site: Path, headers: dict[str, str]) -> tuple[list[list[str]], list[str], str]:
    """Rows of budgets, what is measured once, and the browser."""
    names = [path.stem for path in sample_photos()[::EVERY]]
    host, loads = Host(site, headers), []
    for left in reversed(range(LOADS)):
        with browsing() as driver:
            driver.set_script_timeout(240)
            page = Page(driver, host.address)
            page.visit()
            loaded(page)
            ready = "return performance.getEntriesByName('model ready')[0].startTime"
            loads.append(page.js(ready) / 1e3)
            if left:
                continue
            clicks = clicked(page)
            found = page.module(FORWARDS, names, BUDGETS, ROUNDS)
            browser = f"Chromium {driver.capabilities['browserVersion']}"
    host.stop()
    medians = [{key: statistics.median(its) for key, its in one.items()} for one in found]
    rows = []
    for budget, one in zip(BUDGETS, medians, strict=True):
        numbers = one["model"], one["answer"]
        speed_up = medians[0]["model"] / one["model"]
        cells = [f"{budget:g}", f"{one['kept']:.2f}", *(f"{ms:.1f}" for ms in numbers)]
        rows.append([*cells, f"{speed_up:.2f}"])
    ms = [click["ms"] for click in clicks]
    spread = f"{statistics.median(ms):.0f} ({np.percentile(ms, 95):.0f})"
    stages = np.median([click["stages"] for click in clicks], axis=0)
    return rows, [f"{statistics.median(loads):.2f}", spread, *(f"{x:.0f}" for x in stages)], browser


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="what convert --to web has written")
    parser.add_argument("--only", choices=SETTINGS, help="one of the three settings")
    args = parser.parse_args(argv)
    rows, once = [], []
    for name in [args.only] if args.only else SETTINGS:
        headers, pinned = SETTINGS[name]
        if pinned:
            with one_core():
                by_budget, single, browser = measure(args.site, headers)
        else:
            by_budget, single, browser = measure(args.site, headers)
        rows += [[name, *row] for row in by_budget]
        once.append([name, *single])
    machine = describe_machine(len(os.sched_getaffinity(0)))
    print(f"{machine['processor']}, {machine['cores']} cores, {browser}", end="\n\n")
    head = ["", "budget", "kept", "model, ms", "answer, ms", "speed-up of the model"]
    print(markdown_table(head, rows), end="\n\n")
    stages = ["until asked", "answer", "drawing", "until the frame after"]
    print(markdown_table(["", "load, s", "click to pixels, ms: median (95%)", *stages], once))


if __name__ == "__main__":
    cli.run(main)

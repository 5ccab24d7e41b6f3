"""From a pointer's event to new pixels on the screen, in a real browser.

python -m benchmarks.demo_latency

Starts the demo's server and Chromium without a window, uploads a photo of 1024x768, and clicks,
drags hints, drags on the color disc and turns the dial with real events. A sample is the time from
an event's own time stamp to the beginning of the frame after the one that shows a picture at least
as new as the event. The browser's drawing, the server and the model share the machine's cores; what
the server takes for such answers with nothing beside it is measured first.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from acolvit_jax.common import cli
from acolvit_jax.common.tables import markdown_table
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.photo import images
from tests.demo.browser.driver import browsing, serving, settled, until

SIZE = (768, 1024)
CLICKS = 30
STEPS = 100  # of a drag
FRAME = 1 / 60
SEED = 0


def upload(driver: Chrome, address: str, renderer: str) -> None:
    driver.get(f"{address}?renderer={renderer}")
    until(lambda: driver.execute_script("return document.body.dataset.ready"), "the page")
    photo = images.resize(images.read_image(sample_photos()[0]), SIZE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        images.write_image(path, photo)
        driver.find_element(By.ID, "file-photo").send_keys(str(path))
        until(lambda: settled(driver), "the first colors")


def post(address: str, body: bytes, kind: str) -> urllib.request.addinfourl:
    asked = urllib.request.Request(address, body, {"Content-Type": kind})
    answer: urllib.request.addinfourl = urllib.request.urlopen(asked, timeout=60)
    return answer


def alone(address: str) -> dict[str, list[float]]:
    """The server's milliseconds a request, no browser beside it: a hint moves, the dial turns."""
    photo = images.resize(images.read_image(sample_photos()[0]), SIZE)
    uploaded = post(f"{address}v1/photos", images.encode_image(photo, ".jpg"), "image/jpeg")
    url = f"{address}{json.load(uploaded)['url']}/colorize"
    places = np.random.default_rng(SEED).integers((0, 0), SIZE, (CLICKS, 2)).tolist()
    hints = [{"row": row, "column": column, "color": "#b04030"} for row, column in places]
    took: dict[str, list[float]] = {"hint": [], "dial": []}
    for step in range(STEPS):
        hints[0]["row"] = step
        for kind, budget in (("hint", 0.5), ("dial", 0.3 + 0.5 * step / STEPS)):
            body = json.dumps({"hints": hints, "budget": budget}).encode()
            timing = post(url, body, "application/json").headers["Server-Timing"]
            took[kind].append(float(re.search(r"total;dur=([\d.]+)", timing)[1]))
    return {kind: times[STEPS // 10 :] for kind, times in took.items()}


def locate(driver: Chrome, row: float, column: float) -> tuple[int, int]:
    at = driver.execute_script("return acolvit.locate(...arguments)", row, column)
    return round(at["x"]), round(at["y"])


def chain(driver: Chrome) -> ActionChains:
    return ActionChains(driver, duration=0)


def move_to(actions: ActionChains, x: float, y: float) -> ActionChains:
    actions.w3c_actions.pointer_action.move_to_location(round(x), round(y))
    actions.w3c_actions.key_action.pause()
    return actions


def clicks(driver: Chrome) -> None:
    random = np.random.default_rng(SEED)
    for row, column in random.uniform((40, 40), (SIZE[0] - 40, SIZE[1] - 40), (CLICKS, 2)):
        move_to(chain(driver), *locate(driver, row, column)).click().pause(0.08).perform()
        until(lambda: settled(driver), "a click's answer")


def circle(driver: Chrome, middle: tuple[float, float], radius: float) -> None:
    """Presses at the middle and moves around it, a step a frame."""
    actions = move_to(chain(driver), *middle).click_and_hold()
    for angle in np.linspace(0, 4 * np.pi, STEPS):
        x, y = middle[0] + radius * np.sin(angle), middle[1] + radius * (1 - np.cos(angle))
        move_to(actions, x, y).pause(FRAME)
    actions.release().perform()
    until(lambda: settled(driver), "a drag's answer")


def drags(driver: Chrome) -> None:
    circle(driver, locate(driver, SIZE[0] * 0.3, SIZE[1] * 0.5), 120)


def disc(driver: Chrome) -> None:
    box = driver.find_element(By.ID, "disc").rect
    circle(driver, (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), 30)


def dial(driver: Chrome) -> None:
    box = driver.find_element(By.ID, "dial").rect
    y = box["y"] + box["height"] / 2
    actions = move_to(chain(driver), box["x"] + box["width"] / 2, y).click_and_hold()
    for share in 0.5 + 0.45 * np.sin(np.linspace(0, 4 * np.pi, STEPS)):
        move_to(actions, box["x"] + share * box["width"], y).pause(FRAME)
    actions.release().perform()
    until(lambda: settled(driver), "the dial's answer")


def measure(driver: Chrome) -> dict[str, list[dict[str, float]]]:
    measured = {}
    for work in (clicks, drags, disc, dial):
        before = len(driver.execute_script("return acolvit.samples"))
        work(driver)
        driver.execute_async_script("setTimeout(arguments[0], 300)")
        measured[work.__name__] = driver.execute_script("return acolvit.samples")[before:]
    return measured


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renderer", choices=("webgl", "2d"), default="")
    args = parser.parse_args(argv)
    with serving("--budget", "0.5") as address, contextlib.ExitStack() as stack:
        unshared = alone(address)
        driver = stack.enter_context(browsing(size=(1280, 720)))
        upload(driver, address, args.renderer)
        clicks(driver)  # programs and caches are warm after these
        driver.find_element(By.ID, "clear").click()
        until(lambda: settled(driver), "no hints")
        measured = measure(driver)
        renderer = driver.execute_script("return acolvit.renderer")
    print(f"{SIZE[1]}x{SIZE[0]} photo, page of 1280x720, budget 0.5, {renderer}; milliseconds")
    rows, stages = [], []
    together = [sample for samples in measured.values() for sample in samples]
    for name, samples in {**measured, "all": together}.items():
        ms = np.array([sample["ms"] for sample in samples])
        server = np.array([sample["server"] for sample in samples], float)
        figures = [np.median(ms), np.percentile(ms, 95), ms.max(), *np.percentile(server, [50, 95])]
        rows.append([name, *(f"{figure:.1f}" for figure in figures), str(len(ms))])
        means = np.array([sample["stages"] for sample in samples]).mean(axis=0)
        parts = [means[0], server.mean(), means[1] - server.mean(), *means[2:]]
        stages.append([name, *(f"{part:.1f}" for part in parts)])
    columns = ["", "median", "p95", "largest", "server, median", "server, p95", "samples"]
    print(markdown_table(columns, rows))
    print("\nMeans of what that is made of:\n")
    parts = ["waiting for the request", "server", "HTTP", "drawing", "until the frame after"]
    print(markdown_table(["", *parts], stages))
    print("\nThe server with no browser beside it:\n")
    rows = [
        [kind, f"{np.median(ms):.1f}", f"{np.percentile(ms, 95):.1f}"]
        for kind, ms in unshared.items()
    ]
    print(markdown_table(["", "median", "p95"], rows))


if __name__ == "__main__":
    cli.run(main)

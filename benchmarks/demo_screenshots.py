"""The README's pictures of the web demo: the page as a browser without a window draws it.

python -m benchmarks.demo_screenshots docs
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains

from acolvit_jax.common import cli
from tests.demo.browser.driver import browsing, open_sample, resize, serving, settled, until

PHOTO = "dahlia"
# Place in fractions of the photo's height and width, and the photo's own color there, as hex text.
HINTS = (
    (0.439, 0.158, "#005f60"),
    (0.930, 0.451, "#0d4524"),
    (0.930, 0.549, "#eaa876"),
    (0.684, 0.353, "#b47844"),
    (0.561, 0.549, "#bd3d0a"),
    (0.439, 0.353, "#e69f60"),
)
QUALITY = 90
REST_MS = 700  # until everything that moves stands still


def theme(driver: Chrome, name: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": name}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def shoot(driver: Chrome, path: Path) -> None:
    driver.execute_async_script(f"setTimeout(arguments[0], {REST_MS})")
    picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    picture.save(path, quality=QUALITY)
    print(path)


def place(driver: Chrome, row: float, column: float, color: str) -> None:
    at = driver.execute_script(
        "const {width, height} = acolvit.photo;"
        "return acolvit.locate(arguments[0] * height, arguments[1] * width)",
        row,
        column,
    )
    actions = ActionChains(driver)
    actions.w3c_actions.pointer_action.move_to_location(round(at["x"]), round(at["y"]))
    actions.click().perform()
    until(lambda: settled(driver), "the hint's answer")
    driver.execute_script(
        "const field = document.getElementById('hex'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('change'))",
        color,
    )
    until(lambda: settled(driver), "the color's answer")


def view(driver: Chrome, name: str) -> None:
    driver.execute_script(f"document.querySelector('[data-view-button={name}]').click()")


def main(argv: Sequence[str]) -> None:
    parser = cli.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures are written")
    folder = parser.parse_args(argv).folder
    with serving() as address, browsing(size=(1280, 720)) as driver:
        theme(driver, "light")
        driver.get(address)
        until(lambda: driver.execute_script("return document.body.dataset.ready"), "the page")
        shoot(driver, folder / "demo-start.jpg")
        open_sample(driver, address, PHOTO)
        for hint in HINTS:
            place(driver, *hint)
        theme(driver, "dark")
        shoot(driver, folder / "demo-dark.jpg")
        theme(driver, "light")
        view(driver, "compare")
        shoot(driver, folder / "demo-compare.jpg")
        theme(driver, "dark")
        view(driver, "result")
        resize(driver, (390, 844), scale=2)
        shoot(driver, folder / "demo-phone.jpg")


if __name__ == "__main__":
    cli.run(main)

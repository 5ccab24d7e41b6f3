"""The demo's page as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.demo.browser.driver import resize, settle, until

# Chromium's own remarks about drawing in software, and about tests that read pixels back.
HARMLESS = ("GL Driver Message", "software WebGL", "willReadFrequently")


def ab_of(hint: dict[str, Any]) -> np.ndarray:
    """a* and b* of a hint as the page writes it."""
    assert hint["color"].startswith("lab:")
    return np.array([float(part) for part in hint["color"][4:].split(",")])


class Page:
    """A browser that shows the page."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, query: str = "") -> None:
        """Opens the page in a browser that has kept nothing."""
        self.driver.get(self.address + "v1/info")  # the page lets its storage go
        storage = {"origin": self.address.rstrip("/"), "storageTypes": "indexeddb"}
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", storage)
        self.visit(query)

    def visit(self, query: str = "") -> None:
        self.driver.get(self.address + query)
        self.wait(lambda: self.js("return document.body.dataset.ready"), "the page")
        self.complaints()

    @contextmanager
    def before(self, script: str) -> Iterator[None]:
        """Has a script run in every document before the page's own, until the block ends."""
        command = "Page.addScriptToEvaluateOnNewDocument"
        added = self.driver.execute_cdp_cmd(command, {"source": script})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)

    @contextmanager
    def on_a_phone(self) -> Iterator[None]:
        """Has the window a phone's size until the block ends."""
        resize(self.driver, (390, 844))
        try:
            yield
        finally:
            resize(self.driver, (1280, 720))

    def sample(self, name: str) -> None:
        self.js(f"document.querySelector('[data-sample={name}]').click()")
        self.settle()

    def js(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def module(self, script: str, *arguments: Any) -> Any:
        """Runs an asynchronous function body in the page; it may import modules."""
        wrapped = f"""
            const [done, rest] = [arguments[arguments.length - 1], [...arguments].slice(0, -1)];
            (async (...args) => {{ {script} }})(...rest)
                .then((value) => done([value, null]), (error) => done([null, String(error)]));"""
        value, error = self.driver.execute_async_script(wrapped, *arguments)
        assert error is None, error
        return value

    def wait(self, condition: Any, what: str) -> Any:
        return until(condition, what)

    def settle(self) -> None:
        settle(self.driver)

    def suggested(self) -> None:
        """Waits for the colors that are likely at the selected hint's place."""
        busy = "return document.getElementById('suggestions').getAttribute('aria-busy')"
        self.wait(lambda: self.js(busy) == "false", "the suggestions")

    @property
    def state(self) -> dict[str, Any]:
        return self.js(
            "const {renderer, view, photo, hints, size, selected, result, budget, zoom} = acolvit;"
            "return {renderer, view, photo, hints, size, selected, result, budget, zoom}"
        )

    @property
    def hints(self) -> list[dict[str, Any]]:
        return self.js("return acolvit.hints")

    def id(self, name: str) -> Any:
        return self.driver.find_element(By.ID, name)

    def at(self, row: float, column: float) -> tuple[int, int]:
        place = self.js("return acolvit.locate(...arguments)", row, column)
        return round(place["x"]), round(place["y"])

    def seen(self, row: int, column: int) -> list[int]:
        return self.js("return acolvit.seen(...arguments)", row, column)

    def click(self, row: float, column: float, context: bool = False) -> None:
        actions = self.point(self.at(row, column))
        (actions.context_click() if context else actions.click()).perform()
        self.settle()

    def point(self, *places: tuple[float, float], hold: bool = False) -> ActionChains:
        """Moves the mouse along places of the window, with the button down after the first."""
        actions = ActionChains(self.driver, duration=10)
        for i, (x, y) in enumerate(places):
            actions.w3c_actions.pointer_action.move_to_location(round(x), round(y))
            actions.w3c_actions.key_action.pause()
            if i == 0 and hold:
                actions.click_and_hold()
        return actions

    def drag(self, *places: tuple[float, float]) -> None:
        self.point(*places, hold=True).release().perform()
        self.settle()

    def keys(self, *keys: str) -> None:
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def type_color(self, text: str, end: str = Keys.ENTER) -> None:
        """Types over what the field for a color holds, in one go: left, it shows the hint's."""
        self.id("hex").send_keys(Keys.CONTROL, "a", Keys.NULL, text, end)
        self.settle()

    def combine(self, *keys: str) -> None:
        """Presses keys together."""
        actions = ActionChains(self.driver, duration=0)
        for key in keys[:-1]:
            actions.key_down(key)
        actions.send_keys(keys[-1])
        for key in keys[:-1]:
            actions.key_up(key)
        actions.perform()

    def undo(self) -> None:
        self.combine(Keys.CONTROL, "z")
        self.settle()

    def choose_file(self, name: str, path: Path) -> None:
        self.id(name).send_keys(str(path))

    def toast(self) -> str:
        return self.wait(lambda: self.id("toast").text, "a message")

    def saved(self, folder: Path, pattern: str) -> Path:
        """Waits for a file and returns it."""

        def whole() -> Path | None:
            files = [p for p in folder.glob(pattern) if p.stat().st_size]
            return files[0] if files and not list(folder.glob("*.crdownload")) else None

        return self.wait(whole, pattern)

    def complaints(self) -> list[str]:
        """What the console said since the last call, without remarks about the hardware."""
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        return [m for m in messages if not any(word in m for word in HARMLESS)]

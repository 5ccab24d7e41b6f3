"""High contrast: the system's colors show what is chosen and what has the focus."""

from tests.demo.browser.page import Page
from tests.demo.browser.test_files import paste, picture, wait_for_width
from tests.demo.browser.test_view import media


def test_high_contrast_keeps_swatches_and_the_map(coffee: Page):
    coffee.click(120, 200)
    coffee.js("document.querySelector('#layers summary').click()")
    media(coffee, forced_colors="active")
    try:
        color = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
        on, off = coffee.js(color, ".cell[data-on=true]"), coffee.js(color, ".cell[data-on=false]")
        assert on != off
        forced = "return getComputedStyle(document.querySelector(arguments[0])).forcedColorAdjust"
        for element in (".mark", ".dot", ".knob", ".now", "#disc-canvas"):
            assert coffee.js(forced, element) == "none"
    finally:
        media(coffee)


def test_high_contrast_shows_what_is_chosen(coffee: Page):
    """By the system's color for it, which is not the focus ring's."""
    coffee.click(120, 200)
    media(coffee, forced_colors="active")
    groups = ("[data-view-button]", "#sizes label", ".kinds label")
    look = """
        const group = [...document.querySelectorAll(arguments[0])];
        const probe = document.createElement('i');
        probe.style = 'forced-color-adjust: none; background: Highlight';
        document.body.append(probe);
        const highlight = getComputedStyle(probe).backgroundColor;
        probe.remove();
        return group.map((part) => [
            getComputedStyle(part).backgroundColor === highlight,
            part.ariaPressed === 'true' || Boolean(part.querySelector(':checked')),
        ]);"""
    try:
        for group in groups:
            shown = coffee.js(look, group)
            assert sum(chosen for _, chosen in shown) == 1, group
            assert all(marked == chosen for marked, chosen in shown), group
    finally:
        media(coffee)


def test_high_contrast_shows_the_focus_on_the_photo_that_is_looked_at(page: Page):
    for name, size in (("one", (50, 40)), ("two", (60, 40))):
        paste(page, **{name: picture(size)})
        wait_for_width(page, size[0])
    media(page, forced_colors="active")
    look = """
        return [...document.querySelectorAll('.strip-photo')].map((photo) => {
            const seen = () => {
                const { outlineStyle, outlineColor, borderColor } = getComputedStyle(photo);
                return [outlineStyle, outlineColor, borderColor];
            };
            const [plain, , border] = seen();
            photo.focus({ focusVisible: true });
            const [style, color] = seen();
            photo.blur();
            return { plain, style, color, border };
        });"""
    try:
        other, current = page.js(look)
        assert other["plain"] == current["plain"] == "none"
        assert other["style"] == current["style"] == "solid"
        assert other["color"] == current["color"]
        assert other["border"] != current["border"]
    finally:
        media(page)

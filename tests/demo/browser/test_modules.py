"""The page's arithmetic against the package's."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000

from acolvit_jax.demo.server.handlers import file_stem
from acolvit_jax.hints.text import hint_of
from acolvit_jax.inference import finish
from acolvit_jax.inference.levels import inner, spread_tones
from acolvit_jax.inference.outcomes import outcomes
from acolvit_jax.inference.placed import place
from acolvit_jax.photo import color, images
from tests.demo.browser.page import Page
from tests.gamut import in_gamut

SIDE = 224


def test_lab_round_trip(page: Page):
    rgb = np.random.default_rng(0).integers(0, 256, (500, 3))
    lab, back, shown = page.module(
        "const c = await import('./static/color.js');"
        "const lab = args[0].map(c.rgbToLab);"
        "return [lab, lab.map((x) => c.labToRgb(...x)), lab.map((x) => c.inGamut(...x))]",
        rgb.tolist(),
    )
    np.testing.assert_allclose(lab, color.uint8_to_lab(rgb.astype(np.uint8)), atol=2e-3)
    np.testing.assert_array_equal(back, rgb)
    assert all(shown)


def test_limits_of_hints_are_the_package_s(page: Page):
    """Of hints in a cell of the model's image, 4 rows and 5 columns of the photo, too."""
    size, side = (64, 80), 32
    colors = ["#ff0000", "lab:9,9", "keep", "teal", "keep", "keep", "lab:1,2", "lab:1,3", "#e8e8e8"]
    places = [(0, 0), (1, 1), (20, 20), (21, 21), (40, 40), (41, 41), (60, 0), (61, 1), (60, 60)]
    hints = [
        {"row": r, "column": c, "color": color}
        for (r, c), color in zip(places, colors, strict=True)
    ]
    grey = np.full((len(hints), 3), 128, np.uint8)
    came = page.module(
        "const { outcomes } = await import('./static/local_outcomes.js');"
        "const [hints, luminances, [height, width], side] = args;"
        "const ab = new Float32Array(2 * side * side);"
        "return outcomes(hints, luminances, ab, { width, height }, side, 2)",
        hints,
        [((128 / 255 + 0.055) / 1.055) ** 2.4] * len(hints),
        size,
        side,
    )
    given = [hint_of(hint) for hint in hints]
    expected = outcomes(given, place(given, size, side), grey, grey)
    assert came["asked"] == [outcome.asked for outcome in expected]
    assert came["limits"] == [outcome.limit for outcome in expected]
    assert came["limits"] == ["replaced", None, "replaced", "lightness", *4 * [None], "lightness"]


def test_gamut_edge(page: Page):
    rng = np.random.default_rng(1)
    colors = np.stack([rng.uniform(5, 95, 200), *rng.uniform(-110, 110, (2, 200))], -1)
    cut = page.module(
        "const g = await import('./static/gamut.js');"
        "return args[0].map(([l, a, b]) => g.clampToGamut(l, a, b))",
        colors.tolist(),
    )
    inside = in_gamut(colors)
    np.testing.assert_allclose(np.array(cut)[inside], colors[inside, 1:])
    moved = np.concatenate([colors[:, :1], cut], -1)[~inside]
    assert in_gamut(moved * [1, 0.999, 0.999]).all()
    assert not in_gamut(moved + np.c_[np.zeros(len(moved)), 0.05 * moved[:, 1:]]).any()


def test_the_likest_color_of_a_lightness(page: Page):
    rng = np.random.default_rng(3)
    colors = np.stack([rng.uniform(5, 95, 60), *rng.uniform(-100, 100, (2, 60))], -1)
    pairs = rng.uniform(-100, 100, (500, 2, 2))
    pairs[:2, 0] = 0  # grey has no hue
    got, distances = page.module(
        "const g = await import('./static/gamut.js');"
        "const d = await import('./static/difference.js');"
        "return [args[0].map((lab) => g.likest(...lab)), args[1].map((pair) => d.apart(...pair))]",
        colors.tolist(),
        pairs.tolist(),
    )
    lab = np.concatenate([np.full((500, 2, 1), 50.0), pairs], -1)
    expected = deltaE_ciede2000(lab[:, 0], lab[:, 1])
    np.testing.assert_allclose(distances, expected, atol=1e-6)
    inside = in_gamut(colors)
    np.testing.assert_allclose(np.array(got)[inside], colors[inside, 1:])
    # All that sRGB has at this lightness, looked through: nothing is more like it.
    plane = np.stack(np.meshgrid(*[np.arange(-110, 110, 2.0)] * 2), -1).reshape(-1, 2)
    for wanted, (a, b) in zip(colors[~inside], np.array(got)[~inside], strict=True):
        there = np.concatenate([np.full((len(plane), 1), wanted[0]), plane], -1)
        there = there[in_gamut(there)]
        best = deltaE_ciede2000(np.broadcast_to(wanted, there.shape), there).min()
        assert in_gamut(np.array([wanted[0], 0.999 * a, 0.999 * b]))
        assert deltaE_ciede2000(wanted, np.array([wanted[0], a, b])) < best + 0.05


@pytest.mark.parametrize(
    "tones", [(3, 97), (30, 75), (20, 82), (2, 50), (60, 71), (80, 84), (40, 40)]
)
@pytest.mark.parametrize("border", [None, 0, 100])
def test_tones_of_faded_photos_are_read_alike(
    page: Page, tones: tuple[float, float], border: int | None
):
    lightness = np.random.default_rng(4).uniform(*tones, (45, 45)).astype(np.float32)
    if border is not None:
        lightness[:4] = lightness[:, -4:] = border
    got = page.module(
        "const {spreadTones} = await import('./static/levels.js');"
        "return [...spreadTones(Float32Array.from(args[0]), 45)]",
        lightness.ravel().tolist(),
    )
    np.testing.assert_allclose(np.reshape(got, (45, 45)), spread_tones(lightness), atol=1e-4)


def test_the_same_part_of_a_scan_decides(page: Page):
    scan = np.arange(45 * 45 * 3).reshape(45, 45, 3)
    got = page.module(
        "const {inner} = await import('./static/levels.js');"
        "return [...inner(Float32Array.from(args[0]), 45, 3)]",
        scan.ravel().tolist(),
    )
    assert got == inner(scan).ravel().tolist()


def test_photos_without_colors_of_their_own_are_told_alike(page: Page):
    ramp = np.tile(np.linspace(0.1, 0.9, 40), (40, 1))[..., None]
    sepia, red = 255 * ramp ** np.array([0.8, 1, 1.4]), np.full((40, 40, 3), (150, 60, 60))
    colored = np.random.default_rng(5).integers(0, 256, (40, 40, 3))
    photos = [np.uint8(rgb) for rgb in (sepia, red, colored, 255 * ramp.repeat(3, axis=-1))]
    told = page.module(
        "const {hasOneColorATone} = await import('./static/levels.js');"
        "return args[0].map((bytes) => hasOneColorATone(bytes, 3))",
        [rgb.ravel().tolist() for rgb in photos],
    )
    assert told == [images.has_one_color_a_tone(rgb) for rgb in photos]
    assert told == [True, False, False, True]


def test_bicubic_is_pillows(page: Page):
    values = np.random.default_rng(2).integers(-127, 128, (SIDE, SIDE, 2), np.int8)
    plane = np.asarray(
        Image.fromarray(values[..., 0] * np.float32(110 / 127)).resize(
            (600, 500), Image.Resampling.BICUBIC
        )
    )
    places = [(0, 0), (1, 599), (250, 300), (499, 17), (333, 444)]
    got = page.module(
        "const {AbField} = await import('./static/ab_field.js');"
        "const field = new AbField(new Int8Array(args[0]), 224);"
        "return args[1].map(([r, c]) => field.at((c + 0.5) / 600, (r + 0.5) / 500)[0])",
        values.ravel().tolist(),
        places,
    )
    np.testing.assert_allclose(got, [plane[place] for place in places], atol=1e-3)


def test_compositors_draw_what_the_server_writes(page: Page):
    rng = np.random.default_rng(3)
    height, width = 600, 800
    coarse = rng.integers(60, 200, (12, 16)).astype(np.uint8)
    grey = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    small = rng.uniform(-35, 35, (20, 20, 2)).astype(np.float32)
    smooth = [
        Image.fromarray(small[..., i]).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        for i in range(2)
    ]
    values = np.round(np.stack(smooth, -1) * 127 / 110).clip(-127, 127).astype(np.int8)
    ab = values.astype(np.float32) * np.float32(110 / 127)
    expected = finish.color_photo(np.repeat(grey[..., None], 3, -1), ab)
    places = np.stack([rng.integers(0, height, 300), rng.integers(0, width, 300)], -1)
    for module, name in (("compositor_gl", "GlCompositor"), ("compositor_2d", "PlainCompositor")):
        drawn = page.module(
            f"""
            const {{ {name}: Compositor }} = await import('./static/{module}.js');
            const [grey, ab, width, height, places] = args;
            const image = new ImageData(width, height);
            grey.forEach((v, i) => image.data.set([v, v, v, 255], 4 * i));
            const source = new OffscreenCanvas(width, height);
            source.getContext('2d').putImageData(image, 0, 0);
            const canvas = document.createElement('canvas');
            Object.assign(canvas, {{ width, height }});
            const compositor = new Compositor(canvas);
            compositor.setPhoto(source);
            compositor.setAb(new Int8Array(ab), 224);
            const photo = {{ left: 0, top: 0, width, height }};
            const pane = {{ x: 0, y: 0, width, height, color: true, photo }};
            compositor.draw([pane], [0, 0, 0]);
            return places.map(([row, column]) => compositor.pixel(column, row));""",
            grey.ravel().tolist(),
            values.ravel().tolist(),
            width,
            height,
            places.tolist(),
        )
        difference = np.abs(np.subtract(drawn, expected[places[:, 0], places[:, 1]]))
        assert difference.max() <= 2, name
        assert difference.mean() < 0.4, name


NAMES = [
    *(
        "हिन्दी फोटो.jpg",
        "Mu\u0308ller 1932.jpg",
        "ภาพเก่า.ที่.jpg",
        "Oma & Opa, #3.jpg",
        "O'Brien.jpeg",
    ),
    *(
        "a+b@home.jpg",
        "../up\\to.png",
        'a:b*c?"<d>|e.png',
        "tab\tand\x7f\x85.png",
        "\ud800x\udfff.jpg",
    ),
    *("👩\u200d🎨.jpg", "😀" * 90 + ".jpg", ".jpg", "a.", " b . .png", "..", "?.png", "", "x" * 90),
]


def test_names_are_made_as_the_server_makes_them(page: Page):
    made = page.module(
        "const { stemOf } = await import('./static/local_name.js');"
        "return JSON.parse(args[0]).map(stemOf);",
        json.dumps(NAMES),
    )
    assert made == [file_stem(name) for name in NAMES]


def test_an_archive_takes_what_its_numbers_can_say(page: Page):
    """13 files of 300 MiB are 3.8 GiB, 14 are 4.1. What is refused leaves it whole."""
    told, added, archive = page.module("""
        const { Zip } = await import('./static/zip.js');
        const zip = new Zip();
        const large = { size: 300 * 2 ** 20, arrayBuffer: async () => new ArrayBuffer(1) };
        let told;
        try {
            while (zip.files < 20) await zip.add({ name: 'large', blob: large });
        } catch ({ message }) {
            told = message;
        }
        const small = new Zip();
        for (const name of ['A.png', 'a.png', '\u00c4.png', 'a\u0308.png', 'b.png']) {
            const blob = name === 'b.png' ? { size: 2 ** 32 } : new Blob([name]);
            await small.add({ name, blob }).catch(() => {});
        }
        return [told, zip.files, [...new Uint8Array(await small.blob.arrayBuffer())]];
    """)
    assert told == "a ZIP file holds less than 4 GiB and 65,535 files; save these one by one"
    assert added == 13
    with zipfile.ZipFile(io.BytesIO(bytes(archive))) as found:
        assert found.testzip() is None
        assert found.namelist() == ["A.png", "a (2).png", "\u00c4.png", "a\u0308 (2).png"]
        assert found.read("a (2).png") == b"a.png"


def test_an_archive_counts_its_files(page: Page):
    count = page.module("""
        const { Zip } = await import('./static/zip.js');
        const zip = new Zip();
        const blob = { size: 0, arrayBuffer: async () => new ArrayBuffer(0) };
        for (let i = 0; i < 65_535; i++) await zip.add({ name: `${i}`, blob }).catch(() => {});
        return zip.files;
    """)
    assert count == 65_534


def test_likely_colors_are_asked_for_again_after_a_failure_and_by_budget(page: Page):
    shown, asked = page.module("""
        const { Likely } = await import('./static/likely.js');
        const asked = [];
        const engine = { async suggest(photo, { budget }) {
            asked.push(budget);
            if (asked.length === 1) throw new Error('away');
            return [{ a: budget, b: 0 }];
        } };
        const selected = { row: 1, column: 2 };
        const session = { photo: {}, queue: { async settled() {} } };
        const budget = { budget: 0.5 };
        const hints = { hints: [selected], selected };
        const likely = new Likely({ engine, session, hints, budget });
        const shown = [];
        let done;
        likely.addEventListener('found', () => {
            shown.push(likely.of(selected));
            done();
        });
        const look = () => new Promise((resolve) => {
            done = resolve;
            if (likely.of(selected)) done();
        });
        for (const wanted of [0.5, 0.5, 0.5, 1, 0.5]) {
            budget.budget = wanted;
            await look();
        }
        return [shown, asked];
    """)
    assert shown == [[], [{"a": 0.5, "b": 0}], [{"a": 1, "b": 0}]]
    assert asked == [0.5, 0.5, 1]

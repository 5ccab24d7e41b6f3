"""What a photo's file holds beside 8-bit colors goes along, or is told when it is opened."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

pytest.importorskip("jax2onnx", reason="the site is built in an environment with jax2onnx")

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.inference.colorizer import Colorizer
from acolvit_jax.photo import images
from acolvit_jax.photo.outputs import encode_output
from tests.photos import make_rgb

OPEN_AND_SAVE = """
    const { createEngine } = await import('./static/engine_local.js');
    const engine = await createEngine();
    const bytes = Uint8Array.from(atob(args[0]), (letter) => letter.charCodeAt(0));
    const options = { name: 'mine', onProgress() {}, signal: new AbortController().signal };
    const photo = await engine.open(new Blob([bytes]), options);
    const { result } = await engine.colorize(photo, { hints: [], budget: 0.5 });
    const files = {};
    for (const kind of ['png', 'jpeg']) {
      const { blob } = await engine.save(photo, result, kind, { saturation: 1, warmth: 0 });
      const saved = new Uint8Array(await blob.arrayBuffer());
      files[kind] = btoa(Array.from(saved, (byte) => String.fromCharCode(byte)).join(''));
    }
    return { alpha: photo.alpha, notes: photo.notes, files };"""
DEEP = "it has more than 8 bits a channel; the result has 8"
LONG = "its EXIF is more than a JPEG holds; PNG keeps it"


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def seen(page, content):
    """How a file is opened, and what is saved of it, by Pillow's kinds of files."""
    page.driver.set_script_timeout(120)
    found = page.module(OPEN_AND_SAVE, base64.b64encode(content).decode())
    files = {kind: base64.b64decode(text) for kind, text in found.pop("files").items()}
    return found, {kind: Image.open(io.BytesIO(data)) for kind, data in files.items()}, files


def exif_of(length=0):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x010E] = "Camera", 6, "x" * length
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_goes_along_and_is_true_of_the_pixels(page, kind):
    content = encoded(Image.fromarray(make_rgb(0, (40, 60))), kind, exif=exif_of())
    told, saved, _ = seen(page, content)
    turned = kind != "WEBP"  # Chromium leaves these as they lie
    notes = [] if turned else ["it is not turned as its EXIF says"]
    assert told == {"alpha": False, "notes": notes}
    for image in saved.values():
        assert image.size == ((40, 60) if turned else (60, 40))
        assert (image.getexif()[0x010F], image.getexif()[0x0112]) == ("Camera", 1 if turned else 6)


def test_exif_too_long_for_a_jpeg_is_told_and_stays_in_png(page):
    content = encoded(Image.fromarray(make_rgb(0, (40, 60))), "PNG", exif=exif_of(70_000))
    told, saved, _ = seen(page, content)
    assert told["notes"] == [LONG]
    server = images.read_photo(content).notes
    assert server == (LONG.replace("PNG keeps", "other formats keep"),)
    assert len(saved["png"].getexif()[0x010E]) == 70_000
    assert not saved["jpeg"].getexif()


def test_xmp_goes_along_and_damaged_exif_is_told(page):
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    content = encoded(Image.fromarray(make_rgb(0, (40, 60))), "PNG", pnginfo=text, exif=b"MM")
    told, _, files = seen(page, content)
    assert told["notes"] == ["its EXIF is damaged and is left out"]
    for saved in files.values():
        assert images.read_photo(saved).metadata.xmp == b"<x:xmpmeta/>"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_resolution_goes_along(page, kind):
    content = encoded(Image.fromarray(make_rgb(0, (40, 60))), kind, dpi=(300, 240))
    _, saved, _ = seen(page, content)
    for image in saved.values():
        np.testing.assert_allclose(image.info["dpi"], (300, 240), atol=0.02)


def test_no_resolution_is_made_up_and_png_says_that_it_is_srgb_once(page):
    content = encoded(Image.fromarray(make_rgb(0, (40, 60))), "PNG")
    _, saved, files = seen(page, content)
    for image in saved.values():
        assert "dpi" not in image.info
    assert files["png"].count(b"sRGB") + files["png"].count(b"iCCP") == 1


def deep_png(values):
    """A PNG of 16 bits a channel: Pillow writes none in color."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def test_16_bits_are_told_as_the_server_tells_them(page):
    content = deep_png(make_rgb(0, (40, 60)).astype(np.uint16) * 257)
    told, _, _ = seen(page, content)
    assert told["notes"] == [DEEP]
    assert images.read_photo(content).notes == (DEEP,)


def test_alpha_goes_along_and_colors_are_those_of_the_colorizer(page, model):
    rgb = make_rgb(0, (40, 60))
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:10], alpha[10:20], alpha[20:25, :30] = 0, 128, 40
    content = encoded(Image.fromarray(np.dstack([rgb, alpha])), "PNG")
    told, saved, _ = seen(page, content)
    assert told == {"alpha": True, "notes": []}
    got = np.asarray(saved["png"].convert("RGBA")).astype(int)
    np.testing.assert_array_equal(got[..., 3], alpha)
    photo = images.read_photo(content)
    colored = Colorizer(*load_pretrained(model), budget=0.5)(content).rgb
    server = Image.open(io.BytesIO(encode_output("png", photo, colored)))
    wanted = np.asarray(server.convert("RGBA")).astype(int)
    share = alpha[..., None] / 255
    over_white = (got - wanted)[..., :3] * share
    assert np.abs(over_white).max() <= 2  # the canvas premultiplies
    assert np.abs(np.asarray(saved["jpeg"]).astype(int) - colored).mean() < 2


def test_a_photo_that_is_transparent_everywhere_is_told(page):
    content = encoded(Image.new("RGBA", (60, 40), (200, 30, 30, 0)), "PNG")
    told, _, _ = seen(page, content)
    assert told["notes"] == ["it is transparent everywhere, so that nothing of it is seen here"]


def test_only_the_first_of_some_frames_is_told(page):
    frames = [Image.fromarray(make_rgb(seed, (40, 60))) for seed in (0, 1)]
    content = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    told, _, _ = seen(page, content)
    assert told["notes"] == ["of its frames the first is taken"]


def test_the_page_says_it_in_one_sentence(page):
    content = deep_png(make_rgb(0, (40, 60)).astype(np.uint16) * 257)
    page.js(
        "const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));"
        "const data = new DataTransfer(); data.items.add(new File([bytes], 'deep.png'));"
        "const input = document.querySelector('#file-photo'); input.files = data.files;"
        "input.dispatchEvent(new Event('change'))",
        base64.b64encode(content).decode(),
    )
    page.wait(lambda: page.id("toast").text == f"“deep.png”: {DEEP}.", "the sentence")


def test_a_photo_whose_file_has_gone_is_read_from_its_copy(page, tmp_path, downloads):
    path = tmp_path / "stick.png"
    path.write_bytes(encoded(Image.fromarray(make_rgb(0, (40, 60))), "PNG"))
    page.choose_file("file-photo", path)
    page.settle()
    page.wait(lambda: page.js("return acolvit.kept"), "the copy")
    path.unlink()
    page.js("document.querySelector('[data-save=png]').click()")
    with Image.open(page.saved(downloads, "stick_color.png")) as saved:
        assert saved.size == (60, 40)

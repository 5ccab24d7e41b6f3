"""Whatever picture goes in over HTTP, and what comes out."""

import io

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.photo import color, images
from acolvit_jax.photo.outputs import OUTPUTS
from tests.demo.calls import (
    add,
    colorize,
    decoded,
    encoded,
    own_hints,
    refused,
    result_of,
)
from tests.photos import make_rgb


def test_grey_is_the_photos_lightness(client):
    rgb = make_rgb(3, (300, 200))
    photo = add(client, encoded(Image.fromarray(rgb), "PNG"))
    grey = decoded(client.get("/" + photo["grey"]))
    lab = color.uint8_to_lab(rgb)
    lab[..., 1:] = 0
    assert abs(grey.astype(int) - color.lab_to_uint8(lab)[..., 1]).max() <= 6  # it is a JPEG
    assert decoded(client.get(f"/{photo['grey']}?max_side=64")).shape == (64, 43)
    for bad in ("63", "4097", "1e3", "-64", "", "64.5", "9" * 5000, "٦٤"):
        response = client.get("/" + photo["grey"], params={"max_side": bad})
        refused(response, 422, "max_side")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_comes_out_upright_and_keeps_its_exif(client, small_colorizer, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    exif[271] = "a maker"
    rgb = make_rgb(1)
    data = encoded(Image.fromarray(rgb), "JPEG", exif=exif.tobytes(), quality=95)
    upright = images.read_image(data)
    photo = add(client, data)
    assert (photo["height"], photo["width"]) == upright.shape[:2]
    grey = decoded(client.get("/" + photo["grey"])).astype(int)
    lab = color.uint8_to_lab(upright)
    assert abs(grey - color.lab_to_uint8(lab * [1, 0, 0])[..., 1]).max() <= 6
    response = client.get(f"/{result_of(colorize(client, photo, []))['url']}?format=jpeg")
    file = Image.open(io.BytesIO(response.content))
    assert 274 not in file.getexif()
    assert file.getexif()[271] == "a maker"
    png = client.get("/" + result_of(colorize(client, photo, []))["url"])
    np.testing.assert_array_equal(decoded(png), small_colorizer(data).rgb)


def odd_files():
    rgb = Image.fromarray(make_rgb(5))
    grey16 = (np.asarray(rgb)[..., 0].astype(np.uint16) * 257).astype(np.uint16)
    return {
        "tiff": encoded(rgb, "TIFF"),
        "cmyk": encoded(rgb.convert("CMYK"), "JPEG"),
        "cmyk tiff": encoded(rgb.convert("CMYK"), "TIFF"),
        "16 bit png": encoded(Image.fromarray(grey16), "PNG"),
        "16 bit tiff": encoded(Image.fromarray(grey16), "TIFF"),
        "gif": encoded(rgb, "GIF"),
        "bmp": encoded(rgb, "BMP"),
        "webp": encoded(rgb, "WEBP", lossless=True),
        "alpha": encoded(rgb.convert("RGBA"), "PNG"),
        "one bit": encoded(rgb.convert("1"), "PNG"),
        "palette": encoded(rgb.convert("P"), "PNG"),
        "mpo": encoded(rgb, "MPO"),
    }


@pytest.mark.parametrize("kind", list(odd_files()))
def test_whatever_is_read_elsewhere_is_read_here(client, small_colorizer, kind):
    data = odd_files()[kind]
    photo = add(client, data, headers={"Content-Type": "image/whatever"})
    png = client.get("/" + result_of(colorize(client, photo))["url"])
    expected = small_colorizer(images.read_image(data), own_hints()).rgb
    np.testing.assert_array_equal(decoded(png), expected)


def test_a_format_that_cannot_hold_the_picture_says_so(client):
    photo = add(client, encoded(Image.fromarray(make_rgb(0, (1, 66_000))), "PNG"))
    assert Image.open(io.BytesIO(client.get("/" + photo["grey"]).content)).size == (2048, 1)
    url = "/" + result_of(colorize(client, photo, []))["url"]
    assert decoded(client.get(url)).shape == (1, 66_000, 3)
    refused(client.get(url + "?format=jpeg"), 422, "format", text="cannot write")


def test_a_lone_pixel_is_a_photo(client):
    photo = add(client, encoded(Image.fromarray(make_rgb(0, (1, 1))), "PNG"))
    hint = {"row": 0, "column": 0, "color": "red"}
    url = "/" + result_of(colorize(client, photo, [hint], exact_hints=True))["url"]
    assert decoded(client.get(url)).shape == (1, 1, 3)


def test_results_in_every_format_keep_alpha_or_say_so(client):
    image = Image.fromarray(np.dstack([make_rgb(0), np.full(make_rgb(0).shape[:2], 99, np.uint8)]))
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(300, 300))
    photo = add(client, out.getvalue(), params={"name": "cut.png"})
    assert photo["alpha"] is True
    result = result_of(colorize(client, photo))
    for kind, output in OUTPUTS.items():
        answer = client.get(f"/{result['url']}?format={kind}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == output.media_type
        assert f"cut{output.ending}" in answer.headers["Content-Disposition"]
        with Image.open(io.BytesIO(answer.content)) as written:
            if kind in ("png", "tiff", "webp"):
                assert (np.asarray(written.convert("RGBA"))[..., 3] == 99).all()
    deep = io.BytesIO()
    Image.fromarray(np.zeros((20, 30), np.uint16)).save(deep, "PNG")
    (note,) = add(client, deep.getvalue())["notes"]
    assert "8 bits" in note

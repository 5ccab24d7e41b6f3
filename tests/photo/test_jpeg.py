"""JPEGs decoded in one go are what Pillow makes of them."""

import io

import numpy as np
import pytest
from PIL import Image

from acolvit_jax.photo import images, jpeg
from tests.photos import make_rgb

RGB = make_rgb(0, (75, 101))  # no multiple of a block


def save(image=None, **options):
    buffer = io.BytesIO()
    (image or Image.fromarray(RGB)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def by_pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def decode(data):
    with Image.open(io.BytesIO(data)) as image:
        return jpeg.decode_color(image, data)


@pytest.mark.parametrize(
    "options",
    [
        {"quality": 92, "subsampling": "4:2:0"},
        {"quality": 60, "subsampling": "4:2:2"},
        {"quality": 100, "subsampling": "4:4:4"},
        {"progressive": True},
        {"restart_marker_blocks": 2},
        {"keep_rgb": True},
    ],
)
def test_pixels_are_those_of_pillow(options):
    data = save(**options)
    np.testing.assert_array_equal(decode(data), by_pillow(data))
    np.testing.assert_array_equal(images.read_image(data), by_pillow(data))


def test_what_the_file_says_is_kept():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = save(exif=exif, comment="grandmother", dpi=(300, 300))
    assert decode(data) is not None
    photo = images.read_photo(data)
    np.testing.assert_array_equal(photo.rgb, np.rot90(by_pillow(data), -1))
    assert photo.metadata.comment == b"grandmother"
    assert photo.metadata.dpi == (300, 300)


def test_others_are_left_to_pillow():
    plain = Image.fromarray(RGB)
    for image in (plain.convert("L"), plain.convert("CMYK")):
        assert decode(save(image)) is None
    data = save()
    assert decode(data[:-2]) is None  # it may be cut anywhere
    assert decode(data + b"\0") is None
    buffer = io.BytesIO()
    plain.save(buffer, "PNG")
    assert decode(buffer.getvalue()) is None


def test_damaged_scans_are_what_pillow_makes_of_them():
    data = bytearray(save(quality=95))
    middle = len(data) // 2
    data[middle : middle + 20] = bytes(20)
    np.testing.assert_array_equal(images.read_image(bytes(data)), by_pillow(bytes(data)))

"""Metadata of photographs: colors of another profile, tags that only editors want."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from acolvit_jax.photo import images
from acolvit_jax.photo.metadata import Metadata
from tests.photos import make_rgb

# Primaries adapted to D50, as profiles hold them: columns are X, Y, Z of red, green and blue.
DISPLAY_P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.2412, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
GAMMA = 2.2


def profile(primaries, name):
    """An ICC profile (version 2) of three primaries and a power."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(n * 65536)) for n in numbers)

    text = name.encode() + b"\0"
    desc = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(GAMMA * 256)) + bytes(2)
    tags = {b"desc": desc, b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249)}
    for letter, column in zip(b"rgb", primaries.T, strict=True):
        tags[bytes([letter]) + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*column)
        tags[bytes([letter]) + b"TRC"] = curve
    offset, table, data = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for key, value in tags.items():
        value += bytes(-len(value) % 4)
        table += key + struct.pack(">II", offset + len(data), len(value))
        data += value
    size = offset + len(data)
    head = struct.pack(">I", size) + bytes(4) + struct.pack(">I", 0x02100000) + b"mntrRGB XYZ "
    head += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249) + bytes(48)
    return head + table + data


def in_srgb(rgb):
    """The colors of a P3 photo in sRGB, by hand."""
    linear = (rgb / 255.0) ** GAMMA @ DISPLAY_P3.T @ np.linalg.inv(SRGB).T
    linear = linear.clip(0, 1)
    high = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return 255 * np.where(linear > 0.0031308, high, 12.92 * linear)


def save(rgb, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_colors_of_a_wide_profile_are_converted(kind):
    rgb = np.array(
        [[[192, 48, 32], [30, 160, 60], [255, 255, 255], [0, 0, 0], [90, 90, 90]]], np.uint8
    )
    data = save(rgb, kind, icc_profile=profile(DISPLAY_P3, "Display P3"))
    photo = images.read_photo(data)
    np.testing.assert_allclose(photo.rgb, in_srgb(rgb), atol=1.6)
    assert np.abs(photo.rgb - rgb.astype(int)).max() > 10
    np.testing.assert_array_equal(images.read_image(data), rgb)  # as the protocol does


def test_a_profile_that_only_sounds_like_srgb_is_converted():
    rgb = make_rgb(0, (24, 32))
    for name in ("Linear sRGB", "sRGB", "sRGB IEC61966-2.1"):
        photo = images.read_photo(save(rgb, "PNG", icc_profile=profile(DISPLAY_P3, name)))
        np.testing.assert_allclose(photo.rgb, in_srgb(rgb), atol=1.6)


def test_srgb_s_own_profile_changes_nothing():
    rgb = make_rgb(0, (24, 32))
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = images.read_photo(save(rgb, "PNG", icc_profile=own))
    np.testing.assert_array_equal(photo.rgb, rgb)


def test_what_editors_keep_in_a_tiff_does_not_keep_a_jpeg_from_being_written():
    tags = ImageFileDirectory_v2()
    tags[271] = "a maker"
    tags.tagtype[34377], tags[34377] = 7, bytes(70_000)  # Photoshop's layers
    photo = images.read_photo(save(make_rgb(0, (24, 32)), "TIFF", tiffinfo=tags))
    written = images.encode_image(photo.rgb, ".jpg", metadata=photo.metadata)
    assert dict(Image.open(io.BytesIO(written)).getexif()) == {271: "a maker"}


def test_an_exif_block_too_long_for_a_jpeg_is_left_out():
    exif = Image.Exif()
    exif[270] = "x" * 70_000
    written = images.encode_image(
        make_rgb(0, (24, 32)), ".jpg", metadata=Metadata(exif=exif.tobytes())
    )
    assert not Image.open(io.BytesIO(written)).getexif()
    written = images.encode_image(
        make_rgb(0, (24, 32)), ".png", metadata=Metadata(exif=exif.tobytes())
    )
    assert 270 in Image.open(io.BytesIO(written)).getexif()


@pytest.mark.parametrize("big", [False, True])
def test_what_a_tiff_says_goes_along_whatever_the_format(big):
    told, exif = Image.Exif(), Image.Exif()
    told[270] = "grandmother"
    told.get_ifd(0x8769)[0x9003] = "1931:05:04 10:00:00"
    exif.load(told.tobytes())
    data = save(make_rgb(0, (24, 32)), "TIFF", exif=exif, dpi=(600, 300), big_tiff=big)
    assert (data[2] == 43) == big
    photo = images.read_photo(data)
    for suffix in (".jpg", ".png", ".tif", ".webp"):
        written = images.encode_image(photo.rgb, suffix, metadata=photo.metadata)
        with Image.open(io.BytesIO(written)) as image:
            kept = image.getexif()
            assert kept[270] == "grandmother", suffix
            assert kept.get_ifd(0x8769)[0x9003] == "1931:05:04 10:00:00"
            if suffix != ".webp":
                assert np.allclose(image.info["dpi"], (600, 300)), suffix


def test_a_tiff_of_pixels_a_centimeter():
    tags = ImageFileDirectory_v2()
    tags[282], tags[283], tags[296] = 100.0, 200.0, 3
    photo = images.read_photo(save(make_rgb(0, (24, 32)), "TIFF", tiffinfo=tags))
    assert photo.metadata.dpi == (254, 508)
    tags[296] = 1  # no unit: it says what shape the pixels have
    photo = images.read_photo(save(make_rgb(0, (24, 32)), "TIFF", tiffinfo=tags))
    assert photo.metadata.dpi is None


RESOLUTIONS = {  # type of the tag, its number of values, their bytes
    "not a number that is written": (7, 1, b"7"),
    "an empty text": (2, 1, b""),
    "more than formats hold": (5, 1, struct.pack("<II", 4278190380, 1)),
    "no end": (12, 1, struct.pack("<d", float("inf"))),
}


@pytest.mark.parametrize("case", RESOLUTIONS)
def test_a_damaged_resolution_keeps_no_photo_from_being_read_and_written(case):
    kind, count, value = RESOLUTIONS[case]
    held = struct.pack("<I", 38) if len(value) > 4 else value.ljust(4, b"\0")
    table = struct.pack("<HHI", 282, kind, count) + held + struct.pack("<HHIHH", 296, 3, 1, 2, 0)
    block = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + table + bytes(4) + value
    data = save(make_rgb(0, (24, 32)), "JPEG", exif=block)
    length = int.from_bytes(data[4:6], "big")
    photo = images.read_photo(data[:2] + data[4 + length :])  # without JFIF's own
    for suffix in (".avif", ".jpg", ".png", ".tif", ".webp"):
        written = images.encode_image(photo.rgb, suffix, metadata=photo.metadata)
        assert images.read_photo(written).rgb.shape == (24, 32, 3)


def test_xmp_too_long_for_a_jpeg_is_told():
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", "<x/>".ljust(65_503))
    photo = images.read_photo(save(make_rgb(0, (24, 32)), "PNG", pnginfo=chunks))
    assert photo.notes == ("its XMP is more than a JPEG holds; other formats keep it",)
    for suffix, kept in ((".jpg", None), (".png", photo.metadata.xmp)):
        written = images.encode_image(photo.rgb, suffix, metadata=photo.metadata)
        assert images.read_photo(written).metadata.xmp == kept


@pytest.mark.parametrize(
    ("packet", "kept"),
    [
        (b'<r a:b="1" xmpNote:HasExtendedXMP="0AF3"/>', b'<r a:b="1"/>'),
        (b"<r\n  xmpNote:HasExtendedXMP = '0AF3'\n  a:b='1'/>", b"<r\n \n  a:b='1'/>"),
        (b"<r><xmpNote:HasExtendedXMP>0AF3</xmpNote:HasExtendedXMP></r>", b"<r></r>"),
    ],
)
def test_extended_xmp_is_told_and_not_referred_to(packet, kept):
    data = save(make_rgb(0, (24, 32)), "JPEG", xmp=packet)
    assert images.read_photo(data).notes == ()
    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"0AF3".ljust(32) + bytes(8) + b"<more/>"
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(extended)) + extended
    photo = images.read_photo(data[:2] + segment + data[2:])
    assert photo.notes == ("a part of its XMP is left out",)
    for suffix in (".jpg", ".png", ".tif", ".webp"):
        written = images.encode_image(photo.rgb, suffix, metadata=photo.metadata)
        assert images.read_photo(written).metadata.xmp == kept

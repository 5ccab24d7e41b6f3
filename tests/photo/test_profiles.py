"""Colors of any profile are what LittleCMS, asked directly, makes of them."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from acolvit_jax.photo import images
from acolvit_jax.photo.profiles import SRGB, adobe_rgb, with_gamma
from tests.photos import make_rgb

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)
LINEAR_GREY = with_gamma(1.0, None, grey=True)
LINEAR_RGB = with_gamma(1.0, None, grey=False)


def encoded(unit):
    """sRGB's curve, on linear light in [0, 1]; 0 to 255."""
    high = 1.055 * np.maximum(unit, 0.0031308) ** (1 / 2.4) - 0.055
    return 255 * np.where(unit > 0.0031308, high, 12.92 * unit)


def save(pixels, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def littlecms(pixels, profile):
    image = ImageCms.profileToProfile(
        Image.fromarray(pixels),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
    )
    return np.asarray(image)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_grey_profiles(kind):
    options = {"quality": 100} if kind == "JPEG" else {}
    rgb = images.read_photo(save(RAMP, kind, icc_profile=LINEAR_GREY, **options)).rgb
    step = 4 if kind == "JPEG" else 1
    # Below, LittleCMS's own table of 8 bits is coarser than the curve.
    np.testing.assert_allclose(rgb[4:], littlecms(RAMP, LINEAR_GREY)[4:], atol=step)
    first = 4 if kind == "JPEG" else 0
    np.testing.assert_allclose(rgb[first:, :, 0], encoded(RAMP / 255)[first:], atol=step)


def test_grey_with_alpha_and_a_profile():
    alpha = np.full_like(RAMP, 255)
    alpha[0] = 0
    rgb = images.read_photo(save(np.dstack([RAMP, alpha]), "PNG", icc_profile=LINEAR_GREY)).rgb
    np.testing.assert_allclose(rgb[1:, :, 1], encoded(RAMP / 255)[1:], atol=1)
    assert (rgb[0] == 255).all()


def test_16_bits_keep_their_shadows():
    values = np.linspace(0, 3000, 256).astype(np.uint16).reshape(16, 16)
    values[-1, -1] = 65535
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, photometric="minisblack", iccprofile=LINEAR_GREY)
    expected = encoded(values / 65535)
    np.testing.assert_allclose(images.read_photo(buffer.getvalue()).rgb[..., 0], expected, atol=1)
    png = images.read_photo(save(values, "PNG", icc_profile=LINEAR_GREY)).rgb
    np.testing.assert_allclose(png[..., 0], expected, atol=1)
    buffer = io.BytesIO()
    colored = np.dstack([values, values // 2, values // 3])
    tifffile.imwrite(buffer, colored, photometric="rgb", iccprofile=LINEAR_RGB)
    np.testing.assert_allclose(
        images.read_photo(buffer.getvalue()).rgb, encoded(colored / 65535), atol=1.1
    )


def test_wide_rgb_profiles():
    rgb = make_rgb(0, (24, 32))
    read = images.read_photo(save(rgb, "PNG", icc_profile=adobe_rgb())).rgb
    np.testing.assert_allclose(read, littlecms(rgb, adobe_rgb()), atol=1)
    assert np.abs(read.astype(int) - rgb).max() > 10


def test_grey_pixels_with_an_rgb_profile():
    read = images.read_photo(save(RAMP, "PNG", icc_profile=LINEAR_RGB)).rgb
    np.testing.assert_allclose(read[..., 0], encoded(RAMP / 255), atol=1)


def test_a_profile_of_other_pixels_is_left_aside_and_not_written():
    rgb = make_rgb(0, (24, 32))
    photo = images.read_photo(save(rgb, "PNG", icc_profile=LINEAR_GREY))
    np.testing.assert_array_equal(photo.rgb, rgb)
    assert "GRAY profile does not fit" in photo.notes[0]
    written = images.encode_image(photo.rgb, ".png", metadata=photo.metadata)
    assert Image.open(io.BytesIO(written)).info["icc_profile"] == SRGB


@pytest.mark.parametrize("profile", [b"rubbish", b"x" * 15 + b"xRGB " + bytes(200)])
def test_profiles_that_cannot_be_read_change_nothing(profile):
    rgb = make_rgb(0, (24, 32))
    photo = images.read_photo(save(rgb, "PNG", icc_profile=profile))
    np.testing.assert_array_equal(photo.rgb, rgb)
    assert len(photo.notes) == 1


def test_adobe_rgb_that_only_exif_names():
    rgb = make_rgb(0, (24, 32))
    exif = Image.Exif()
    exif[0x8769] = {0xA001: 65535, 0xA005: {1: "R03"}}
    photo = images.read_photo(save(rgb, "PNG", exif=exif))
    np.testing.assert_allclose(photo.rgb, littlecms(rgb, adobe_rgb()), atol=1)
    written = images.encode_image(photo.rgb, ".jpg", metadata=photo.metadata)
    details = Image.open(io.BytesIO(written)).getexif()
    assert details.get_ifd(0x8769)[0xA001] == 1
    assert details.get_ifd(0xA005)[1] == "R98"


def with_chunk(data, kind, body):
    """A PNG with one more chunk after its header."""
    chunk = struct.pack(">I", len(body)) + kind + body
    return data[:33] + chunk + struct.pack(">I", zlib.crc32(kind + body)) + data[33:]


def test_pngs_gamma():
    gamma = with_chunk(save(RAMP, "PNG"), b"gAMA", struct.pack(">I", 100_000))
    np.testing.assert_allclose(images.read_photo(gamma).rgb[..., 0], encoded(RAMP / 255), atol=1)
    rgb = make_rgb(0, (24, 32))
    usual = with_chunk(save(rgb, "PNG"), b"gAMA", struct.pack(">I", 45455))
    np.testing.assert_array_equal(images.read_photo(usual).rgb, rgb)
    linear = with_chunk(save(rgb, "PNG"), b"gAMA", struct.pack(">I", 100_000))
    np.testing.assert_allclose(images.read_photo(linear).rgb, encoded(rgb / 255), atol=1.1)
    declared = with_chunk(linear, b"sRGB", b"\0")
    np.testing.assert_array_equal(images.read_photo(declared).rgb, rgb)


def test_lab():
    rgb = make_rgb(0, (24, 32))
    lab = ImageCms.profileToProfile(
        Image.fromarray(rgb),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    buffer = io.BytesIO()
    lab.save(buffer, "TIFF")
    read = images.read_photo(buffer.getvalue()).rgb
    assert np.abs(read.astype(int) - rgb).mean() < 2

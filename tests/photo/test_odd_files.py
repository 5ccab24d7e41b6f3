"""Odd metadata refuses no whole pixels, and a lost end no whole JPEG."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from acolvit_jax.common.errors import ImageError
from acolvit_jax.photo import images
from acolvit_jax.photo.profiles import adobe_rgb
from tests.photos import make_rgb

RGB = make_rgb(0, (48, 64))


def png(pixels=RGB, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", **options)
    return buffer.getvalue()


def chunk(kind, body):
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("method", ["add_text", "add_itxt"])
def test_long_texts_are_left_out_and_others_kept(method, compressed):
    info = PngImagePlugin.PngInfo()
    getattr(info, method)("workflow", "x" * (1 << 21), zip=compressed)
    info.add_text("Title", "Grandmother")
    photo = images.read_photo(png(pnginfo=info))
    np.testing.assert_array_equal(photo.rgb, RGB)
    assert photo.metadata.text == {"Title": "Grandmother"}
    assert photo.notes == ("a text of more than 1 MiB is left out",)


def test_long_profiles_are_used():
    profile = adobe_rgb() + bytes(1 << 20)
    profile = struct.pack(">I", len(profile)) + profile[4:]
    expected = images.read_photo(png(icc_profile=adobe_rgb())).rgb
    np.testing.assert_array_equal(images.read_photo(png(icc_profile=profile)).rgb, expected)


def test_wrong_checksums_of_ancillary_chunks():
    data = png()
    broken = bytearray(chunk(b"tEXt", b"Title\0Grandmother"))
    broken[-1] ^= 1
    photo = images.read_photo(data[:33] + bytes(broken) + data[33:])
    np.testing.assert_array_equal(photo.rgb, RGB)
    assert photo.notes == ("its damaged tEXt chunk is left aside",)
    header = bytearray(data)
    header[29] ^= 1  # of what the picture cannot do without
    with pytest.raises(ImageError, match="is damaged"):
        images.read_photo(bytes(header))


def test_transparency_of_16_bit_pngs():
    values = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    clear = struct.pack(">H", int(values[3, 3]))
    data = png(values)
    rgb = images.read_photo(data[:33] + chunk(b"tRNS", clear) + data[33:]).rgb
    expected = np.rint(values / 257).astype(np.uint8)
    expected[3, 3] = 255
    np.testing.assert_array_equal(rgb[..., 0], expected)


@pytest.mark.parametrize(
    ("mode", "notes"),
    [
        ("BMP", ()),  # its fourth byte is known to mean nothing then
        ("PNG", ("its alpha is zero everywhere and is left aside",)),
    ],
)
def test_alpha_that_is_zero_everywhere_is_no_alpha(mode, notes):
    layer = np.dstack([RGB, np.zeros(RGB.shape[:2], np.uint8)])
    buffer = io.BytesIO()
    Image.fromarray(layer).save(buffer, mode)
    photo = images.read_photo(buffer.getvalue())
    np.testing.assert_array_equal(photo.rgb, RGB)
    assert photo.notes == notes


def jpeg(**options):
    buffer = io.BytesIO()
    Image.fromarray(make_rgb(0, (320, 240))).save(buffer, "JPEG", quality=92, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_mark_is_whole(progressive):
    data = jpeg(progressive=progressive)
    photo = images.read_photo(data[:-2])
    np.testing.assert_array_equal(photo.rgb, images.read_photo(data).rgb)
    assert photo.notes == ("the file ends too early: 0 of its rows are lost",)


def test_a_jpeg_without_its_last_rows_says_how_many():
    data = jpeg()
    photo = images.read_photo(data[: -len(data) // 50])
    lost = int(photo.notes[0].split(":")[1].split()[0])
    assert 0 < lost <= 32
    whole = images.read_photo(data).rgb
    np.testing.assert_array_equal(photo.rgb[: -lost - 8], whole[: -lost - 8])
    with pytest.raises(ImageError, match="truncated"):
        images.read_photo(data[: len(data) // 2])


def test_what_is_learned_from_and_compared_with_has_all_its_rows():
    data = jpeg()
    np.testing.assert_array_equal(images.read_image(data[:-2]), images.read_image(data))
    with pytest.raises(ImageError, match=r"ends too early: \d+ of its rows are lost"):
        images.read_image(data[: -len(data) // 50])


def test_frames_of_animations_are_told():
    frames = [Image.fromarray(make_rgb(i, (24, 32))) for i in range(3)]
    for kind in ("GIF", "PNG", "WEBP"):
        buffer = io.BytesIO()
        frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
        photo = images.read_photo(buffer.getvalue())
        assert photo.notes == ("of its 3 frames the first is taken",), kind
        opened = Image.open(buffer)
        opened.seek(2)
        photo = images.read_photo(opened)
        assert photo.notes == ("of its 3 frames number 3 is taken",), kind
        difference = photo.rgb.astype(int) - make_rgb(2, (24, 32))
        assert abs(difference).mean() < 12, kind


def test_pil_images_bytearrays_and_views_are_read():
    data = png()
    for source in (Image.open(io.BytesIO(data)), bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(images.read_photo(source).rgb, RGB)
    with pytest.raises(ImageError, match="not NoneType"):
        images.read_photo(None)


def test_a_file_open_as_text_is_not_called_damaged(tmp_path):
    (tmp_path / "photo.png").write_bytes(png())
    (tmp_path / "note.txt").write_text("plain")
    for name in ("photo.png", "note.txt"):
        message = rf"{name}: gives no bytes .* open it in binary"
        with (
            open(tmp_path / name, encoding="utf-8") as source,
            pytest.raises(ImageError, match=message),
        ):
            images.read_photo(source)
    with open(tmp_path / "photo.png", "rb") as source:
        np.testing.assert_array_equal(images.read_photo(source).rgb, RGB)


def test_heic_by_its_extra():
    heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    heif.from_pillow(Image.fromarray(make_rgb(0, (64, 96)))).save(buffer, quality=95)
    read = images.read_photo(buffer.getvalue()).rgb
    assert np.abs(read.astype(int) - make_rgb(0, (64, 96))).mean() < 12

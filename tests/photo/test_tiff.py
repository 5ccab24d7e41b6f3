"""TIFF files of every kind give the scene that was put into them."""

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from acolvit_jax.common.errors import ImageError, PixelLimitError
from acolvit_jax.photo import images
from tests.photos import make_rgb

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def tiff(values, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, metadata=None, **options)
    return buffer.getvalue()


def rgba_tiff(values):
    return tiff(values, photometric="rgb", extrasamples=["unassalpha"])


def pages(*written):
    """A TIFF of several pages, each a pair of values and options."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        for values, options in written:
            file.write(values, metadata=None, **options)
    return buffer.getvalue()


def is_grey(data, expected):
    rgb = images.read_photo(data).rgb
    np.testing.assert_array_equal(rgb, np.repeat(expected[..., None], 3, axis=-1))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_grey_of_either_polarity(bits, white_is_zero):
    values = RAMP if bits == 8 else RAMP.astype(np.uint16) * 257
    stored = np.iinfo(values.dtype).max - values if white_is_zero else values
    kind = "miniswhite" if white_is_zero else "minisblack"
    is_grey(tiff(stored, photometric=kind), RAMP)


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.uint32, np.int32])
def test_8_bits_in_more_are_told_by_their_values(kind):
    data = tiff(RAMP.astype(kind), photometric="minisblack")
    is_grey(data, RAMP)
    wide = 8 * np.dtype(kind).itemsize
    assert images.read_photo(data).notes == (f"its values end at 255: read as 8 bits in {wide}",)
    if kind == np.int32:
        opened = Image.fromarray(RAMP.astype(kind))
        np.testing.assert_array_equal(images.read_photo(opened).rgb[..., 1], RAMP)


@pytest.mark.parametrize("kind", ["miniswhite", "separated"])
def test_little_ink_is_a_light_picture(kind):
    shape = (8, 8, 4) if kind == "separated" else (8, 8)
    data = tiff(np.full(shape, 200, np.uint16), photometric=kind)
    photo = images.read_photo(data)
    assert photo.rgb.min() >= 250
    assert not any("read as" in note for note in photo.notes)


def test_12_bits_in_16_are_told_by_the_tag_or_by_their_values():
    twelve = np.rint(RAMP / 255 * 4095).astype(np.uint16)
    data = tiff(twelve, photometric="minisblack")
    is_grey(data, RAMP)
    assert "read as 12 bits" in images.read_photo(data).notes[0]
    dim = twelve // 2  # the brightest is no more than half of white: the tag decides
    half = tiff(dim, photometric="minisblack", extratags=[(281, "H", 1, 4095, True)])
    is_grey(half, np.rint(dim / 4095 * 255).astype(np.uint8))
    assert images.read_photo(half).notes[0] == "its values end at 2047: read as 12 bits in 16"


@pytest.mark.parametrize(
    ("dark", "largest", "tag"),
    [
        (RAMP // 4, 63, (281, "H", 1)),
        (RAMP // 2, 127, (281, "H", 1)),
        (RAMP.astype(np.uint16) * 20, 5100, (281, "H", 1)),
        (RAMP.astype(np.float32) / 1020, 0.25, (341, "f", 1)),
    ],
)
def test_the_largest_value_of_a_dark_photo_is_not_taken_for_white(dark, largest, tag):
    """TIFF has it as a fact about the picture, not as a range."""
    plain = tiff(dark, photometric="minisblack")
    stated = tiff(dark, photometric="minisblack", extratags=[(*tag, largest, True)])
    np.testing.assert_array_equal(images.read_image(stated), images.read_image(plain))
    assert images.read_photo(stated).notes == images.read_photo(plain).notes


def test_floats_of_a_stated_depth_are_told():
    values = RAMP.astype(np.float32) * 4
    data = tiff(values, photometric="minisblack", extratags=[(341, "f", 1, 1023.0, True)])
    is_grey(data, np.rint(values / 1023 * 255).astype(np.uint8))
    assert "read as 0 to 1023" in images.read_photo(data).notes[0]


def test_dark_16_bit_photos_stay_dark():
    values = RAMP.astype(np.uint16) * 100
    is_grey(tiff(values, photometric="minisblack"), np.rint(values / 257).astype(np.uint8))


@pytest.mark.parametrize("step", [1, 257])
def test_color_maps_of_8_and_of_16_bit_values(step):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 256, (3, 256))
    table[:, 0] = 255
    data = tiff(RAMP, photometric="palette", colormap=(table * step).astype(np.uint16))
    np.testing.assert_array_equal(images.read_photo(data).rgb, table.T[RAMP].astype(np.uint8))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_of_0_to_1(dtype):
    is_grey(tiff((RAMP / 255).astype(dtype), photometric="minisblack"), RAMP)


def test_floats_of_8_bit_values_are_read_with_a_note_and_wild_ones_refused():
    data = tiff(RAMP.astype(np.float32), photometric="minisblack")
    is_grey(data, RAMP)
    assert "read as 0 to 255" in images.read_photo(data).notes[0]
    broken = np.full((4, 4), np.nan, np.float32)
    broken[0, 0] = 1.0
    is_grey(tiff(broken, photometric="minisblack"), np.where(np.isnan(broken), 0, 255))
    with pytest.raises(ImageError, match="floating-point values up to 1e\\+06"):
        images.read_photo(tiff(np.full((4, 4), 1e6, np.float32), photometric="minisblack"))


@pytest.mark.parametrize("premultiplied", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_is_laid_over_white(premultiplied, channels):
    rng = np.random.default_rng(1)
    color = rng.integers(0, 256, (12, 9, channels)).astype(np.float64)
    alpha = rng.integers(64, 256, (12, 9, 1)).astype(np.float64)
    expected = 255 + (color - 255) * alpha / 255
    stored = np.concatenate([color * alpha / 255 if premultiplied else color, alpha], axis=-1)
    data = tiff(
        np.rint(stored).astype(np.uint8),
        photometric="minisblack" if channels == 1 else "rgb",
        extrasamples=["assocalpha" if premultiplied else "unassalpha"],
        planarconfig="contig",
    )
    rgb = images.read_photo(data).rgb
    np.testing.assert_allclose(rgb, np.broadcast_to(expected, rgb.shape), atol=1.01)


@pytest.mark.parametrize("encode", [rgba_tiff, imagecodecs.png_encode])
@pytest.mark.parametrize(
    ("brightest", "alpha", "expected"),
    [
        (65535, 3000, 12),  # 255 * 3000 / 65535 is 11.7
        (65535, 200, 1),
        (255, 102, 102),  # 8 bits in 16, of alpha too
        (255, 13107, 51),  # of the colors alone
        (4095, 819, 51),
    ],
)
def test_alpha_is_as_deep_as_the_colors(encode, brightest, alpha, expected):
    values = np.full((16, 16, 4), alpha, np.uint16)
    values[..., :3] = np.linspace(0, brightest, 256).reshape(16, 16, 1)
    assert (images.read_photo(encode(values)).alpha == expected).all()


def test_signed_alpha_has_a_bit_less():
    values = np.full((16, 16, 4), 2**31 - 1, np.int32)
    values[..., :3] = np.linspace(0, 30_000, 256).reshape(16, 16, 1)
    assert images.read_photo(rgba_tiff(values)).alpha is None  # opaque
    values[0, 0, 3] = -1
    with pytest.raises(ImageError, match="holds negative values"):
        images.read_photo(rgba_tiff(values))


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "zstd"])
@pytest.mark.parametrize("predictor", [False, True])
def test_compressions(compression, predictor):
    rgb = make_rgb(0, (24, 32))
    data = tiff(
        rgb,
        photometric="rgb",
        compression=compression,
        predictor=predictor and compression != "packbits",
    )
    np.testing.assert_array_equal(images.read_photo(data).rgb, rgb)


def test_planes_tiles_and_bigtiff():
    rgb = make_rgb(0, (40, 56))
    separate = tiff(rgb.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    for data in (separate, tiff(rgb, photometric="rgb", tile=(16, 16), bigtiff=True)):
        np.testing.assert_array_equal(images.read_photo(data).rgb, rgb)


@pytest.mark.parametrize(
    ("mode", "compression"),
    [("RGB", "jpeg"), ("1", "group3"), ("1", "group4"), ("YCbCr", None), ("CMYK", "tiff_lzw")],
)
def test_what_libtiff_writes(mode, compression):
    image = Image.fromarray(make_rgb(0, (40, 56))).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", compression=compression)
    with Image.open(buffer) as stored:  # JPEG loses something
        expected = np.asarray(stored.convert("RGB")).astype(int)
    assert np.abs(images.read_photo(buffer.getvalue()).rgb - expected).max() <= 1


def test_cmyk_without_a_profile():
    inks = np.zeros((4, 4, 4), np.uint8)
    inks[0, 0], inks[1, 1] = (0, 255, 255, 0), (0, 0, 0, 255)
    rgb = images.read_photo(tiff(inks, photometric="separated")).rgb
    assert rgb[0, 0].tolist() == [255, 0, 0]
    assert rgb[1, 1].tolist() == [0, 0, 0]
    assert rgb[2, 2].tolist() == [255, 255, 255]


def test_the_photo_is_taken_and_not_its_preview():
    rgb, preview = make_rgb(0, (48, 64)), make_rgb(1, (12, 16))
    marked = pages((preview, {"subfiletype": 1}), (rgb, {}))
    below = pages((preview, {"subfiletype": 1, "subifds": 1}), (rgb, {"subfiletype": 0}))
    unmarked = pages((preview, {}), (rgb, {}))
    for data in (marked, below, unmarked):
        np.testing.assert_array_equal(images.read_photo(data).rgb, rgb)
    assert images.read_photo(unmarked).notes == ("of its 2 pages number 2, the largest, is taken",)


def test_further_pages_are_told():
    photos = [make_rgb(i, (24, 32)) for i in range(3)]
    photo = images.read_photo(pages(*((rgb, {}) for rgb in photos)))
    np.testing.assert_array_equal(photo.rgb, photos[0])
    assert photo.notes == ("of its 3 pages the first is taken",)


def test_what_is_no_photo_is_refused_by_its_name():
    raw = tiff(RAMP, photometric=32803)
    with pytest.raises(ImageError, match="raw data of a camera's sensor"):
        images.read_photo(raw)
    with pytest.raises(PixelLimitError, match="16x16 pixels are more than the 100 allowed"):
        images.read_photo(tiff(RAMP, photometric="minisblack"), max_pixels=100)
    with pytest.raises(ImageError, match="is damaged"):
        images.read_photo(tiff(make_rgb(0, (24, 32)), photometric="rgb", compression="zlib")[:300])

"""Photographs of every kind are read right, and written without risk to what was there."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from acolvit_jax.common.errors import ImageError, PixelLimitError
from acolvit_jax.photo import images
from acolvit_jax.photo.metadata import Metadata
from acolvit_jax.photo.profiles import SRGB
from tests.photos import make_rgb


@pytest.fixture
def picture() -> np.ndarray:
    """Red, green over blue, white: no two orientations look alike."""
    rgb = np.zeros((16, 24, 3), np.uint8)
    rgb[:8, :12], rgb[:8, 12:] = (255, 0, 0), (0, 255, 0)
    rgb[8:, :12], rgb[8:, 12:] = (0, 0, 255), (255, 255, 255)
    return rgb


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


UNDO = {  # what a camera did to the upright picture, by EXIF orientation
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x, 1),
    7: lambda x: np.rot90(x, 2).swapaxes(0, 1),
    8: lambda x: np.rot90(x, 3),
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(picture, orientation):
    stored = Image.fromarray(np.ascontiguousarray(UNDO[orientation](picture)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(images.read_image(save(stored, "PNG", exif=exif)), picture)


def test_metadata_is_kept_without_the_orientation(picture):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    photo = images.read_photo(save(Image.fromarray(picture), "PNG", exif=exif))
    kept = Image.Exif()
    kept.load(photo.metadata.exif)
    assert kept.get(0x0112, 1) == 1
    assert kept[0x010F] == "Maker"


def test_an_open_image_stays_as_it_is(picture):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    exif[0x8769] = {0xA001: 2, 0xA005: {1: "R03"}}
    opened = Image.open(io.BytesIO(save(Image.fromarray(picture), "JPEG", exif=exif)))
    before = dict(opened.getexif())
    first, second = images.read_photo(opened), images.read_photo(opened)
    assert first.rgb.shape == second.rgb.shape == (*picture.shape[1::-1], 3)
    np.testing.assert_array_equal(first.rgb, second.rgb)
    assert first.metadata == second.metadata
    assert dict(opened.getexif()) == before
    kept = Image.Exif()
    kept.load(first.metadata.exif)
    assert (dict(kept.get_ifd(0x8769))[0xA001], kept.get_ifd(0xA005)) == (2, {1: "R03"})


def test_alpha_is_laid_over_white(picture):
    layer = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    layer[0, 0] = (255, 0, 0, 0)
    layer[0, 1] = (0, 0, 0, 128)
    rgb = images.read_image(save(Image.fromarray(layer), "PNG"))
    assert rgb[0, 0].tolist() == [255, 255, 255]
    assert rgb[0, 1].tolist() == [127, 127, 127]
    np.testing.assert_array_equal(rgb[1:], picture[1:])


def test_palettes_are_read(picture):
    palette = Image.fromarray(picture).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_allclose(images.read_image(save(palette, "PNG")), picture, atol=2)


def test_a_transparent_palette_color_is_white(picture):
    palette = Image.fromarray(picture).convert("P", palette=Image.Palette.ADAPTIVE)
    red = int(np.asarray(palette)[0, 0])
    rgb = images.read_image(save(palette, "PNG", transparency=red))
    assert rgb[0, 0].tolist() == [255, 255, 255]
    np.testing.assert_allclose(rgb[8:], picture[8:], atol=2)


def test_grey_and_one_bit_files_have_equal_channels():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    rgb = images.read_image(save(Image.fromarray(ramp), "PNG"))
    np.testing.assert_array_equal(rgb, np.dstack([ramp] * 3))
    bits = Image.fromarray(ramp).convert("1")
    np.testing.assert_array_equal(
        images.read_image(save(bits, "PNG"))[..., 0], np.asarray(bits) * 255
    )


def test_grey_with_alpha_is_laid_over_white():
    layer = np.dstack([np.zeros((4, 4), np.uint8), np.full((4, 4), 64, np.uint8)])
    rgb = images.read_image(save(Image.fromarray(layer, "LA"), "PNG"))
    assert (rgb == 191).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_are_scaled_not_clipped(kind):
    values = np.linspace(0, 65535, 256).round().astype(np.uint16).reshape(16, 16)
    rgb = images.read_image(save(Image.fromarray(values), kind))
    np.testing.assert_array_equal(rgb[..., 1], np.arange(256).reshape(16, 16))


@pytest.mark.parametrize("value", [65536, -1])
def test_more_than_16_bits_are_refused(value):
    wide = np.full((4, 4), value, np.int32)
    with pytest.raises(ImageError, match=r"beyond 16 bits|negative values"):
        images.read_image(save(Image.fromarray(wide), "TIFF"))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(kind):
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow ink: red
    rgb = images.read_image(save(cmyk, kind))
    np.testing.assert_allclose(rgb[8, 8], [255, 0, 0], atol=4)


def test_files_are_read_by_path_bytes_and_stream(picture, tmp_path):
    path = tmp_path / "p.png"
    Image.fromarray(picture).save(path)
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        np.testing.assert_array_equal(images.read_image(source), picture)


def test_bad_files_give_one_line(picture, tmp_path):
    whole = save(Image.fromarray(picture).resize((200, 200)), "JPEG")
    cases = {
        "empty.jpg": b"",
        "text.jpg": b"this is no image",
        "cut.jpg": whole[: len(whole) // 2],
        "cut.png": save(Image.fromarray(picture), "PNG")[:60],
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ImageError, match=name) as caught:
            images.read_image(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(ImageError, match="no such file"):
        images.read_image(tmp_path / "missing.jpg")
    with pytest.raises(ImageError, match="folder"):
        images.read_image(tmp_path)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_001)).save(path)
    with pytest.raises(ImageError, match="20000x20001"):
        images.read_image(path, max_pixels=400_000_000)
    with pytest.raises(ImageError, match="100 allowed"):
        images.read_image(save(Image.new("RGB", (11, 10)), "PNG"), max_pixels=100)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".PNG"])
def test_lossless_formats_give_the_pixels_back(picture, tmp_path, suffix):
    images.write_image(tmp_path / f"p{suffix}", picture)
    np.testing.assert_array_equal(images.read_image(tmp_path / f"p{suffix}"), picture)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_formats_come_close_in_color_too(picture, tmp_path, suffix):
    large = picture.repeat(8, axis=0).repeat(8, axis=1)
    images.write_image(tmp_path / f"p{suffix}", large)
    inside = images.read_image(tmp_path / f"p{suffix}")[32::64, 48::96]
    np.testing.assert_allclose(inside.astype(int), picture[4::8, 6::12], atol=3)


def test_metadata_is_written(picture, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    for suffix in (".jpg", ".png", ".webp", ".tif", ".avif"):
        path = tmp_path / f"p{suffix}"
        images.write_image(path, picture, metadata=Metadata(exif=exif.tobytes()))
        with Image.open(path) as image:
            assert image.getexif()[0x010F] == "Maker", suffix
            assert image.info["icc_profile"] == SRGB, suffix


def test_a_failed_write_leaves_the_old_file(picture, tmp_path):
    path = tmp_path / "p.jpg"
    images.write_image(path, picture)
    before = path.read_bytes()
    with pytest.raises(ImageError, match="JPEG"):
        images.write_image(path, np.zeros((1, 70_000, 3), np.uint8))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["p.jpg"]


def test_an_unknown_suffix_lists_the_known_ones(picture, tmp_path):
    with pytest.raises(ImageError, match=r"'\.xyz' files; use one of \.avif, .*\.jpeg, \.jpg"):
        images.write_image(tmp_path / "p.xyz", picture)


def test_only_named_formats_are_opened():
    rgb = Image.fromarray(make_rgb(0, (24, 32)))
    for kind in ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP"):
        assert images.read_photo(save(rgb, kind)).rgb.shape == (24, 32, 3)
    for kind in ("EPS", "ICO", "PCX", "SGI", "TGA"):
        for read in (images.read_photo, images.read_image):
            with pytest.raises(ImageError, match="is not an image"):
                read(save(rgb, kind))


def test_an_address_elsewhere_is_no_photo():
    for read in (images.read_photo, images.read_image):
        with pytest.raises(ImageError, match=r"^https://host/a\.jpg: of storage elsewhere only gs"):
            read("https://host/a.jpg")


def test_too_many_pixels_are_told_apart_from_what_is_no_image():
    with pytest.raises(PixelLimitError, match="32x24 pixels are more than the 700 allowed"):
        images.read_photo(save(Image.fromarray(make_rgb(0, (24, 32))), "PNG"), max_pixels=700)


def test_grey_pictures_are_written_grey():
    grey = make_rgb(0, (24, 32))[..., 0]
    image = Image.open(io.BytesIO(images.encode_image(grey, ".png")))
    assert image.mode == "L"
    np.testing.assert_array_equal(np.asarray(image), grey)


def test_near_grey_photos_are_told_apart():
    rng = np.random.default_rng(0)
    grey = np.repeat(rng.integers(0, 256, (200, 300, 1), dtype=np.uint8), 3, axis=2)
    assert images.is_near_grey(grey)
    tinted = grey.copy()
    tinted[..., 0] = np.maximum(grey[..., 0], 60)
    assert not images.is_near_grey(tinted)


def test_images_are_listed_in_order_without_hidden_ones(tmp_path):
    for name in ("b/x.JPG", "a.png", ".hidden.png", ".git/y.png", "note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [p.name for p in images.list_images(tmp_path)] == ["a.png", "x.JPG"]


@pytest.mark.parametrize("profile", [5, (1, 2), "text"])
def test_a_tiff_whose_profile_is_no_profile_is_read_and_written(picture, profile):
    tags = ImageFileDirectory_v2()
    tags.tagtype[34675] = TiffTags.ASCII if isinstance(profile, str) else TiffTags.SHORT
    tags[34675] = profile
    photo = images.read_photo(save(Image.fromarray(picture), "TIFF", tiffinfo=tags))
    np.testing.assert_array_equal(photo.rgb, picture)
    for suffix in (".png", ".jpg", ".tif"):
        assert images.encode_image(photo.rgb, suffix, metadata=photo.metadata)


def test_a_tiffs_long_profile_does_not_go_into_the_exif_block_too(picture):
    profile = bytes(100_000)  # of which a JPEG's EXIF block has no room
    for mode in ("RGB", "CMYK"):
        image = Image.fromarray(picture).convert(mode)
        photo = images.read_photo(save(image, "TIFF", icc_profile=profile))
        assert "profile" in photo.notes[0]
        assert len(photo.metadata.exif or b"") < 1000
        assert images.encode_image(photo.rgb, ".jpg", metadata=photo.metadata)


@pytest.mark.parametrize(("suffix", "most"), [(".jpg", 65500), (".webp", 16383), (".avif", 65536)])
def test_a_side_that_a_format_cannot_hold_is_named_with_its_most(suffix, most):
    assert images.encode_image(np.zeros((1, most, 3), np.uint8), suffix)
    for shape in ((1, most + 1, 3), (most + 1, 1, 3)):
        with pytest.raises(ImageError, match=f"holds at most {most} a side; use PNG or TIFF"):
            images.encode_image(np.zeros(shape, np.uint8), suffix)


@pytest.mark.parametrize("suffix", ["JPEG", "WEBP", "TIFF", "PNG"])
def test_odd_metadata_stops_nobody(suffix):
    """Any byte of a file may be wrong: it is read, or named in an ImageError."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x011A] = "grandmother", 6, 72.0
    data = save(Image.fromarray(make_rgb(0, (24, 32))), suffix, exif=exif)
    rng = np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(data)
        for place in rng.integers(0, min(len(data), 400), 3):
            broken[place] = rng.integers(256)
        with contextlib.suppress(ImageError):
            # Broken sizes are often huge; nothing here needs their memory.
            assert images.read_photo(bytes(broken), max_pixels=10**6).rgb.dtype == np.uint8


def test_what_an_encoder_cannot_hold_is_one_line(picture, monkeypatch):
    def refuse(self, *args, **options):
        raise RuntimeError("Failed to encode:\nno room")  # AVIF's, of 65,537 pixels a side

    monkeypatch.setattr(Image.Image, "save", refuse)
    with pytest.raises(ImageError, match="24x16 pixels as AVIF: Failed to encode: no room"):
        images.encode_image(picture, ".avif")

"""TIFFs of several pages: read page by page, and joined again."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from acolvit_jax.common.errors import ImageError, PixelLimitError
from acolvit_jax.photo import images, limits, writing
from tests.photo.test_tiff import pages, tiff
from tests.photos import make_rgb


def on_disk(folder, data, name="scan.tif"):
    path = folder / name
    path.write_bytes(data)
    return path


def test_every_page_is_read_each_of_its_own_kind(tmp_path):
    grey = make_rgb(0, (24, 32))[..., 0]
    rgb, deep = make_rgb(1, (40, 20)), make_rgb(2, (24, 32))
    turned = {"extratags": [(274, "H", 1, 6, True)]}  # by a quarter, clockwise
    data = pages(
        (grey, {"photometric": "minisblack", "resolution": (600, 600)}),
        (rgb, {"photometric": "rgb", **turned}),
        (deep.astype(np.uint16) * 257, {"photometric": "rgb", "compression": "zlib"}),
    )
    read = list(images.read_pages(on_disk(tmp_path, data)))
    expected = [np.repeat(grey[..., None], 3, axis=-1), np.rot90(rgb, -1), deep]
    for photo, wanted in zip(read, expected, strict=True):
        np.testing.assert_array_equal(photo.rgb, wanted)
    assert [photo.notes for photo in read[:2]] == [(), ()]
    assert read[2].notes == ("it has more than 8 bits a channel; the result has 8",)


def test_previews_are_no_pages(tmp_path):
    photos, preview = [make_rgb(i, (48, 64)) for i in range(2)], make_rgb(9, (12, 16))
    both = [(rgb, {}) for rgb in photos]
    marked = pages((preview, {"subfiletype": 1}), *both)
    unmarked = pages((preview, {}), *both)
    for data, notes in (
        (marked, ()),
        (unmarked, ("1 of its 3 pages, small previews, are left out",)),
    ):
        read = list(images.read_pages(on_disk(tmp_path, data)))
        for photo, wanted in zip(read, photos, strict=True):
            np.testing.assert_array_equal(photo.rgb, wanted)
        assert read[0].notes == notes
        assert read[1].notes == ()


def test_pages_that_libtiff_decodes(tmp_path):
    photos = [Image.fromarray(make_rgb(i, (40, 56))).convert("YCbCr") for i in range(3)]
    buffer = io.BytesIO()
    photos[0].save(buffer, "TIFF", save_all=True, append_images=photos[1:])
    read = list(images.read_pages(on_disk(tmp_path, buffer.getvalue())))
    for photo, wanted in zip(read, photos, strict=True):
        difference = photo.rgb.astype(int) - np.asarray(wanted.convert("RGB"))
        assert np.abs(difference).max() <= 1


def test_other_files_have_one_page(tmp_path):
    frames = [Image.fromarray(make_rgb(i, (24, 32))) for i in range(3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    (photo,) = images.read_pages(on_disk(tmp_path, buffer.getvalue(), "moving.webp"))
    np.testing.assert_array_equal(photo.rgb, make_rgb(0, (24, 32)))
    assert photo.notes == ("of its 3 frames the first is taken",)


def test_a_bad_page_is_named(tmp_path):
    rgb = make_rgb(0, (24, 32))
    data = bytearray(pages((rgb, {}), (rgb, {"compression": "zlib"}), (rgb, {})))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        start = file.pages[1].dataoffsets[0]
    data[start : start + 8] = bytes(8)
    path = on_disk(tmp_path, bytes(data))
    read = images.read_pages(path)
    np.testing.assert_array_equal(next(read).rgb, rgb)
    with pytest.raises(ImageError, match=r"scan\.tif: page 2: is damaged") as raised:
        next(read)
    assert "\n" not in str(raised.value)
    mixed = pages((rgb, {}), (make_rgb(1, (40, 40)), {}))
    with pytest.raises(PixelLimitError, match="page 2: 40x40 pixels are more than the 800 allowed"):
        list(images.read_pages(on_disk(tmp_path, mixed), max_pixels=800))
    with pytest.raises(ImageError, match=r"nowhere\.tif: no such file"):
        list(images.read_pages(tmp_path / "nowhere.tif"))


def test_a_file_of_one_page_is_not_called_page_1(tmp_path):
    path = on_disk(tmp_path, tiff(make_rgb(0, (24, 32))[..., 0], photometric=32803))
    with pytest.raises(ImageError, match=r"scan\.tif: its picture is the raw data"):
        list(images.read_pages(path))


def test_joined_pages_are_the_pages():
    """Read by tifffile, which wrote none of it."""
    pictures = [make_rgb(i, size) for i, size in enumerate([(24, 32), (40, 20), (31, 17)])]
    metadata = [images.Metadata(dpi=(dpi, dpi), xmp=b"<x>%d</x>" % dpi) for dpi in (300, 600, 72)]
    encoded = [
        images.encode_image(rgb, ".tif", metadata=told)
        for rgb, told in zip(pictures, metadata, strict=True)
    ]
    with tifffile.TiffFile(io.BytesIO(images.join_pages(iter(encoded)))) as file:
        assert len(file.pages) == 3
        for page, rgb, told in zip(file.pages, pictures, metadata, strict=True):
            np.testing.assert_array_equal(page.asarray(), rgb)
            assert page.get_resolution() == told.dpi
            assert page.tags.valueof(700) == told.xmp
            assert page.tags.valueof(34675) == writing.SRGB
    assert bytes(images.join_pages([encoded[0]])).startswith(encoded[0])


def test_parts_of_exif_that_stand_elsewhere_are_left_to_the_first_page():
    exif = Image.Exif()
    exif[0x010E] = "grandmother"
    whole = images.Metadata(exif=exif.tobytes(), dpi=(300, 300))
    assert images.without_tables(whole) is whole
    exif.get_ifd(0x8769)[0x9003] = "1931:05:04 10:00:00"
    told = images.without_tables(images.Metadata(exif=exif.tobytes(), dpi=(300, 300)))
    kept = Image.Exif()
    kept.load(told.exif)
    assert dict(kept) == {0x010E: "grandmother"}
    assert told.dpi == (300, 300)


def test_more_than_a_tiff_holds_is_refused(monkeypatch):
    page = images.encode_image(make_rgb(0), ".tif")
    monkeypatch.setattr(writing, "_TIFF_MAX", 2 * len(page))
    with pytest.raises(ImageError, match="more than the 4 GB that a TIFF holds"):
        images.join_pages([page] * 3)


def test_more_than_memory_holds_is_refused(monkeypatch):
    page = images.encode_image(make_rgb(0), ".tif")
    monkeypatch.setattr(limits, "max_bytes", lambda: 2 * len(page))
    with pytest.raises(ImageError, match="of memory that one result may take; split"):
        images.join_pages([page] * 3)

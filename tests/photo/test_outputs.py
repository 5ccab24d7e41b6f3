"""What one takes home: alpha, tags, and the color as a layer."""

from __future__ import annotations

import io

import numpy as np
import psdtags
import pytest
import tifffile
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from acolvit_jax.data.sources import sample_photos
from acolvit_jax.photo import color, images, layers, outputs


@pytest.fixture(scope="module")
def rgb() -> np.ndarray:
    return images.read_image(sample_photos()[0])[:120, :161]


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
def test_alpha_comes_back(rgb: np.ndarray, kind: str):
    alpha = np.tile(np.linspace(0, 255, rgb.shape[1]).astype(np.uint8), (len(rgb), 1))
    source = Image.fromarray(np.dstack([rgb, alpha]))
    photo = images.read_photo(encoded(source, dpi=(300, 300)))
    with Image.open(io.BytesIO(outputs.encode_output(kind, photo, photo.rgb))) as written:
        back = np.asarray(written.convert("RGBA"))
        assert written.info["icc_profile"]
        if kind != "webp":
            assert written.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    np.testing.assert_array_equal(back[..., 3], alpha)
    white = Image.new("RGBA", source.size, "white")
    over = np.asarray(Image.alpha_composite(white, Image.fromarray(back)))[..., :3]
    off = np.abs(over.astype(int) - photo.rgb)
    assert off.mean() < (0.3 if kind != "webp" else 3)


def test_what_is_lost_is_said(rgb: np.ndarray):
    assert images.read_photo(encoded(Image.fromarray(rgb))).alpha is None
    deep = Image.fromarray(rgb[..., 0].astype(np.uint16) * 257)
    (note,) = images.read_photo(encoded(deep)).notes
    assert "8 bits" in note


def test_the_layer_over_the_grey_photo_is_the_picture(rgb: np.ndarray):
    layer = layers.color_layer(rgb)
    grey = np.repeat(layers.own_grey(rgb)[..., None], 3, -1)
    lab, greys = color.uint8_to_lab(rgb), color.uint8_to_lab(grey)
    np.testing.assert_allclose(greys[..., 0], lab[..., 0], atol=0.5)  # a step of 8 bits
    over = Image.alpha_composite(
        Image.fromarray(grey).convert("RGBA"), Image.fromarray(layer, "RGBA")
    )
    assert np.abs(np.asarray(over)[..., :3].astype(int) - rgb).max() <= 2
    flat = layers.color_layer(np.full((2, 2, 3), 90, np.uint8))
    assert (flat[..., 3] <= 2).all()
    assert (layers.color_layer(np.full((2, 2, 3), (200, 30, 30), np.uint8))[..., 3] == 255).all()


def test_a_layered_tiff_holds_the_photo_and_its_color(rgb: np.ndarray, tmp_path):
    photo = images.Photo(rgb)
    path = tmp_path / "layers.tif"
    path.write_bytes(outputs.encode_output("layers", photo, rgb[:, ::-1]))
    source = psdtags.TiffImageSourceData.fromtiff(path)
    below, above = source.layers
    assert [below.name, above.name] == ["Photo", "Color"]
    assert above.blendmode == psdtags.PsdBlendMode.COLOR
    np.testing.assert_array_equal(below.asarray()[..., 0], layers.own_grey(rgb))
    np.testing.assert_array_equal(above.asarray(), layers.color_layer(rgb[:, ::-1]))
    np.testing.assert_array_equal(images.read_image(path), rgb[:, ::-1])  # without layers


@pytest.mark.parametrize("endian", ["<", ">"])
def test_a_layered_tiff_says_what_the_photo_said(rgb: np.ndarray, tmp_path, endian: str):
    exif = Image.Exif()
    exif.endian = endian
    exif[Base.Make] = "Camera"
    exif.get_ifd(IFD.Exif)[Base.ExposureTime] = 0.25
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    told = images.Metadata(exif.tobytes(), b"<x:xmpmeta>a</x:xmpmeta>", dpi=(300, 240))
    path = tmp_path / "layers.tif"
    path.write_bytes(outputs.encode_output("layers", images.Photo(rgb, metadata=told), rgb))
    with Image.open(path) as image:
        block = image.getexif()
        assert block[Base.Make] == "Camera"
        assert block.get_ifd(IFD.Exif)[Base.ExposureTime] == 0.25
        assert block.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] == "N"
        assert image.info["dpi"] == (300, 240)
        assert image.info["xmp"] == told.xmp
        assert image.info["icc_profile"]
    assert len(psdtags.TiffImageSourceData.fromtiff(path).layers) == 2


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (300, 410)])
@pytest.mark.parametrize("noise", [False, True])
def test_the_picture_of_a_layered_tiff_is_packed(tmp_path, size: tuple[int, int], noise: bool):
    pixels = images.read_image(sample_photos()[1])[: size[0], : size[1]]
    if noise:  # which no packing makes smaller
        pixels = np.random.default_rng(0).integers(0, 256, pixels.shape, np.uint8)
    path = tmp_path / "layers.tif"
    path.write_bytes(outputs.encode_output("layers", images.Photo(pixels), pixels))
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        np.testing.assert_array_equal(page.asarray(), pixels)
        if size == (300, 410):
            assert len(page.databytecounts) == 2
            assert noise or sum(page.databytecounts) < 0.65 * pixels.size
    np.testing.assert_array_equal(images.read_image(path), pixels)
    assert len(psdtags.TiffImageSourceData.fromtiff(path).layers) == 2


def test_the_layers_of_a_cut_out_photo_are_cut_out(rgb: np.ndarray, tmp_path):
    alpha = np.tile(np.linspace(0, 255, rgb.shape[1]).astype(np.uint8), (len(rgb), 1))
    photo = images.read_photo(encoded(Image.fromarray(np.dstack([rgb, alpha]))))
    path = tmp_path / "layers.tif"
    path.write_bytes(outputs.encode_output("layers", photo, photo.rgb))
    below, above = (layer.asarray() for layer in psdtags.TiffImageSourceData.fromtiff(path).layers)
    np.testing.assert_array_equal(below[..., 3], alpha)
    assert (above[..., 3] <= alpha).all()
    white = Image.new("RGBA", rgb.shape[1::-1], "white")
    over = np.asarray(Image.alpha_composite(white, Image.fromarray(below)))[..., 0].astype(int)
    assert np.abs(over - layers.own_grey(photo.rgb)).mean() < 0.5


def test_every_output_has_its_name_and_type(rgb: np.ndarray):
    photo = images.Photo(rgb)
    for kind, output in outputs.OUTPUTS.items():
        with Image.open(io.BytesIO(outputs.encode_output(kind, photo, rgb))) as image:
            assert image.get_format_mimetype() == output.media_type
            assert image.size == rgb.shape[1::-1]

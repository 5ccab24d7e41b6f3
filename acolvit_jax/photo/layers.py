"""The color of a result alone, as a layer for those who go on in an editor."""

from __future__ import annotations

import numpy as np
import psdtags

from acolvit_jax.photo import color
from acolvit_jax.photo.deflate import deflated, strips
from acolvit_jax.photo.metadata import Metadata
from acolvit_jax.photo.parts import in_parts
from acolvit_jax.photo.raster import off_white
from acolvit_jax.photo.writing import encode_image

FULL_CHROMA = 1.0  # from here on the layer covers; greyer pixels are left to what lies below
_SOURCE_OF_PIXELS = ("Photo", "Color")  # names of the layers, the lowest first


def color_layer(rgb: np.ndarray, alpha: np.ndarray | None = None) -> np.ndarray:
    """A picture's color as a layer, transparent where it is grey.

    Over the grey photo it gives the picture, with the editor's mode "color" (then it may also lie
    over another development of the photo) as well as with "normal".

    Args:
        rgb: uint8 sRGB `[H, W, 3]`, the photo in color.
        alpha: uint8 `[H, W]`, the photo's, which the layer covers no more than.

    Returns:
        uint8 `[H, W, 4]`, alpha not premultiplied.
    """
    height, width = rgb.shape[:2]
    layer = np.empty((height, width, 4), np.uint8)
    layer[..., :3] = rgb
    layer[..., 3] = in_parts(_cover, rgb)
    if alpha is not None:
        np.minimum(layer[..., 3], alpha, out=layer[..., 3])
    return layer


def _cover(rgb: np.ndarray) -> np.ndarray:
    """How far the layer covers pixels `[N, 3]`: uint8 `[N]`."""
    chroma = np.hypot(*color.uint8_to_planes(rgb)[1:])
    return np.rint(255 * np.clip(chroma / FULL_CHROMA, 0, 1)).astype(np.uint8)


def own_grey(rgb: np.ndarray) -> np.ndarray:
    """A photo's own lightness as grey.

    Args:
        rgb: uint8 sRGB `[H, W, 3]`.

    Returns:
        uint8 `[H, W]`.
    """

    def grey(rgb: np.ndarray) -> np.ndarray:
        made = color.recolor(rgb.astype(np.float32) / 255.0, 0.0, 0.0)
        return np.rint(255.0 * made[:, 1]).astype(np.uint8)

    return in_parts(grey, rgb)


def encode_layered(
    grey: np.ndarray,
    rgb: np.ndarray,
    *,
    metadata: Metadata,
    alpha: np.ndarray | None = None,
) -> bytes:
    """A TIFF with two layers that editors know: the grey photo, and over it its color.

    Args:
        grey: uint8 `[H, W]`, the photo's own lightness.
        rgb: uint8 sRGB `[H, W, 3]`, the photo in color; what programs without layers show.
        metadata: of the photo, as of `encode_image`.
        alpha: uint8 `[H, W]` that the photo has, which lies over white here; both layers get it.

    Returns:
        The file's bytes: sRGB, the color in the mode "color".

    Raises:
        ImageError: for a picture that a TIFF cannot hold.
    """
    height, width = grey.shape
    photo = np.full((height, width, 4), 255, np.uint8)
    photo[..., :3] = grey[..., None]
    if alpha is not None:
        photo = off_white(photo[..., :3], alpha)
    modes = psdtags.PsdBlendMode.NORMAL, psdtags.PsdBlendMode.COLOR
    planes = photo, color_layer(rgb, alpha)
    source = psdtags.TiffImageSourceData(
        name="Layered",
        psdformat=psdtags.PsdFormat.LE32BIT,
        layers=psdtags.PsdLayers(
            key=psdtags.PsdKey.LAYER,
            has_transparency=False,
            layers=[
                _layer(name, mode, pixels)
                for name, mode, pixels in zip(_SOURCE_OF_PIXELS, modes, planes, strict=True)
            ],
        ),
        usermask=psdtags.PsdUserMask(
            colorspace=psdtags.PsdColorSpaceType.RGB, components=(65535, 0, 0, 0), opacity=50
        ),
    )
    tag, _, _, content, _ = source.tifftag()
    tags: dict[int, bytes | int] = {tag: content, **strips(width)}
    return deflated(encode_image(rgb, ".tif", metadata=metadata, tags=tags))


def _layer(name: str, mode: psdtags.PsdBlendMode, pixels: np.ndarray) -> psdtags.PsdLayer:
    """A layer of uint8 `[H, W, 4]`."""
    ids = psdtags.PsdChannelId
    channels = (ids.TRANSPARENCY_MASK, ids.CHANNEL0, ids.CHANNEL1, ids.CHANNEL2)
    height, width = pixels.shape[:2]
    return psdtags.PsdLayer(
        name=name,
        rectangle=psdtags.PsdRectangle(0, 0, height, width),
        channels=[
            psdtags.PsdChannel(
                channelid=channel,
                compression=psdtags.PsdCompressionType.ZIP,
                data=np.ascontiguousarray(pixels[..., plane]),
            )
            for channel, plane in zip(channels, (3, 0, 1, 2), strict=True)
        ],
        mask=psdtags.PsdLayerMask(),
        opacity=255,
        blendmode=mode,
        blending_ranges=(),
        clipping=psdtags.PsdClippingType.BASE,
        flags=psdtags.PsdLayerFlag.PHOTOSHOP5 | psdtags.PsdLayerFlag.TRANSPARENCY_PROTECTED,
        info=[psdtags.PsdString(psdtags.PsdKey.UNICODE_LAYER_NAME, name)],
    )

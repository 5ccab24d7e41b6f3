"""What one takes home of a photo in color: several formats, and the color alone as a layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acolvit_jax.photo import layers
from acolvit_jax.photo.reading import Photo
from acolvit_jax.photo.writing import encode_image


@dataclass(frozen=True)
class Output:
    """A kind of file.

    Attributes:
        ending: of the file's name, after the photo's.
        media_type: for HTTP.
    """

    ending: str
    media_type: str


OUTPUTS = {
    "png": Output("_color.png", "image/png"),
    "jpeg": Output("_color.jpg", "image/jpeg"),
    "tiff": Output("_color.tif", "image/tiff"),
    "webp": Output("_color.webp", "image/webp"),
    "layer": Output("_layer.png", "image/png"),
    "layers": Output("_layers.tif", "image/tiff"),
}


def encode_output(kind: str, photo: Photo, rgb: np.ndarray) -> bytes:
    """Encodes a result.

    Args:
        kind: of `OUTPUTS`: a picture, with the photo's alpha where the format has one; `layer` is
            the color alone, for the mode "color" over the grey photo; `layers` a TIFF of both.
        photo: as it was read.
        rgb: uint8 sRGB `[H, W, 3]`, the photo in color.

    Returns:
        The file's bytes.

    Raises:
        ImageError: if the format cannot hold the picture.
    """
    if kind == "layer":
        layer = layers.color_layer(rgb, photo.alpha)
        return encode_image(layer, ".png", metadata=photo.metadata)
    if kind == "layers":
        grey = layers.own_grey(photo.rgb)
        return layers.encode_layered(grey, rgb, metadata=photo.metadata, alpha=photo.alpha)
    suffix = OUTPUTS[kind].ending.removeprefix("_color")
    return encode_image(rgb, suffix, metadata=photo.metadata, alpha=photo.alpha)

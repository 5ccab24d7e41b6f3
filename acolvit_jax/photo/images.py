"""Photographs: read, resized, found in folders and written. The names that other rooms use."""

from acolvit_jax.common.errors import ImageError, PixelLimitError
from acolvit_jax.photo.folders import find_images, list_images
from acolvit_jax.photo.formats import IMAGE_SUFFIXES, WRITERS
from acolvit_jax.photo.limits import max_pixels
from acolvit_jax.photo.metadata import Metadata, without_tables
from acolvit_jax.photo.reading import ImageSource, Photo, read_image, read_pages, read_photo
from acolvit_jax.photo.resizing import (
    GREY_CHROMA,
    crop_resize,
    has_one_color_a_tone,
    is_near_grey,
    resize,
    shrink,
)
from acolvit_jax.photo.writing import encode_image, join_pages, write_image

__all__ = [
    "GREY_CHROMA",
    "IMAGE_SUFFIXES",
    "WRITERS",
    "ImageError",
    "ImageSource",
    "Metadata",
    "Photo",
    "PixelLimitError",
    "crop_resize",
    "encode_image",
    "find_images",
    "has_one_color_a_tone",
    "is_near_grey",
    "join_pages",
    "list_images",
    "max_pixels",
    "read_image",
    "read_pages",
    "read_photo",
    "resize",
    "shrink",
    "without_tables",
    "write_image",
]

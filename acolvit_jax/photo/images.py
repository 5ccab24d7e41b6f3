"""Reading and writing photographs: any common file in, 8-bit sRGB out."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from acolvit_jax.common.errors import ImageError, PixelLimitError
from acolvit_jax.common.files import write_bytes
from acolvit_jax.photo import metadata as photo_metadata

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")  # Pillow's names for those
WRITERS = {
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
MAX_PIXELS = 400_000_000  # a panorama of 20,000 x 20,000; more is taken for an attack
GREY_CHROMA = 3.0  # mean distance from grey, in 8-bit steps, below which a photo has no colour

_JPEG_EXIF_MAX = 65_533  # bytes that one segment of a JPEG holds

# The limit above is checked before anything is decoded, and what Pillow has to say of odd metadata
# is nothing a person can act on. (A filter for each call would not be safe with threads.)
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module=r"PIL\..*")

ImageSource = str | os.PathLike[str] | bytes | BinaryIO


@dataclass(frozen=True)
class Photo:
    """A photograph and what its file said of it.

    Attributes:
        rgb: uint8 `[H, W, 3]` sRGB, upright.
        exif: EXIF block without the orientation, for writing back; None if there is none.
        icc: colour profile to write back, as it was read: sRGB's own, or one that cannot be
            understood. None where there is none, or colours were converted.
    """

    rgb: np.ndarray
    exif: bytes | None
    icc: bytes | None


def read_photo(
    source: ImageSource, *, max_pixels: int = MAX_PIXELS, formats: tuple[str, ...] | None = None
) -> Photo:
    """Reads a photograph with its metadata.

    EXIF orientation is applied; alpha is laid over white; palettes, grey, 16-bit and CMYK files
    become 8-bit sRGB (16 bits are scaled to 8). Colours of another profile, Display P3 of a phone
    for example, are converted.

    Args:
        source: path, encoded bytes or binary file.
        max_pixels: larger pictures are refused before they are decoded.
        formats: Pillow's names of the formats to read, such as `FORMATS`; None is whatever Pillow
            can, which for a stranger's bytes is too much (it starts Ghostscript for EPS).

    Returns:
        The upright photo.

    Raises:
        PixelLimitError: if it has more pixels than allowed.
        ImageError: one line that names the file and what is wrong with it.
    """
    photo = _read(source, max_pixels, formats)
    with _errors_of(_name_of(source)):
        rgb, icc = photo_metadata.to_srgb(photo.rgb, photo.icc)
        return Photo(rgb, photo.exif, icc)


def _read(source: ImageSource, max_pixels: int, formats: tuple[str, ...] | None = None) -> Photo:
    """Reads a photograph whose colours are still those of its profile."""
    name = _name_of(source)
    with _errors_of(name):
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        with Image.open(stream, formats=formats) as image:
            if image.width * image.height > max_pixels:
                raise PixelLimitError(
                    f"{name}: {image.width}x{image.height} pixels are more than the "
                    f"{max_pixels:,} allowed"
                )
            image.load()
            icc = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
            icc = icc if isinstance(icc, bytes) else None  # a TIFF tag may hold anything
            upright = _upright(image)
            rgb = np.asarray(_to_rgb(upright, name))
            return Photo(rgb, photo_metadata.kept_exif(image), icc)


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF block says, or as it is where that cannot be read."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # as above
        return image


def read_image(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Reads a photograph's pixels for training and evaluation.

    As `read_photo`, but colour profiles are ignored, as the published protocol does.

    Returns:
        uint8 `[H, W, 3]`, upright.
    """
    return _read(source, max_pixels).rgb


def _name_of(source: ImageSource) -> str:
    if isinstance(source, bytes):
        return "the image"
    return str(getattr(source, "name", source) if hasattr(source, "read") else source)


@contextmanager
def _errors_of(name: str) -> Iterator[None]:
    """Turns what Pillow and the system raise into one line about the file."""
    try:
        yield
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file") from error
    except IsADirectoryError as error:
        raise ImageError(f"{name}: is a folder, not an image") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{name}: is not an image that can be read") from error
    except Exception as error:  # decoders of damaged files raise anything
        raise ImageError(f"{name}: is damaged or cannot be decoded ({error})") from error


def _to_rgb(image: Image.Image, name: str) -> Image.Image:
    """Converts any mode that Pillow opens to RGB over white."""
    if image.mode == "RGB":
        return image
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I"):
        values = np.asarray(image).astype(np.float32)
        if values.max(initial=0) > 65535 or values.min(initial=0) < 0:
            raise ImageError(f"{name}: holds values beyond 16 bits; save it with 8 or 16 bits")
        return Image.fromarray(np.round(values / 257).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ImageError(f"{name}: holds floating-point values; save it with 8 or 16 bits")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("RGB")


def resize(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes, bilinear with antialiasing; the aspect is not kept.

    Args:
        rgb: uint8 `[H, W, 3]`.
        size: height and width to make, in pixels.

    Returns:
        uint8 `[*size, 3]`.
    """
    return crop_resize(rgb, (0, 0, rgb.shape[1], rgb.shape[0]), size)


def crop_resize(
    rgb: np.ndarray, box: tuple[float, float, float, float], size: tuple[int, int]
) -> np.ndarray:
    """Resizes a part of an image in one pass, bilinear with antialiasing.

    Args:
        rgb: uint8 `[H, W, 3]`.
        box: left, top, right, bottom in pixels of the image; fractions are allowed.
        size: height and width to make, in pixels.

    Returns:
        uint8 `[*size, 3]`.
    """
    image = Image.fromarray(rgb)
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR, box=box))


def is_near_grey(rgb: np.ndarray) -> bool:
    """Tells photos with next to no colour, old black-and-white ones for example.

    Args:
        rgb: uint8 `[H, W, 3]`.

    Returns:
        Whether the channels of a thumbnail differ by less than `GREY_CHROMA` steps on average.
    """
    step = max(1, min(rgb.shape[:2]) // 32)
    small = rgb[::step, ::step].astype(np.int16)
    return float(np.ptp(small, axis=-1).mean()) < GREY_CHROMA


def list_images(folder: Path) -> list[Path]:
    """Images anywhere below a folder, sorted; hidden files and folders are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def encode_image(
    rgb: np.ndarray,
    suffix: str,
    *,
    exif: bytes | None = None,
    icc: bytes | None = None,
    quality: int = 95,
) -> bytes:
    """Encodes a picture in the format of a file suffix.

    Args:
        rgb: uint8 `[H, W, 3]`, or `[H, W]` for a grey file.
        suffix: `.jpg`, `.jpeg`, `.png`, `.webp`, `.tif` or `.tiff`, in any case.
        exif: EXIF block to keep; left out where it is too long for a JPEG.
        icc: colour profile to keep.
        quality: of JPEG and WebP, 1 to 100.

    Returns:
        The file's bytes.

    Raises:
        ImageError: for another suffix, or a picture that the format cannot hold.
    """
    kind = WRITERS.get(suffix.lower())
    if kind is None:
        raise ImageError(f"cannot write {suffix!r} files; use one of {', '.join(sorted(WRITERS))}")
    if kind == "JPEG" and exif is not None and len(exif) > _JPEG_EXIF_MAX:
        exif = None
    options: dict[str, object] = {"exif": exif, "icc_profile": icc}
    options = {name: value for name, value in options.items() if value is not None}
    if kind in ("JPEG", "WEBP"):
        options["quality"] = quality
    if kind == "JPEG":
        options["subsampling"] = 0  # colour is what this is about
    buffer = io.BytesIO()
    try:
        Image.fromarray(rgb).save(buffer, kind, **options)
    except (OSError, ValueError) as error:
        height, width = rgb.shape[:2]
        raise ImageError(f"cannot write {width}x{height} pixels as {kind}: {error}") from error
    return buffer.getvalue()


def write_image(
    path: str | os.PathLike[str],
    rgb: np.ndarray,
    *,
    exif: bytes | None = None,
    icc: bytes | None = None,
    quality: int = 95,
) -> None:
    """Writes a picture atomically: what was there stays until the new file is whole.

    Args:
        path: of the file; its suffix chooses the format.
        rgb: uint8 `[H, W, 3]`.
        exif: EXIF block to keep.
        icc: colour profile to keep.
        quality: of JPEG and WebP, 1 to 100.

    Raises:
        ImageError: for an unknown suffix, or a picture that the format cannot hold.
        OSError: if the file cannot be written.
    """
    path = Path(path)
    write_bytes(path, encode_image(rgb, path.suffix, exif=exif, icc=icc, quality=quality))

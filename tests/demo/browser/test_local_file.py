"""What a photo's file says beside its pixels goes along without a server, as Python writes it."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from PIL.ExifTags import IFD, Base, Interop

from acolvit_jax.photo import images
from acolvit_jax.photo.metadata import of_result
from tests.demo.browser.page import Page

COLOR = (200, 60, 59)
SIZE = (40, 60)  # width and height
XMP = (
    '<x:xmpmeta><r tiff:Orientation="6" exif:ColorSpace="65535" dc:title="Straße"/>'
    "<photoshop:ICCProfile>Adobe RGB</photoshop:ICCProfile></x:xmpmeta>"
)
_READ = "const { readFile } = await import('./static/local_file.js');"


def encoded(kind: str, size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    Image.new("RGB", size, COLOR).save(buffer := io.BytesIO(), kind, **options)
    return buffer.getvalue()


def saved(page: Page, source: bytes, kinds: tuple[str, ...] = ("JPEG", "PNG")):
    """The page's notes about a file, and the bytes of what it saves of it, upright."""
    notes, files = page.module(
        _READ + "const { withFacts } = await import('./static/local_output.js');"
        "const [width, height] = args[1];"
        "const facts = readFile(Uint8Array.from(args[0]), { width, height });"
        "const files = [];"
        "for (const [kind, bytes] of args[2]) {"
        "  const type = `image/${kind.toLowerCase()}`;"
        "  const blob = await withFacts(new Blob([Uint8Array.from(bytes)], { type }), facts);"
        "  files.push([...new Uint8Array(await blob.arrayBuffer())]);"
        "}"
        "return [facts.notes, files]",
        list(source),
        SIZE,
        [[kind, list(encoded(kind))] for kind in kinds],
    )
    return notes, [bytes(content) for content in files]


def decoded_size(page: Page, content: bytes) -> list[int]:
    return page.module(
        "const picture = await createImageBitmap(new Blob([Uint8Array.from(args[0])]));"
        "return [picture.width, picture.height]",
        list(content),
    )


def tables_of(block: bytes) -> dict[int, Any]:
    exif = Image.Exif()
    exif.load(block)
    inner = {table: dict(exif.get_ifd(table)) for table in (IFD.Exif, IFD.Interop, IFD.IFD1)}
    places = {IFD.Exif, IFD.Interop}
    return {tag: exif[tag] for tag in set(exif) - places} | {
        table: {tag: values[tag] for tag in set(values) - places} for table, values in inner.items()
    }


@pytest.mark.parametrize("endian", ["<", ">"])
def test_exif_is_true_of_what_is_saved(page: Page, endian: str):
    exif = Image.Exif()
    exif.endian = endian
    exif[Base.Make], exif[Base.Orientation] = "Camera", 6
    exif.get_ifd(IFD.Exif).update(
        {
            Base.ColorSpace: 65535,
            Base.ExifImageWidth: 60,
            Base.ExifImageHeight: 40,
            Base.ISOSpeedRatings: 64,
        }
    )
    exif.get_ifd(IFD.Exif)[IFD.Interop] = {Interop.InteropIndex: "R03", 2: b"0100"}
    source = encoded("JPEG", SIZE[::-1], exif=exif, quality=95)
    assert images.read_photo(source).rgb[0, 0, 0] > 220  # Adobe RGB's
    notes, files = saved(page, source)
    assert notes == []
    expected = of_result(images.read_photo(source).metadata, SIZE[::-1]).exif
    assert expected
    for content in files:
        written = images.read_photo(content)
        np.testing.assert_allclose(written.rgb, np.broadcast_to(COLOR, (60, 40, 3)), atol=2)
        with Image.open(io.BytesIO(content)) as image:
            told = tables_of(image.info["exif"])
        assert told.pop(Base.Orientation) == 1
        assert told == tables_of(expected)
        assert told[IFD.Exif][Base.ColorSpace] == 1
        assert told[IFD.Exif][Base.ISOSpeedRatings] == 64
        assert told[IFD.Interop] == {1: "R98", 2: b"0100"}


def test_the_thumbnail_of_the_grey_photo_stays_behind(page: Page):
    table = b"\0\1\1\x12\0\3\0\0\0\1\0\6\0\0"  # of one entry, an orientation
    block = b"MM\0*\0\0\0\x08" + table + b"\0\0\0\x1a" + table + bytes(4)
    source = encoded("PNG", exif=block)
    with Image.open(io.BytesIO(source)) as image:
        assert image.getexif().get_ifd(IFD.IFD1)
    _, files = saved(page, source)
    for content in files:
        with Image.open(io.BytesIO(content)) as image:
            assert dict(image.getexif()) == {Base.Orientation: 1}
            assert not image.getexif().get_ifd(IFD.IFD1)


@pytest.mark.parametrize("at", [b"\0\0\xff\xff", b"\xff\xff\xff\xff"])
def test_damaged_exif_is_left_out(page: Page, at: bytes):
    block = b"MM\0*\0\0\0\x08\0\2\1\x12\0\3\0\0\0\1\0\6\0\0\x87\x69\0\4\0\0\0\1" + at + bytes(4)
    notes, files = saved(page, encoded("JPEG", exif=b"Exif\0\0" + block, xmp=XMP.encode()))
    assert notes == ["its EXIF is damaged and is left out"]
    for content in files:
        with Image.open(io.BytesIO(content)) as image:
            assert "exif" not in image.info
        assert images.read_photo(content).rgb.shape == (60, 40, 3)  # XMP says that it is upright


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_xmp_goes_along(page: Page, kind: str):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", XMP)
    told = {"pnginfo": chunks} if kind == "PNG" else {"xmp": XMP.encode()}
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    source = encoded(kind, exif=exif, **told)
    notes, files = saved(page, source)
    turned = kind != "WEBP"  # no browser turns these
    assert notes == ([] if turned else ["it is not turned as its EXIF says"])
    true = images.read_photo(source).metadata
    expected = of_result(true, SIZE[::-1]).xmp
    assert expected
    if not turned:
        expected = expected.replace(b'Orientation="1"', b'Orientation="6"')
    for content in files:
        written = images.read_photo(content)
        assert written.metadata.xmp == expected
        assert written.rgb.shape == ((60, 40, 3) if turned else (40, 60, 3))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("camera", [None, "Camera"])
def test_an_orientation_in_xmp_alone_stays_true(page: Page, kind: str, camera: str | None):
    chunks, exif = PngImagePlugin.PngInfo(), Image.Exif()
    chunks.add_itxt("XML:com.adobe.xmp", XMP)
    told = {"pnginfo": chunks} if kind == "PNG" else {"xmp": XMP.encode()}
    if camera:
        exif[Base.Make] = camera
    source = encoded(kind, exif=exif, **told)
    assert decoded_size(page, source) == list(SIZE)  # not turned
    notes, files = saved(page, source)
    assert notes == ["it is not turned as its XMP says"]
    turned = images.read_photo(source).rgb.shape
    assert turned == (40, 60, 3)
    for content in files:
        assert images.read_photo(content).rgb.shape == turned


@pytest.mark.parametrize("damage", ["packed", "no text", "long"])
def test_xmp_that_does_not_go_along_is_told(page: Page, damage: str):
    chunks = PngImagePlugin.PngInfo()
    packet = "<x/>" + " " * (70_000 if damage == "long" else 0)
    chunks.add_itxt("XML:com.adobe.xmp", packet, zip=damage == "packed")
    content = encoded("PNG", pnginfo=chunks)
    if damage == "no text":
        content = content.replace(b"<x/>", b"\xff\xfe/>")
    wanted = "is more than a JPEG holds; PNG keeps it"
    notes, _ = saved(page, content, ())
    assert notes == [
        "its XMP " + (wanted if damage == "long" else "cannot be read and is left out")
    ]


@pytest.mark.parametrize(
    "packet",
    [
        b'<r a:b="1" xmpNote:HasExtendedXMP="0AF3"/>',
        b"<r\n  xmpNote:HasExtendedXMP = '0AF3'\n  a:b='1'/>",
        b"<r><xmpNote:HasExtendedXMP>0AF3</xmpNote:HasExtendedXMP></r>",
    ],
)
def test_extended_xmp_is_told_and_not_referred_to(page: Page, packet: bytes):
    plain = encoded("JPEG", xmp=packet)
    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"0AF3".ljust(32) + bytes(8) + b"<more/>"
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(extended)) + extended
    notes, files = saved(page, plain[:2] + segment + plain[2:])
    assert notes == ["a part of its XMP is left out"]
    expected = of_result(images.Metadata(xmp=packet), SIZE[::-1]).xmp
    assert b"Extended" not in expected
    for content in files:
        assert images.read_photo(content).metadata.xmp == expected

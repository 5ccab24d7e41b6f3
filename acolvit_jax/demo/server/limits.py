"""What the demo's server puts up with."""

from __future__ import annotations

from dataclasses import dataclass, field

from acolvit_jax.photo.limits import max_pixels

MIB = 2**20
MOST_PIXELS = 50_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds on memory, time and numbers; what goes beyond is refused or forgotten.

    Attributes:
        upload_bytes: of one encoded photo.
        pixels: of one decoded photo; no more than `colorize` takes on this machine.
        uploads_bytes: of all uploads that are on their way or wait for their decoding.
        downloads_bytes: of all pictures that are made, by an estimate, or on their way to clients.
        json_bytes: of a JSON body.
        hints: on one photo.
        photos: in the store.
        store_bytes: of decoded pixels in the store.
        age: seconds that a photo stays after its last use.
        results: remembered requests of one photo.
        body_seconds: from the first byte of a body to the last, whoever sends it.
        stall_seconds: between two pieces of a body; also that a picture waits for room.
        decodes: uploads decoded at once.
        pictures: pictures made at once: grey ones, results.
        waiting: jobs of one kind that may wait for their turn.
        thumbnails: of samples that may wait; a page asks for all of them at once.
    """

    upload_bytes: int = 64 * MIB
    pixels: int = field(default_factory=lambda: min(MOST_PIXELS, max_pixels()))
    uploads_bytes: int = 256 * MIB
    downloads_bytes: int = 512 * MIB
    json_bytes: int = MIB // 4
    hints: int = 1024
    photos: int = 64
    store_bytes: int = 1024 * MIB
    age: float = 3600.0
    results: int = 64
    body_seconds: float = 300.0
    stall_seconds: float = 20.0
    decodes: int = 2
    pictures: int = 2
    waiting: int = 32
    thumbnails: int = 512

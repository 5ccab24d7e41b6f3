"""Objects in buckets, as a Google Cloud Storage holds them.

Names are flat, a folder is a prefix that some name has; an object is there when all of it is, can
be replaced but not added to; a condition on its generation is kept.
"""

from __future__ import annotations

import base64
import itertools
import threading
from typing import Any

import google_crc32c  # gcsfs brings it


class FakeStorage:
    """Objects by bucket and name.

    Attributes:
        objects: content by `BUCKET/NAME`.
        requests: what was asked, `METHOD PATH`.
        failures: answers to give instead of the next ones, by HTTP status.
    """

    def __init__(self, *buckets: str) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.failures: list[int] = []
        self.buckets = set(buckets)
        self.generations: dict[str, int] = {}
        self.uploads: dict[str, tuple[str, dict[str, list[str]], bytearray]] = {}
        self.count = itertools.count(1)
        self.lock = threading.RLock()

    def resource(self, key: str) -> dict[str, Any]:
        """What the interface tells of an object."""
        bucket, name = key.split("/", 1)
        data = self.objects[key]
        checksum = google_crc32c.value(data).to_bytes(4, "big")
        return {
            "kind": "storage#object",
            "id": key,
            "bucket": bucket,
            "name": name,
            "size": str(len(data)),
            "generation": str(self.generations[key]),
            "metageneration": "1",
            "crc32c": base64.b64encode(checksum).decode(),
            "etag": f"e{self.generations[key]}",
            "timeCreated": "2026-01-01T00:00:00.000Z",
            "updated": "2026-01-01T00:00:00.000Z",
            "contentType": "application/octet-stream",
            "storageClass": "STANDARD",
        }

    def meets(self, key: str, query: dict[str, list[str]], prefix: str = "if") -> bool:
        """Whether an object is of the generation that a request wants."""
        now = self.generations.get(key, 0)
        wanted = query.get(f"{prefix}GenerationMatch")
        barred = query.get(f"{prefix}GenerationNotMatch")
        return (not wanted or int(wanted[0]) == now) and (not barred or int(barred[0]) != now)

    def put(self, key: str, data: bytes) -> None:
        """Makes or replaces an object."""
        with self.lock:
            self.objects[key] = bytes(data)
            self.generations[key] = next(self.count)

    def delete(self, key: str) -> None:
        """Deletes an object."""
        with self.lock:
            del self.objects[key], self.generations[key]

    def listing(self, bucket: str, query: dict[str, list[str]]) -> dict[str, Any]:
        """Names below a prefix, those beyond a delimiter together."""
        prefix = query.get("prefix", [""])[0]
        delimiter = query.get("delimiter", [""])[0]
        start, end = query.get("startOffset", [""])[0], query.get("endOffset", [""])[0]
        items, prefixes = [], set()
        for key in sorted(self.objects):
            owner, name = key.split("/", 1)
            if owner != bucket or not name.startswith(prefix) or name < start:
                continue
            if end and name >= end:
                continue
            rest = name[len(prefix) :]
            if delimiter and delimiter in rest:
                prefixes.add(prefix + rest.split(delimiter, 1)[0] + delimiter)
            else:
                items.append(self.resource(key))
        most = int(query.get("maxResults", ["1000"])[0])
        return {"kind": "storage#objects", "items": items[:most], "prefixes": sorted(prefixes)}

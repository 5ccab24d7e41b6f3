"""The page's own files, looked up in a listing of their folder: no client's path is opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from acolvit_jax.demo.server.problems import RequestError

FOLDER = Path(__file__).parents[1] / "page"
PAGE = "index.html"
NO_WORKER = "no_service_worker.js"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def list_files(folder: Path) -> dict[str, Path]:
    """Files below a folder that a page is made of, by their path with slashes."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix in MEDIA_TYPES and path.is_file()
    }


def answer(request: Request, name: str, folder: Path) -> Response:
    """A file, or 304 if the client has it.

    Args:
        request: the client's.
        name: of the file, as in `list_files`.
        folder: of the files.

    Returns:
        The answer.

    Raises:
        RequestError: 404 for a name that is not in the listing.
    """
    path = list_files(folder).get(name)
    if path is None:
        raise RequestError(404, "there is no such file")
    body = path.read_bytes()
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "no-cache"}
    # Found in it, not equal to it: a proxy that compresses makes the tag a weak one, W/"...".
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA_TYPES[path.suffix])

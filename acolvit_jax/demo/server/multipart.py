"""Photos in forms, as `curl -F` and HTML forms send them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from acolvit_jax.demo.server.limits import MIB
from acolvit_jax.demo.server.problems import RequestError

FORM = "multipart/form-data"
_FIELDS = 16  # beside the file; none is looked at


class _InMemory(MultiPartParser):
    """A parser that writes no temporary files: bodies are bounded before."""

    spool_max_size = 1024 * MIB


async def file_of_form(headers: Headers, body: bytes) -> tuple[bytes, str]:
    """The one file of a form.

    Args:
        headers: of the request; the content type names the boundary.
        body: of the request.

    Returns:
        The file's bytes and its name.

    Raises:
        RequestError: 400 if the form cannot be read, 422 if it holds no file.
    """

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    parser = _InMemory(headers, stream(), max_files=1, max_fields=_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, LookupError, ValueError) as error:
        raise RequestError(400, "the form cannot be read") from error
    try:
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        if not files:
            raise RequestError(422, "the form holds no file", "file")
        return await files[0].read(), files[0].filename or ""
    finally:
        await form.close()

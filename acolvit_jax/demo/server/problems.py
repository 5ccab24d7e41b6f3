"""What goes wrong with a request, as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

SHOWN = 60  # characters of a client's own text that a message repeats


class RequestError(Exception):
    """A request that is not served, and why.

    Attributes:
        status: of the answer.
        message: one clear line.
        field: of the request's JSON or query, such as `hints[3].row`; None where there is none.
        headers: to add to the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keeps what the answer will say."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer."""
        body = {"error": " ".join(self.message.split()), "field": self.field}
        return json_response(body, self.status, self.headers)


def going_down() -> RequestError:
    """What a request that is cut off hears when the server ends."""
    headers = {"Retry-After": "5", "Connection": "close"}
    return RequestError(503, "the server is shutting down; try again later", headers=headers)


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in JSON, pure ASCII: text of clients may hold what UTF-8 cannot."""
    body = json.dumps(content, separators=(",", ":")).encode("ascii")
    return Response(body, status, headers, media_type="application/json")


def shown(value: Any) -> str:
    """A client's value as a message may repeat it: short and on one line."""
    text = repr(value[:SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."

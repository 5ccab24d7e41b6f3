"""The OpenAPI document of the HTTP interface."""

from __future__ import annotations

from typing import Any


def document() -> dict[str, Any]:
    """The document."""
    return {"openapi": "3.1.0", "paths": {}}

"""The OpenAPI document of the HTTP interface; a test holds it against the routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import acolvit_jax
from acolvit_jax.demo.server.schemas import SCHEMAS, reference
from acolvit_jax.inference.finish import SATURATIONS, WARMTHS, Finish
from acolvit_jax.photo.outputs import OUTPUTS

Part = dict[str, Any]

_ERRORS = {
    400: "the body is no JSON, or the request is broken",
    403: "a foreign Host or Origin",
    404: "unknown, or expired",
    408: "the request came too slowly",
    413: "too many bytes, or too many pixels",
    415: "no image that can be read",
    422: "JSON or a query of another form; `field` names the place",
    503: "busy, or shutting down; Retry-After says for how many seconds",
}
_EVERYWHERE = (400, 403)


def document() -> Part:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "acolvit_jax demo",
            "version": acolvit_jax.__version__,
            "summary": "Color photos from hints.",
            "description": (
                "Send a photo, then ask for its colors as often as hints change: every request "
                "holds all hints, and the same request gives the same answer."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "..", "description": "the page's own address"}],
        "paths": _paths(),
        "components": {"schemas": SCHEMAS},
    }


def _paths() -> Part:
    photo = _path_parameter("id", "of a photo")
    result = _path_parameter("result", "of a result, from X-Result")
    name = _path_parameter("name", "of a sample")
    return {
        "/v1/info": {"get": _operation("info", "What the server is and allows", _json("Info"))},
        "/v1/samples": {
            "get": _operation("listSamples", "Photos to try", _json_list("Sample")),
        },
        "/v1/samples/{name}/thumbnail": {
            "parameters": [name],
            "get": _operation("thumbnail", "A small grey picture", _file("image/jpeg"), (404, 503)),
        },
        "/v1/photos": {"post": _add_photo()},
        "/v1/photos/{id}": {
            "parameters": [photo],
            "get": _operation("photo", "A photo; counts as a use of it", _json("Photo"), (404,)),
            "delete": _operation("removePhoto", "Forget a photo", {}, (404,), status=204),
        },
        "/v1/photos/{id}/grey": {"parameters": [photo], "get": _grey()},
        "/v1/photos/{id}/colorize": {"parameters": [photo], "post": _colorize()},
        "/v1/photos/{id}/suggestions": {"parameters": [photo], "post": _suggestions()},
        "/v1/photos/{id}/results/{result}": {"parameters": [photo, result], "get": _result()},
        "/v1/openapi.json": {
            "get": _operation("document", "This document", {"application/json": {}})
        },
    }


def _add_photo() -> Part:
    name = _query("name", "file name; its stem names the files made from the photo", _text())
    body = {
        "application/octet-stream": {},
        "image/*": {},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        "application/json": {"schema": reference("SampleRequest")},
    }
    operation = _operation(
        "addPhoto",
        "Send a photo: the bytes of its file, as they are or in a form, or the name of a sample",
        _json("Photo"),
        (404, 408, 413, 415, 422, 503),
        status=201,
        headers={"Location": "of the photo, relative to this address"},
    )
    return operation | {"parameters": [name], "requestBody": {"required": True, "content": body}}


def _grey() -> Part:
    schema = {"type": "integer", "minimum": 64, "maximum": 4096, "default": 2048}
    side = _query("max_side", "pixels; a longer picture is made smaller", schema)
    operation = _operation(
        "grey", "The photo's own lightness, upright", _file("image/jpeg"), (404, 422, 503)
    )
    return operation | {"parameters": [side]}


def _colorize() -> Part:
    operation = _operation(
        "colorize",
        "Colors for a photo and all its hints",
        {
            "application/octet-stream": {
                "schema": {
                    "description": (
                        "int8, image_size x image_size x 2: a and b of each pixel, row by row; "
                        "127 stands for a* or b* of 110. From byte ab_bytes of X-Result on, JSON: "
                        "the schema Outcomes."
                    )
                }
            }
        },
        (404, 408, 413, 415, 422, 503),
        headers={
            "X-Result": "one line of JSON: the schema Result",
            "Server-Timing": "milliseconds: input, model, total",
        },
    )
    body = {"required": True, "content": _json("ColorizeRequest")}
    return operation | {"requestBody": body}


def _suggestions() -> Part:
    operation = _operation(
        "suggestions",
        "Colors worth a try at a place, the likeliest first",
        _json_list("Suggestion"),
        (404, 408, 413, 415, 422, 503),
    )
    return operation | {"requestBody": {"required": True, "content": _json("SuggestRequest")}}


def _result() -> Part:
    schema = {"type": "string", "enum": list(OUTPUTS), "default": "png"}
    content: dict[str, Any] = {}
    for output in OUTPUTS.values():
        content |= _file(output.media_type)
    headers = {"Content-Disposition": "a file name to save under"}
    operation = _operation(
        "result", "The photo in color, at its own size", content, (404, 422, 503), headers=headers
    )
    finishing = [
        _query(name, text, {"type": "number", "minimum": low, "maximum": high, "default": default})
        for name, text, (low, high), default in (
            ("saturation", "factor of all chroma", SATURATIONS, Finish.saturation),
            ("warmth", "of the whole picture", WARMTHS, Finish.warmth),
        )
    ]
    return operation | {"parameters": [_query("format", "of the file", schema), *finishing]}


def _operation(
    name: str,
    summary: str,
    content: Part,
    errors: tuple[int, ...] = (),
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Part:
    """One method of a path."""
    success: Part = {"description": summary}
    if content:
        success["content"] = content
    if headers:
        success["headers"] = {
            name: {"description": text, "schema": _text()} for name, text in headers.items()
        }
    failures = {
        str(code): {"description": _ERRORS[code], "content": _json("Error")}
        for code in sorted({*errors, *_EVERYWHERE})
    }
    return {
        "operationId": name,
        "summary": summary,
        "responses": {str(status): success} | failures,
    }


def _path_parameter(name: str, description: str) -> Part:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": _text(),
    }


def _query(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _text() -> Part:
    return {"type": "string"}


def _json(schema: str) -> Part:
    return {"application/json": {"schema": reference(schema)}}


def _json_list(schema: str) -> Part:
    return {"application/json": {"schema": {"type": "array", "items": reference(schema)}}}


def _file(media_type: str) -> Part:
    return {media_type: {}}

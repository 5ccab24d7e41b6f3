"""JSON schemas of what the HTTP interface takes and gives."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_YES_NO: Schema = {"type": "boolean"}
_MAYBE_NUMBER: Schema = {"type": ["number", "null"]}


def reference(name: str) -> Schema:
    """A reference to a schema of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(optional: dict[str, Schema] | None = None, **required: Schema) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


SCHEMAS: dict[str, Schema] = {
    "Error": _object(error=_TEXT, field={"type": ["string", "null"]}),
    "Info": _object(
        version=_TEXT,
        model=reference("Model"),
        hint_sizes=_list(_WHOLE),
        hint_size_default=_WHOLE,
        limits=_object(upload_bytes=_WHOLE, pixels=_WHOLE, hints=_WHOLE),
        formats=_object(read=_list(_TEXT), write=_list(_TEXT)),
    ),
    "Model": _object(
        name=_TEXT,
        image_size=_WHOLE,
        depth=_WHOLE,
        any_budget=_YES_NO,
        budget_min=_MAYBE_NUMBER,
        budget_max=_MAYBE_NUMBER,
        budget_default=_MAYBE_NUMBER,
        full_macs=_NUMBER,
    ),
    "Sample": _object(name=_TEXT, title=_TEXT, width=_WHOLE, height=_WHOLE, thumbnail=_TEXT),
    "SampleRequest": _object(sample=_TEXT),
    "Photo": _object(
        id=_TEXT,
        width=_WHOLE,
        height=_WHOLE,
        name=_TEXT,
        url=_TEXT,
        grey=_TEXT,
        alpha=_YES_NO | {"description": "kept in all formats but jpeg"},
        notes=_list(_TEXT | {"description": "of how the file was read: what is left out"}),
        expires_in=_NUMBER,
    ),
    "Hint": _object(
        row=_WHOLE | {"description": "pixel of the photo's own size, from 0 at the top"},
        column=_WHOLE | {"description": "from 0 at the left"},
        color=_TEXT | {"description": "#rrggbb, a CSS name, or lab:A,B with a* and b*"},
    ),
    "ColorizeRequest": _object(
        {
            "budget": _MAYBE_NUMBER | {"description": "keep ratio; for a model of any budget"},
            "hint_size": _WHOLE | {"description": "one of Info's hint_sizes", "default": 2},
            "exact_hints": _YES_NO | {"default": False},
        },
        hints=_list(reference("Hint")),
    ),
    "Result": _object(
        id=_TEXT,
        url=_TEXT,
        keep_ratio=_NUMBER,
        macs=_NUMBER,
        budget=_MAYBE_NUMBER,
        decisions=_TEXT
        | {
            "pattern": "^[01]*$",
            "description": "attention and FFN of block 1, of block 2, ...; 1 was computed",
        },
    ),
}

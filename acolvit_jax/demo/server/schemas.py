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
        reach_min=_NUMBER,
        reach_max=_NUMBER,
        finishing=reference("Finishing"),
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
    "Finishing": _object(
        saturation=_list(_NUMBER),
        warmth=_list(_NUMBER),
        warmth_ab=_list(_NUMBER) | {"description": "a* and b* that a warmth of 1 adds"},
    ),
    "Hint": _object(
        {
            "size": _WHOLE | {"description": "one of Info's hint_sizes", "default": 2},
            "reach": _MAYBE_NUMBER
            | {
                "description": "pixels of the model's image, Info's reach_min to reach_max; how "
                "far the hint changes the photo. reach_max: all of it. null: what is like its "
                "place; 96 of keep"
            },
        },
        row=_WHOLE | {"description": "pixel of the photo's own size, from 0 at the top"},
        column=_WHOLE | {"description": "from 0 at the left"},
        color=_TEXT
        | {"description": "#rrggbb, a CSS name, lab:A,B with a* and b*, or keep: as without hints"},
    ),
    "ColorizeRequest": _object(
        {
            "budget": _MAYBE_NUMBER | {"description": "keep ratio; for a model of any budget"},
            "exact_hints": _YES_NO
            | {"default": True, "description": "pixels under hints show what was asked for"},
        },
        hints=_list(reference("Hint")),
    ),
    "SuggestRequest": _object(
        {"hints": _list(reference("Hint")), "budget": _MAYBE_NUMBER},
        row=_WHOLE | {"description": "of the place, as in Hint"},
        column=_WHOLE,
    ),
    "Suggestion": _object(
        a=_NUMBER | {"description": "a* that the model gives the place once a hint says its hue"},
        b=_NUMBER,
        likely=_NUMBER | {"description": "how far the place followed the hint, 1: all the way"},
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
        ab_bytes=_WHOLE | {"description": "of the body that are colors; Outcomes follow"},
    ),
    "Outcomes": _object(
        asked=_list(_TEXT) | {"description": "color of each hint, as hints are written"},
        got=_list(_TEXT) | {"description": "#rrggbb that the photo shows under each hint"},
        limits=_list({"enum": [None, "lightness", "gamut", "replaced"]})
        | {"description": "what kept each hint's color from showing; null: nothing"},
    ),
}

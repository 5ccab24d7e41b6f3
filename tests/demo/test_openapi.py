"""The OpenAPI document agrees with the routes and with the answers."""

import re

import jsonschema
import pytest
from starlette.routing import Route

from acolvit_jax.demo.server.openapi import document
from tests.demo.calls import HINTS, add, colorize, outcomes_of, result_of

PAGE = ("/", "/service_worker.js", "/static/{path:path}")
METHODS = {"get", "post", "delete"}
BODIES = {
    "/v1/photos": {"sample": "bee"},
    "/v1/photos/{id}/suggestions": {"row": 5, "column": 9},
}


def validator(name):
    """Checks JSON against a schema of the document."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return jsonschema.Draft202012Validator(schema)


def listed():
    return {path: METHODS & set(item) for path, item in document()["paths"].items()}


def test_every_route_is_listed_and_every_listed_path_is_routed(client):
    routes = {}
    for route in client.app.routes:
        assert isinstance(route, Route)
        allowed = client.options(route.path).headers["Allow"].lower().split(", ")
        routes[route.path] = METHODS & set(allowed)
    assert {path: methods for path, methods in routes.items() if path not in PAGE} == listed()


def test_every_listed_path_answers_with_what_is_listed(client):
    photo = add(client)
    result = result_of(colorize(client, photo))["id"]
    for path, methods in listed().items():
        real = path.format(id=photo["id"], result=result, name="bee")
        for method in sorted(methods, key=("post", "get", "delete").index):
            if method == "delete":
                continue
            body = BODIES.get(path, {"hints": []})
            rest = {"json": body} if method == "post" else {}
            answer = client.request(method, real, **rest)
            described = document()["paths"][path][method]["responses"]
            assert str(answer.status_code) in described
            assert answer.status_code < 300
            kind = answer.headers["Content-Type"].partition(";")[0]
            success = described[str(answer.status_code)]
            assert kind in success["content"]
            for header in success.get("headers", ()):
                assert header in answer.headers
    assert client.delete("/" + photo["url"]).status_code == 204


def test_answers_fit_their_schemas(client):
    photo = add(client)
    validator("Photo").validate(photo)
    validator("Info").validate(client.get("/v1/info").json())
    for sample in client.get("/v1/samples").json():
        validator("Sample").validate(sample)
    answer = colorize(client, photo)
    validator("Result").validate(result_of(answer))
    validator("Outcomes").validate(outcomes_of(answer))
    place = {"row": 20, "column": 31, "hints": HINTS[:2], "budget": 0.4}
    validator("SuggestRequest").validate(place)
    suggestions = client.post(f"/{photo['url']}/suggestions", json=place).json()
    for suggestion in suggestions:
        validator("Suggestion").validate(suggestion)
    validator("Error").validate(client.get("/nothing").json())
    request = validator("ColorizeRequest")
    request.validate({"hints": [{"row": 0, "column": 0, "color": "red"}], "budget": 0.5})
    with pytest.raises(jsonschema.ValidationError):
        request.validate({"hints": [{"row": 0}]})


def test_the_document_is_whole(client):
    content = client.get("/v1/openapi.json").json()
    assert content == document()
    assert content["openapi"].startswith("3.1")
    for schema in content["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    references = set(re.findall(r"#/components/schemas/(\w+)", str(content)))
    assert references <= set(content["components"]["schemas"])
    for path, item in content["paths"].items():
        named = {p["name"] for p in item.get("parameters", ())}
        assert named == set(re.findall(r"{(\w+)}", path))
    names = [
        item[m]["operationId"] for item in content["paths"].values() for m in METHODS & set(item)
    ]
    assert len(set(names)) == len(names)

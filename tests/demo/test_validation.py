"""Bodies that are not as they should be: the answer names the field."""

import json

import pytest

from acolvit_jax.config import ModelConfig
from acolvit_jax.demo.server.requests import ColorizeRequest, Rules, read_colorize, result_id
from acolvit_jax.hints import Hint
from tests.demo.calls import HINTS, add, colorize, refused, result_of

RULES = Rules(hints=1024, budget=0.5, model=ModelConfig(any_budget=True))
GOOD = '{"row":1,"column":2,"color":"teal"}'


def hint(**fields):
    return json.dumps({"hints": [HINTS[0], json.loads(GOOD) | fields]})


def raw(text):
    """A body whose second hint has a row, or what else `text` says."""
    return f'{{"hints":[{GOOD},{{"row":1,"column":2,"color":"teal",{text}}}]}}'


REFUSED = {
    # 422 and the field
    "no object": ("[]", None),
    "null": ("null", None),
    "a number": ("7", None),
    "a NaN": ("NaN", None),
    "nothing": ("{}", "hints"),
    "hints null": ('{"hints":null}', "hints"),
    "hints an object": ('{"hints":{}}', "hints"),
    "an unknown field": ('{"hints":[],"bugdet":1}', "bugdet"),
    "a surrogate as key": ('{"hints":[],"\\ud800":1}', "\ud800"),
    "a key twice": ('{"hints":[],"hints":[]}', "hints"),
    "a key twice at the end of many": (
        "{" + "".join(f'"{i}":0,' for i in range(23_000)) + '"z":0,"z":0}',
        "z",
    ),
    "a key twice in a hint": (raw('"row":1'), "hints[1].row"),
    "a hint null": ('{"hints":[null]}', "hints[0]"),
    "a hint a list": (f'{{"hints":[{GOOD},[1,2,"red"]]}}', "hints[1]"),
    "a missing row": ('{"hints":[{"column":1,"color":"red"}]}', "hints[0].row"),
    "a missing color": ('{"hints":[{"column":1,"row":1}]}', "hints[0].color"),
    "an unknown field of a hint": (hint(tint="red"), "hints[1].tint"),
    "row text": (hint(row="1"), "hints[1].row"),
    "row true": (hint(row=True), "hints[1].row"),
    "row fraction": (hint(row=1.0), "hints[1].row"),
    "row null": (hint(row=None), "hints[1].row"),
    "row below": (hint(row=-1), "hints[1].row"),
    "row beyond": (hint(row=48), "hints[1].row"),
    "row NaN": (hint(row=float("nan")), "hints[1].row"),
    "row Infinity": (hint(row=float("-inf")), "hints[1].row"),
    "row 10**400": (hint(row=10**400), "hints[1].row"),
    "row -10**5000": ('{"hints":[{"row":-1' + "0" * 5000 + "}]}", "hints[0].column"),
    "row of 2**63": (hint(row=2**63), "hints[1].row"),
    "row 1e400": (hint(row="@").replace('"@"', "1e400"), "hints[1].row"),
    "column beyond": (hint(column=64), "hints[1].column"),
    "color a list": (hint(color=[1, 2, 3]), "hints[1].color"),
    "color unknown": (hint(color="nonsense"), "hints[1].color"),
    "color empty": (hint(color=""), "hints[1].color"),
    "color long": (hint(color="#" * 5000), "hints[1].color"),
    "color a surrogate": (hint(color="\ud800"), "hints[1].color"),
    "color NUL": (hint(color="red\0"), "hints[1].color"),
    "color beyond Lab": (hint(color="lab:129,0"), "hints[1].color"),
    "color NaN": (hint(color="lab:nan,0"), "hints[1].color"),
    "color infinite": (hint(color="lab:1e400,0"), "hints[1].color"),
    "color of three": (hint(color="lab:1,2,3"), "hints[1].color"),
    "color beyond sRGB": (hint(color="rgb(256,0,0)"), "hints[1].color"),
    "color of many digits": (hint(color=f"rgb({'9' * 80},0,0)"), "hints[1].color"),
    "budget low": ('{"hints":[],"budget":0.09}', "budget"),
    "budget high": ('{"hints":[],"budget":1.01}', "budget"),
    "budget NaN": ('{"hints":[],"budget":NaN}', "budget"),
    "budget infinite": ('{"hints":[],"budget":1e999}', "budget"),
    "budget huge": ('{"hints":[],"budget":' + "9" * 9999 + "}", "budget"),
    "budget true": ('{"hints":[],"budget":true}', "budget"),
    "budget text": ('{"hints":[],"budget":"0.5"}', "budget"),
    "a size for all hints": ('{"hints":[],"hint_size":2}', "hint_size"),
    "size 3": (hint(size=3), "hints[1].size"),
    "size 2.0": (hint(size=2.0), "hints[1].size"),
    "size true": (hint(size=True), "hints[1].size"),
    "size null": (hint(size=None), "hints[1].size"),
    "size a list": (hint(size=[2]), "hints[1].size"),
    "reach 7.9": (hint(reach=7.9), "hints[1].reach"),
    "reach 225": (hint(reach=225), "hints[1].reach"),
    "reach NaN": (hint(reach=float("nan")), "hints[1].reach"),
    "reach text": (hint(reach="48"), "hints[1].reach"),
    "reach true": (hint(reach=True), "hints[1].reach"),
    "exact_hints 1": ('{"hints":[],"exact_hints":1}', "exact_hints"),
    "too many hints": (json.dumps({"hints": HINTS[:1] * 1025}), "hints"),
    "deep": ("[" * 100_000, None),
    "deep in a field": ('{"hints":' + "[" * 50_000 + "]" * 50_000 + "}", None),
}
NO_JSON = {
    "empty": b"",
    "words": b"hello",
    "half": b'{"hints":[',
    "two": b"{}{}",
    "a bare surrogate in UTF-8": b'{"hints":"\xed\xa0\x80"}',
    "Latin-1": '{"hints":"é"}'.encode("latin-1"),
    "UTF-16": '{"hints":[]}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"hints":[]}',
    "a control character": b'{"hints":"\x01"}',
    "single quotes": b"{'hints':[]}",
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_other_json_is_422_and_names_the_field(client, name):
    body, field = REFUSED[name]
    url = add(client)["url"]
    refused(client.post(f"/{url}/colorize", content=body.encode()), 422, field)


@pytest.mark.parametrize("name", list(NO_JSON))
def test_no_json_is_400(client, name):
    url = add(client)["url"]
    refused(client.post(f"/{url}/colorize", content=NO_JSON[name]), 400, text="no JSON")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ("{}", 422, "sample"),
        ('{"sample":1}', 422, "sample"),
        ('{"sample":"bee","x":1}', 422, "x"),
        ('{"sample":"bee","sample":"bee"}', 422, "sample"),
        ('["bee"]', 422, None),
        ('{"sample":["bee"]}', 422, "sample"),
        ('{"sample":"\\ud800"}', 404, "sample"),
        ("bee", 400, None),
    ],
)
def test_samples_are_asked_for_by_name(client, body, status, field):
    headers = {"Content-Type": "application/json; charset=utf-8"}
    refused(client.post("/v1/photos", content=body, headers=headers), status, field)


def test_the_most_that_is_allowed_is_served(client):
    photo = add(client)
    hints = [
        {"row": i % 48, "column": i % 64, "color": f"lab:{i % 100}.25,-3"} for i in range(1024)
    ]
    hints = [fields | {"size": 16, "reach": 100} for fields in hints]
    answer = colorize(client, photo, hints, budget=1)
    assert result_of(answer)["budget"] == 1.0
    assert client.get("/" + result_of(answer)["url"]).status_code == 200
    assert result_of(colorize(client, photo, budget=None))["budget"] == 0.5


def test_the_canonical_form_reads_as_itself():
    body = b"""{"hints":[{"row":1,"column":2,"color":"#102030","size":4},
        {"row":3,"column":4,"color":"keep","reach":9.5},
        {"row":5,"column":6,"color":"lab:1,-2"}],"budget":1}"""
    request = read_colorize(body, RULES, (48, 64))
    assert read_colorize(request.canonical(), RULES, (48, 64)) == request
    assert request.hints[0].ab() == Hint(1, 2, (16, 32, 48)).ab()
    other = ColorizeRequest(request.hints, 0.5, False)
    assert result_id(other.canonical()) != result_id(request.canonical())


def test_messages_repeat_little_of_what_was_sent(client):
    url = add(client)["url"]
    body = {"hints": [], "x" * 50_000: 1}
    response = client.post(f"/{url}/colorize", json=body)
    assert response.status_code == 422
    assert len(response.content) < 1000
    response = client.post(f"/{url}/colorize", json={"hints": [], "budget": "y\n" * 9000})
    assert len(refused(response, 422, "budget")) < 200

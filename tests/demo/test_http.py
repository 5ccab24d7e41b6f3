"""The HTTP interface does what its contract says."""

import io
from urllib.parse import quote, unquote

import pytest
from PIL import Image

import acolvit_jax
from acolvit_jax import Colorizer
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.demo.server.handlers import file_stem
from acolvit_jax.demo.server.samples import samples
from acolvit_jax.photo import images
from acolvit_jax.photo.outputs import OUTPUTS
from tests.demo.calls import (
    add,
    colorize,
    refused,
    result_of,
)
from tests.models_on_disk import SMALL, random_params
from tests.photos import make_jpeg


def test_info_says_what_the_server_is(client):
    info = client.get("/v1/info").json()
    assert info["version"] == acolvit_jax.__version__
    assert info["model"] == {
        "name": "pretrained",
        "image_size": 32,
        "depth": 2,
        "any_budget": True,
        "budget_min": 0.1,
        "budget_max": 1.0,
        "budget_default": 0.5,
        "full_macs": info["model"]["full_macs"],
    }
    assert info["hint_sizes"] == [2, 4, 8, 16]
    assert info["hint_size_default"] == 2
    assert info["limits"] == {"upload_bytes": 2**26, "pixels": 50_000_000, "hints": 1024}
    assert info["formats"] == {"read": list(images.IMAGE_SUFFIXES), "write": list(OUTPUTS)}


def test_a_model_of_fixed_budget_says_so_and_takes_none(make_client):
    client = make_client(colorizer=Colorizer(SMALL, random_params()))
    model = client.get("/v1/info").json()["model"]
    assert not model["any_budget"]
    assert {model[f"budget_{which}"] for which in ("min", "max", "default")} == {None}
    photo = add(client)
    assert result_of(colorize(client, photo))["budget"] is None
    body = {"hints": [], "budget": 0.5}
    refused(client.post(f"/{photo['url']}/colorize", json=body), 422, "budget", text="fixed")


def test_the_gallery_is_the_photos_in_the_package(client):
    gallery = client.get("/v1/samples").json()
    assert [sample["name"] for sample in gallery] == [path.stem for path in sample_photos()]
    bee = next(sample for sample in gallery if sample["name"] == "bee")
    assert bee["title"] == "Bee at a quince blossom"
    thumbnail = Image.open(io.BytesIO(client.get("/" + bee["thumbnail"]).content))
    assert (thumbnail.mode, max(thumbnail.size)) == ("L", 192)
    assert thumbnail.width / thumbnail.height == pytest.approx(bee["width"] / bee["height"], 0.02)
    photo = client.post("/v1/photos", json={"sample": "bee"}).json()
    assert (photo["name"], photo["width"]) == ("bee", bee["width"])


def test_a_photo_is_described_and_removed(client):
    response = client.post("/v1/photos?name=..%2Fholiday%20%C3%A9.jpeg", content=make_jpeg(0))
    photo = response.json()
    assert photo == {
        "alpha": False,
        "notes": [],
        "id": photo["id"],
        "width": 64,
        "height": 48,
        "name": "holiday é",
        "url": f"v1/photos/{photo['id']}",
        "grey": f"v1/photos/{photo['id']}/grey",
        "expires_in": 3600.0,
    }
    assert response.url.join(response.headers["Location"]).path == "/" + photo["url"]
    assert client.get("/" + photo["url"]).json() == photo
    assert client.delete("/" + photo["url"]).status_code == 204
    refused(client.delete("/" + photo["url"]), 404)
    refused(client.get("/" + photo["url"]), 404)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("हिन्दी फोटो.jpg", "हिन्दी फोटो"),
        ("Mu\u0308ller & Söhne, #3.jpg", "Mu\u0308ller & Söhne, #3"),
        ("O'Brien a+b@home.png", "O'Brien a+b@home"),
        ('a:b*c?"<d>|e\t\x7f\n.png', "abcde"),
        ("..\\up/\ud800x .png", "x"),
        ("👩\u200d🎨.jpg", "👩\u200d🎨"),
        ("?.png", "photo"),
        (" ..", "photo"),
    ],
)
def test_names_are_kept_but_for_what_files_cannot_have(name, stem):
    assert file_stem(name) == stem


def test_a_download_has_the_photo_s_name(client):
    url = f"/v1/photos?name={quote('हिन्दी #3.jpg')}"
    photo = client.post(url, content=make_jpeg(0)).json()
    assert photo["name"] == "हिन्दी #3"
    saved = client.get("/" + result_of(colorize(client, photo))["url"])
    _, encoded = saved.headers["Content-Disposition"].split("filename*=UTF-8''")
    assert unquote(encoded) == "हिन्दी #3_color.png"


def test_the_server_takes_the_place_of_a_page_without_one(client):
    worker = client.get("/service_worker.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert "unregister" in worker.text


def test_head_and_options_and_other_methods(client):
    photo = add(client)
    head = client.head("/" + photo["url"])
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(client.get("/" + photo["url"]).content)
    options = client.options("/" + photo["url"])
    assert (options.status_code, options.headers["Allow"]) == (204, "DELETE, GET, HEAD, OPTIONS")
    assert "Access-Control-Allow-Origin" not in options.headers
    for method, path in (("PUT", photo["url"]), ("GET", "v1/photos"), ("BREW", "v1/info")):
        response = client.request(method, "/" + path)
        refused(response, 405)
        assert "OPTIONS" in response.headers["Allow"]
    refused(client.get("/v1/info/"), 404)
    refused(client.get("/v2/info"), 404)


def test_unknown_things_are_404(client):
    photo = add(client)
    other = add(client)
    result = result_of(colorize(client, photo))
    for path in (
        "v1/photos/nothing",
        "v1/photos/nothing/grey",
        f"{photo['url']}/results/nothing",
        f"{other['url']}/results/{result['id']}",
        "v1/photos/nothing/results/x",
    ):
        refused(client.get("/" + path), 404)
    refused(client.post("/v1/photos/nothing/colorize", json={"hints": []}), 404)
    refused(client.post("/v1/photos", json={"sample": "nobody"}), 404, "sample")
    refused(client.get("/v1/samples/nobody/thumbnail"), 404, "sample")
    refused(client.get(f"/{result['url']}?format=gif"), 422, "format")


def test_sample_names_are_no_paths(client):
    path = samples()["bee"].path
    for name in (str(path), path.name, f"../photos/{path.stem}", "bee\0", "", "./bee"):
        refused(client.post("/v1/photos", json={"sample": name}), 404, "sample")


def test_photos_come_in_forms_too(client):
    form = {"note": (None, "hello"), "file": ("Grandmother.jpg", make_jpeg(0), "image/jpeg")}
    response = client.post("/v1/photos", files=form)
    assert response.status_code == 201, response.text
    sent, plain = response.json(), add(client)
    assert sent["name"] == "Grandmother"
    assert (sent["width"], sent["height"]) == (plain["width"], plain["height"])
    grey = client.get("/" + sent["grey"]).content
    assert grey == client.get("/" + plain["grey"]).content
    refused(client.post("/v1/photos", files={"note": (None, "hello")}), 422, "file")
    kind = {"Content-Type": "multipart/form-data"}
    refused(client.post("/v1/photos", content=b"no form", headers=kind), 400)
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\n", b"rubbish", b"--x\r\n\r\nbody\r\n--x--\r\n"):
        assert client.post("/v1/photos", content=body, headers=kind).status_code in (400, 422)

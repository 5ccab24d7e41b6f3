"""The HTTP interface does what its contract says."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

import acolvit_jax
from acolvit_jax import Colorizer, Hint
from acolvit_jax.data.sources import sample_photos
from acolvit_jax.demo.server.samples import samples
from acolvit_jax.demo.server.studio import to_int8
from acolvit_jax.hints.text import parse_color
from acolvit_jax.inference.colorizer import model_lightness
from acolvit_jax.inference.finish import Finish
from acolvit_jax.photo import color, images
from acolvit_jax.photo.outputs import OUTPUTS
from tests.demo.calls import HINTS, add, colorize, refused, result_of, values
from tests.models_on_disk import SMALL, random_params
from tests.photos import make_jpeg, make_rgb


def own_hints(hints=HINTS):
    return [Hint(h["row"], h["column"], parse_color(h["color"])) for h in hints]


def decoded(response):
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)))


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


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


def test_answers_are_the_colorizers_own(client, small_colorizer):
    rgb = make_rgb(0)
    photo = add(client, encoded(Image.fromarray(rgb), "PNG"))
    for fields in ({}, {"budget": 0.9, "exact_hints": False}):
        response = colorize(client, photo, **fields)
        expected = small_colorizer(rgb, own_hints(), **fields)
        np.testing.assert_array_equal(
            values(response), np.frombuffer(to_int8(expected.ab / 110), np.int8).reshape(32, 32, 2)
        )
        result = result_of(response)
        assert result["macs"] == expected.macs
        assert result["keep_ratio"] == expected.keep_ratio
        assert result["asked"] == [outcome.asked for outcome in expected.outcomes]
        assert result["got"] == ["#" + bytes(o.got).hex() for o in expected.outcomes]
        assert result["limits"] == [outcome.limit for outcome in expected.outcomes]
        assert result["budget"] == fields.get("budget", 0.5)
        assert result["decisions"] == "".join(str(int(d)) for d in expected.decisions.ravel())
        png = client.get("/" + result["url"])
        np.testing.assert_array_equal(decoded(png), expected.rgb)
        assert png.headers["Content-Type"] == "image/png"
        jpeg = client.get(f"/{result['url']}?format=jpeg")
        assert jpeg.content == images.encode_image(expected.rgb, ".jpg")
        assert 'attachment; filename="photo_color.jpg"' in jpeg.headers["Content-Disposition"]


def test_finishing_is_a_query_of_the_result(client, small_colorizer):
    photo = add(client, encoded(Image.fromarray(make_rgb(0)), "PNG"))
    url = result_of(colorize(client, photo))["url"]
    finish = Finish(saturation=1.5, warmth=-0.25)
    expected = small_colorizer(make_rgb(0), own_hints(), finish=finish).rgb
    png = client.get(f"/{url}?saturation=1.5&warmth=-0.25")
    np.testing.assert_array_equal(decoded(png), expected)
    for query in ("saturation=2.1", "saturation=nan", "saturation=1e0", "saturation="):
        refused(client.get(f"/{url}?{query}"), 422, "saturation")
    refused(client.get(f"/{url}?warmth=-1.5"), 422, "warmth")


def test_a_color_that_the_photo_cannot_show_is_told(client):
    grey = Image.fromarray(np.full((48, 64, 3), 90, np.uint8))
    photo = add(client, encoded(grey, "PNG"))
    hints = [
        {"row": 10, "column": 10, "color": "#00ff00"},
        {"row": 40, "column": 10, "color": "#c8b4b4"},
        {"row": 25, "column": 50, "color": "lab:10,5"},
        {"row": 4, "column": 60, "color": "keep"},
    ]
    result = result_of(colorize(client, photo, hints))
    assert result["asked"] == ["#00ff00", "#c8b4b4", "lab:10.0,5.0", "keep"]
    assert result["limits"] == ["gamut", "lightness", None, None]
    shown = decoded(client.get("/" + result["url"]))
    places = [(hint["row"], hint["column"]) for hint in hints]
    assert result["got"] == ["#" + bytes(shown[place].tolist()).hex() for place in places]


def test_int8_is_rounded_and_clipped():
    ab = np.array([[[0.0, 1.0], [-1.0, 1.2], [0.5 / 127 + 1e-4, -3.0]]], np.float32)
    assert np.frombuffer(to_int8(ab), np.int8).tolist() == [0, 127, -127, 127, 1, -127]


def test_the_same_request_gives_the_same_answer(client):
    photo = add(client)
    first = colorize(client, photo, budget=0.5)
    again = colorize(client, photo, [{**h, "color": h["color"].upper()} for h in HINTS])
    assert first.content == again.content
    assert result_of(first) == result_of(again)
    other = colorize(client, photo, HINTS[:1])
    assert result_of(other)["id"] != result_of(first)["id"]
    assert colorize(client, photo, budget=0.5).content == first.content


def test_the_time_is_told_by_stage(client):
    timing = colorize(client, add(client)).headers["Server-Timing"]
    stages = dict(part.split(";dur=") for part in timing.split(", "))
    assert list(stages) == ["input", "model", "total"]
    assert float(stages["total"]) >= float(stages["model"]) > 0


def test_grey_is_the_photos_lightness(client):
    rgb = make_rgb(3, (300, 200))
    photo = add(client, encoded(Image.fromarray(rgb), "PNG"))
    grey = decoded(client.get("/" + photo["grey"]))
    lab = color.uint8_to_lab(rgb)
    lab[..., 1:] = 0
    assert abs(grey.astype(int) - color.lab_to_uint8(lab)[..., 1]).max() <= 6  # it is a JPEG
    assert decoded(client.get(f"/{photo['grey']}?max_side=64")).shape == (64, 43)
    for bad in ("63", "4097", "1e3", "-64", "", "64.5", "9" * 5000, "٦٤"):
        response = client.get("/" + photo["grey"], params={"max_side": bad})
        refused(response, 422, "max_side")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_comes_out_upright_and_keeps_its_exif(client, small_colorizer, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    exif[271] = "a maker"
    rgb = make_rgb(1)
    data = encoded(Image.fromarray(rgb), "JPEG", exif=exif.tobytes(), quality=95)
    upright = images.read_image(data)
    photo = add(client, data)
    assert (photo["height"], photo["width"]) == upright.shape[:2]
    grey = decoded(client.get("/" + photo["grey"])).astype(int)
    lab = color.uint8_to_lab(upright)
    assert abs(grey - color.lab_to_uint8(lab * [1, 0, 0])[..., 1]).max() <= 6
    response = client.get(f"/{result_of(colorize(client, photo, []))['url']}?format=jpeg")
    file = Image.open(io.BytesIO(response.content))
    assert 274 not in file.getexif()
    assert file.getexif()[271] == "a maker"
    png = client.get("/" + result_of(colorize(client, photo, []))["url"])
    np.testing.assert_array_equal(decoded(png), small_colorizer(data).rgb)


def odd_files():
    rgb = Image.fromarray(make_rgb(5))
    grey16 = (np.asarray(rgb)[..., 0].astype(np.uint16) * 257).astype(np.uint16)
    return {
        "tiff": encoded(rgb, "TIFF"),
        "cmyk": encoded(rgb.convert("CMYK"), "JPEG"),
        "cmyk tiff": encoded(rgb.convert("CMYK"), "TIFF"),
        "16 bit png": encoded(Image.fromarray(grey16), "PNG"),
        "16 bit tiff": encoded(Image.fromarray(grey16), "TIFF"),
        "gif": encoded(rgb, "GIF"),
        "bmp": encoded(rgb, "BMP"),
        "webp": encoded(rgb, "WEBP", lossless=True),
        "alpha": encoded(rgb.convert("RGBA"), "PNG"),
        "one bit": encoded(rgb.convert("1"), "PNG"),
        "palette": encoded(rgb.convert("P"), "PNG"),
        "mpo": encoded(rgb, "MPO"),
    }


@pytest.mark.parametrize("kind", list(odd_files()))
def test_whatever_is_read_elsewhere_is_read_here(client, small_colorizer, kind):
    data = odd_files()[kind]
    photo = add(client, data, headers={"Content-Type": "image/whatever"})
    png = client.get("/" + result_of(colorize(client, photo))["url"])
    expected = small_colorizer(images.read_image(data), own_hints()).rgb
    np.testing.assert_array_equal(decoded(png), expected)


def test_two_clients_at_once_do_not_mix(client, small_colorizer):
    photos = [make_rgb(i, (40 + i, 50)) for i in range(6)]
    sent = [add(client, encoded(Image.fromarray(rgb), "PNG")) for rgb in photos]
    expected = [
        to_int8(
            small_colorizer.predict(
                model_lightness(rgb, 32), small_colorizer.place((), rgb.shape[:2])
            ).ab_norm
        )
        for rgb in photos
    ]
    order = [i % 6 for i in range(60)]
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda i: colorize(client, sent[i], []).content, order)
        for i, answer in zip(order, answers, strict=True):
            assert answer == expected[i]


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


def test_a_format_that_cannot_hold_the_picture_says_so(client):
    photo = add(client, encoded(Image.fromarray(make_rgb(0, (1, 66_000))), "PNG"))
    assert Image.open(io.BytesIO(client.get("/" + photo["grey"]).content)).size == (2048, 1)
    url = "/" + result_of(colorize(client, photo, []))["url"]
    assert decoded(client.get(url)).shape == (1, 66_000, 3)
    refused(client.get(url + "?format=jpeg"), 422, "format", text="cannot write")


def test_a_lone_pixel_is_a_photo(client):
    photo = add(client, encoded(Image.fromarray(make_rgb(0, (1, 1))), "PNG"))
    hint = {"row": 0, "column": 0, "color": "red"}
    url = "/" + result_of(colorize(client, photo, [hint], exact_hints=True))["url"]
    assert decoded(client.get(url)).shape == (1, 1, 3)


def test_sample_names_are_no_paths(client):
    path = samples()["bee"].path
    for name in (str(path), path.name, f"../photos/{path.stem}", "bee\0", "", "./bee"):
        refused(client.post("/v1/photos", json={"sample": name}), 404, "sample")


def test_results_in_every_format_keep_alpha_or_say_so(client):
    image = Image.fromarray(np.dstack([make_rgb(0), np.full(make_rgb(0).shape[:2], 99, np.uint8)]))
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(300, 300))
    photo = add(client, out.getvalue(), params={"name": "cut.png"})
    assert photo["alpha"] is True
    result = result_of(colorize(client, photo))
    for kind, output in OUTPUTS.items():
        answer = client.get(f"/{result['url']}?format={kind}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == output.media_type
        assert f"cut{output.ending}" in answer.headers["Content-Disposition"]
        with Image.open(io.BytesIO(answer.content)) as written:
            if kind in ("png", "tiff", "webp"):
                assert (np.asarray(written.convert("RGBA"))[..., 3] == 99).all()
    deep = io.BytesIO()
    Image.fromarray(np.zeros((20, 30), np.uint16)).save(deep, "PNG")
    (note,) = add(client, deep.getvalue())["notes"]
    assert "8 bits" in note


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

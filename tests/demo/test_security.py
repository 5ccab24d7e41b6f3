"""Foreign hosts and origins, paths that lead out, headers for browsers."""

import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.demo.server.security import Access, content_policy, split_authority
from tests.demo.calls import add, refused

PROXY = Access("127.0.0.1", ("*.googleusercontent.com", "demo.example.org"))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "127.0.0.1", "localhost:8000", "LocalHost:9", "[::1]:8000", "[::1]"],
)
def test_the_servers_own_names(client, host):
    assert client.get("/v1/info", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "localhost:99999",
        "localhost:80:80",
        "localhost:x",
        "localhost:",
        "localhost@evil.example",
        "evil.example/localhost",
        "[::2]:8000",
        "::1",
        "[::1",
        "192.168.1.2:8000",
        "0.0.0.0:8000",
        "",
        " ",
        "a.googleusercontent.com",
        "x" * 10_000,
    ],
)
def test_foreign_names_are_refused(client, host):
    for path in ("/", "/v1/info", "/nothing"):
        refused(client.get(path, headers={"Host": host}), 403)


def test_a_host_is_named_once(client):
    request = client.build_request("GET", "/v1/info", headers=[("Host", "a"), ("Host", "b")])
    refused(client.send(request), 400)


@pytest.mark.parametrize(
    ("bound", "name", "known"),
    [
        ("192.168.1.5", "192.168.1.5", True),
        ("192.168.1.5", "192.168.1.6", False),
        ("my.host", "my.host", True),
        ("0.0.0.0", "192.168.1.6", True),
        ("::", "fe80::1", True),
        ("0.0.0.0", "evil.example", False),
        ("0.0.0.0", "localhost", True),
    ],
)
def test_names_follow_the_bound_address(bound, name, known):
    assert Access(bound).knows(name) is known


def test_authorities_are_split():
    assert split_authority("[::1]:80") == ("::1", 80)
    assert split_authority("LOCALHOST") == ("localhost", None)
    for bad in ("a b", "a:", "a:123456", "[a", "a]", "é", ""):
        assert split_authority(bad) is None


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "HTTP://127.0.0.1:8000".lower()])
def test_the_pages_own_origin_may_post_and_delete(client, origin):
    headers = {"Origin": origin}
    photo = client.post("/v1/photos", json={"sample": "bee"}, headers=headers).json()
    assert client.delete("/" + photo["url"], headers=headers).status_code == 204


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://127.0.0.1:3000",
        "http://127.0.0.1",
        "https://127.0.0.1",
        "http://localhost:8000",
        "http://127.0.0.1:8000.evil.example",
        "http://127.0.0.1:8000@evil.example",
        "ftp://127.0.0.1:8000",
        "127.0.0.1:8000",
        "null",
        "",
    ],
)
def test_other_origins_may_not(client, origin):
    photo = add(client)
    for method, path in (
        ("POST", "/v1/photos"),
        ("POST", f"/{photo['url']}/colorize"),
        ("DELETE", "/" + photo["url"]),
    ):
        refused(client.request(method, path, headers={"Origin": origin}), 403)
    assert client.get("/" + photo["url"], headers={"Origin": origin}).status_code == 200


def test_proxies_that_were_named_may(make_client):
    client = make_client(access=PROXY)
    body = {"sample": "bee"}
    for headers in (
        {"Host": "abc-colab.googleusercontent.com"},
        {"Host": "localhost:8000", "Origin": "https://abc.googleusercontent.com"},
        {"Host": "Demo.Example.Org", "Origin": "https://demo.example.org"},
    ):
        assert client.post("/v1/photos", json=body, headers=headers).status_code == 201
    for headers in (
        {"Host": "googleusercontent.com"},
        {"Host": "evilgoogleusercontent.com"},
        {"Host": "a.googleusercontent.com.evil.example"},
        {"Host": "x.demo.example.org"},
        {"Host": "localhost:8000", "Origin": "https://evil.example"},
    ):
        refused(client.post("/v1/photos", json=body, headers=headers), 403)
    policy = client.get("/v1/info").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors *.googleusercontent.com demo.example.org")


@pytest.mark.parametrize(
    "pattern", ["*", "*.", "*.com ", "a.*.com", "https://a.b", "a.b:80", "'", ""]
)
def test_patterns_that_are_no_names_are_refused(pattern):
    with pytest.raises(ConfigError, match="--behind_proxy"):
        Access("127.0.0.1", (pattern,))


def test_every_answer_has_the_headers(client):
    photo = add(client)
    answers = [
        client.get("/v1/info"),
        client.get("/nothing"),
        client.get("/v1/info", headers={"Host": "evil.example"}),
        client.get("/" + photo["grey"]),
        client.options("/v1/photos"),
        client.put("/v1/photos"),
        client.delete("/" + photo["url"]),
    ]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"] == content_policy(())
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Cache-Control" in answer.headers
    assert "frame-ancestors 'none'" in content_policy(())
    assert "unsafe" not in content_policy(())


@pytest.fixture
def folder(tmp_path):
    """A page of our own, and a secret beside it."""
    static = tmp_path / "static"
    (static / "parts").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>x</title>")
    (static / "parts" / "a.js").write_text("export {};")
    (static / "notes.txt").write_text("not of a kind that pages are made of")
    (tmp_path / "secret.js").write_text("secret")
    return static


@pytest.fixture
def page_client(make_client, folder):
    return make_client(folder=folder)


def test_the_page_and_its_files_are_served(page_client, folder):
    page = page_client.get("/")
    assert page.text.startswith("<!doctype html>")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    script = page_client.get("/static/parts/a.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    again = page_client.get("/static/parts/a.js", headers={"If-None-Match": script.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    weak = {"If-None-Match": f'"other", W/{script.headers["ETag"]}'}  # as proxies make them
    assert page_client.get("/static/parts/a.js", headers=weak).status_code == 304
    (folder / "parts" / "a.js").write_text("export { };")
    assert page_client.get("/static/parts/a.js", headers=weak).text == "export { };"
    assert page_client.head("/").content == b""
    (folder / "new.css").write_text("a {}")
    assert page_client.get("/static/new.css").status_code == 200


def test_a_missing_page_is_a_clear_404(page_client, folder):
    (folder / "index.html").unlink()
    refused(page_client.get("/"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.js",
        "..%2fsecret.js",
        "%2e%2e/secret.js",
        "%2e%2e%2fsecret.js",
        "..%5csecret.js",
        "%252e%252e%252fsecret.js",
        "parts/../../secret.js",
        "parts/%2e%2e/%2e%2e/secret.js",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "//etc/passwd",
        "a.js%00",
        "%00",
        "parts%00/a.js",
        "parts/a.js%00.html",
        "notes.txt",
        "parts",
        "parts/",
        "",
        ".",
        "index.html/",
        "%ff%fe",
        "%ed%a0%80",
        "x" * 5000,
    ],
)
def test_no_path_leads_out(page_client, folder, path):
    target = b"/static/" + path.encode()
    url = page_client.base_url.copy_with(raw_path=target)
    response = page_client.get(url)
    refused(response, 404)
    assert b"secret" not in response.content


def test_paths_of_absolute_files_are_not_served(page_client, folder):
    for name in (str(folder.parent / "secret.js"), str(folder / "parts" / "a.js")):
        refused(page_client.get("/static/" + name), 404)

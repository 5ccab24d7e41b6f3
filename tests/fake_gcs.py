"""A Google Cloud Storage of this process: what gcsfs, tensorstore and ArrayRecord ask of one.

The JSON interface, as much of it as these three use:
https://cloud.google.com/storage/docs/json_api.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fake_objects import FakeStorage

OBJECT = re.compile(r"(?:/download)?/storage/v1/b/([^/]+)/o/([^/]+)(/.*)?")
LISTING = re.compile(r"/storage/v1/b/([^/]+)/o")
UPLOAD = re.compile(r"/(?:resumable/)?upload/storage/v1/b/([^/]+)/o")
BUCKET = re.compile(r"/storage/v1/b/([^/]+)")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: for the second the client lets it wait 40 ms
    storage: FakeStorage

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _answer(self, code: int, body: Any = b"", **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        if not isinstance(body, bytes):
            headers = {"Content_Type": "application/json", **headers}
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if code != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and code != 204:
            with contextlib.suppress(ConnectionError):  # a client that has gone
                self.wfile.write(data)

    def _error(self, code: int, reason: str) -> None:
        self._answer(code, {"error": {"code": code, "message": reason, "errors": []}})

    def _serve(self) -> None:
        length = self.headers.get("Content-Length")
        if length is not None:
            body = self.rfile.read(int(length))
        elif "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = b""
        with self.storage.lock:
            self.storage.requests.append(f"{self.command} {self.path}")
            if self.storage.failures:
                self._error(self.storage.failures.pop(0), "told to fail")
            elif self.path.startswith("/batch"):
                self._batch(body)
            else:
                self._one(self.command, self.path, body)

    def _one(self, method: str, address: str, body: bytes) -> None:
        parts = urlsplit(address)
        query = parse_qs(parts.query, keep_blank_values=True)
        if found := UPLOAD.fullmatch(parts.path):
            self._upload(method, unquote(found[1]), query, body)
        elif found := OBJECT.fullmatch(parts.path):
            key = f"{unquote(found[1])}/{unquote(found[2])}"
            self._object(method, key, found[3], query)
        elif found := LISTING.fullmatch(parts.path):
            if found[1] not in self.storage.buckets:
                return self._error(404, "The specified bucket does not exist.")
            self._answer(200, self.storage.listing(found[1], query))
        elif found := BUCKET.fullmatch(parts.path):
            if found[1] not in self.storage.buckets:
                return self._error(404, "The specified bucket does not exist.")
            self._answer(200, {"kind": "storage#bucket", "name": found[1], "location": "US"})
        elif parts.path.count("/") > 1 and method in ("GET", "HEAD"):  # the XML interface
            bucket, name = unquote(parts.path)[1:].split("/", 1)
            self._content(f"{bucket}/{name}")
        else:
            self._error(404, f"unknown: {method} {parts.path}")

    def _object(self, method: str, key: str, action: str | None, query: Any) -> None:
        storage = self.storage
        if key not in storage.objects:
            return self._error(404, f"No such object: {key}")
        if action:
            found = re.fullmatch(r"/(copyTo|rewriteTo|moveTo)(?:/b/([^/]+))?/o/([^/]+)", action)
            if not found:
                return self._error(404, f"unknown: {action}")
            bucket = unquote(found[2] or key.split("/", 1)[0])
            target = f"{bucket}/{unquote(found[3])}"
            storage.put(target, storage.objects[key])
            if found[1] == "moveTo":
                storage.delete(key)
            size = str(len(storage.objects[target]))
            done = {"done": True, "totalBytesRewritten": size, "objectSize": size}
            copied = storage.resource(target)
            return self._answer(200, done | {"resource": copied} if "rewrite" in action else copied)
        if not storage.meets(key, query):
            return self._error(412, "conditionNotMet")
        if method == "DELETE":
            storage.delete(key)
            return self._answer(204)
        if query.get("alt") == ["media"]:
            return self._content(key)
        return self._answer(200, storage.resource(key))

    def _content(self, key: str) -> None:
        if key not in self.storage.objects:
            return self._error(404, f"No such object: {key}")
        data = self.storage.objects[key]
        headers = {
            "X_Goog_Generation": str(self.storage.generations[key]),
            "Content_Type": "application/octet-stream",
            "X_Goog_Stored_Content_Length": str(len(data)),
            "X_Goog_Stored_Content_Encoding": "identity",
        }
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not found:
            return self._answer(200, data, **headers)
        first = int(found[1]) if found[1] else max(0, len(data) - int(found[2]))
        last = min(int(found[2]), len(data) - 1) if found[1] and found[2] else len(data) - 1
        if first >= len(data):
            return self._error(416, "requested range not satisfiable")
        headers["Content_Range"] = f"bytes {first}-{last}/{len(data)}"
        return self._answer(206, data[first : last + 1], **headers)

    def _upload(self, method: str, bucket: str, query: dict[str, list[str]], body: bytes) -> None:
        storage = self.storage
        if bucket not in storage.buckets:
            return self._error(404, "The specified bucket does not exist.")
        kind = query.get("uploadType", ["media"])[0]
        if "upload_id" in query:
            return self._continue(query["upload_id"][0], body)
        if kind == "media":
            return self._store(f"{bucket}/{query['name'][0]}", query, body)
        if kind == "multipart":
            about, content = _parts(body, self.headers["Content-Type"])
            return self._store(f"{bucket}/{json.loads(about)['name']}", query, content)
        name = query.get("name", [None])[0] or json.loads(body)["name"]
        number = str(next(storage.count))
        storage.uploads[number] = (f"{bucket}/{name}", query, bytearray())
        host = self.headers["Host"]
        where = f"http://{host}/upload/storage/v1/b/{bucket}/o?uploadType=resumable"
        return self._answer(200, b"", Location=f"{where}&upload_id={number}")

    def _continue(self, number: str, body: bytes) -> None:
        key, query, so_far = self.storage.uploads[number]
        found = re.fullmatch(
            r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", self.headers.get("Content-Range", "")
        )
        so_far += body
        if found and found[3] == "*":
            last = {"Range": f"bytes=0-{len(so_far) - 1}"} if so_far else {}
            return self._answer(308, b"", **last)
        del self.storage.uploads[number]
        return self._store(key, query, bytes(so_far))

    def _store(self, key: str, query: dict[str, list[str]], data: bytes) -> None:
        if not self.storage.meets(key, query):
            return self._error(412, "conditionNotMet")
        self.storage.put(key, data)
        return self._answer(200, self.storage.resource(key))

    def _batch(self, body: bytes) -> None:
        """Deletions, several in one request."""
        boundary = re.search(r'boundary="?([^";]+)', self.headers["Content-Type"])
        assert boundary
        answers = []
        for part in body.split(b"--" + boundary[1].encode())[1:-1]:
            found = re.search(rb"DELETE (\S+)", part)
            assert found
            key = OBJECT.fullmatch(urlsplit(found[1].decode()).path)
            assert key
            name = f"{unquote(key[1])}/{unquote(key[2])}"
            known = name in self.storage.objects
            if known:
                self.storage.delete(name)
            status = "204 No Content" if known else "404 Not Found"
            answers.append(f"Content-Type: application/http\r\n\r\nHTTP/1.1 {status}\r\n\r\n")
        text = "".join(f"--b\r\n{answer}\r\n" for answer in answers) + "--b--\r\n"
        self._answer(200, text.encode(), Content_Type="multipart/mixed; boundary=b")


def _parts(body: bytes, kind: str) -> tuple[bytes, bytes]:
    """What describes an object, and its content, of an upload in two parts."""
    boundary = re.search(r'boundary="?([^";]+)', kind)
    assert boundary
    found = body.split(b"--" + boundary[1].strip("'").encode())[1:3]
    about, content = (re.split(rb"\r?\n\r?\n", part, maxsplit=1)[1] for part in found)
    return about, re.sub(rb"\r?\n\Z", b"", content)


@contextlib.contextmanager
def serving(storage: FakeStorage) -> Iterator[dict[str, str]]:
    """Serves a storage; yields the environment in which libraries find it."""
    methods = dict.fromkeys(("do_GET", "do_POST", "do_PUT", "do_DELETE"), _Handler._serve)
    handler = type("Handler", (_Handler,), {"storage": storage, **methods})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that has gone
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield {
            "STORAGE_EMULATOR_HOST": address,  # gcsfs, google-cloud-storage
            "TENSORSTORE_GCS_HTTP_URL": address,
            "CLOUD_STORAGE_EMULATOR_ENDPOINT": address,  # ArrayRecord
            "GCE_METADATA_ROOT": f"127.0.0.1:{server.server_port}",  # there is no such machine
            "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # it would ask Google
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

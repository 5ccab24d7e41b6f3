"""The demo on a real port, in a thread."""

import contextlib
import http.client
import json
import socket
import threading
import time

from acolvit_jax.demo.server.app import make_app
from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.server import Server, listen

LONG = 600  # seconds; longer than any test waits


class Live:
    """A server's address, and ways to speak to it."""

    def __init__(self, port):
        self.port = port

    def call(self, method, path, body=None, headers=None):
        """Status, headers and body of a request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def connect(self):
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, data):
        """What comes back for bytes, until the server closes or has sent an error."""
        with self.connect() as connection:
            connection.sendall(data)
            received = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    received += piece
                    if b"\r\n\r\n" in received and received.endswith(b"}"):
                        break
            return received


@contextlib.contextmanager
def running(colorizer, **limits):
    """A server with its own limits, until the block ends."""
    with listen("127.0.0.1", 0) as taken:
        app = make_app(colorizer, limits=Limits(**limits))
        server = Server(app, lambda: None)
        thread = threading.Thread(target=server.run, args=([taken],))
        thread.start()
        try:
            deadline = time.monotonic() + 60
            while not server.started:
                assert thread.is_alive()
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield Live(taken.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()


def add(live, data):
    """Sends a photo's bytes; what the server says of it."""
    status, _, body = live.call("POST", "/v1/photos", data)
    assert status == 201, body
    return json.loads(body)


def head(length, path="/v1/photos"):
    """The head of a request whose body is to follow."""
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()

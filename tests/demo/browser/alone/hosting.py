"""A plain web server of a folder."""

import functools
import http.server
import threading

from tests.demo.browser.driver import until


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class Host:
    """A plain web server of a folder, which can be switched off."""

    def __init__(self, folder):
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def loaded(page):
    """Waits for the model, which a busy machine takes its time to compile."""
    until(lambda: page.js("return document.querySelector('#progress').hidden"), "the model", 120)

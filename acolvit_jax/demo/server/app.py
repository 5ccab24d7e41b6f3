"""Puts the web application together."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acolvit_jax.config import PRETRAINED
from acolvit_jax.demo.server import openapi, static_files
from acolvit_jax.demo.server.body import BodyReader
from acolvit_jax.demo.server.handlers import Handlers
from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.problems import RequestError, going_down, json_response
from acolvit_jax.demo.server.security import Access, Guard, security_headers
from acolvit_jax.demo.server.store import PhotoStore
from acolvit_jax.demo.server.studio import Studio
from acolvit_jax.demo.server.transfers import Drain, Transfers
from acolvit_jax.inference.colorizer import Colorizer

Handler = Callable[[Request], Awaitable[ASGIApp]]
SWEEP_SECONDS = 30.0


class Endpoint:
    """One route's handlers by HTTP method, with HEAD, OPTIONS and 405 as they should be."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        """Takes the handlers.

        Args:
            handlers: by method, in capitals; GET serves HEAD too.
        """
        self._handlers = dict(handlers)
        if "GET" in self._handlers:
            self._handlers["HEAD"] = self._handlers["GET"]
        self.allowed = ", ".join(sorted({*self._handlers, "OPTIONS"}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        method = scope["method"]
        try:
            if method == "OPTIONS":
                response: ASGIApp = Response(status_code=204, headers={"Allow": self.allowed})
            elif method in self._handlers:
                response = await self._handlers[method](Request(scope, receive))
            else:
                message = f"this address takes {self.allowed}"
                raise RequestError(405, message, headers={"Allow": self.allowed})
            await response(scope, receive, _without_body(send) if method == "HEAD" else send)
        except asyncio.CancelledError:  # the time to end what was begun before a shut down is over
            raise going_down() from None


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


def _page_routes(folder: Path) -> dict[str, dict[str, Handler]]:
    """The page and its files."""

    async def page(request: Request) -> Response:
        return static_files.answer(request, static_files.PAGE, folder)

    async def worker(request: Request) -> Response:
        return static_files.answer(request, static_files.NO_WORKER, folder)

    async def file(request: Request) -> Response:
        return static_files.answer(request, request.path_params["path"], folder)

    return {
        "/": {"GET": page},
        "/service_worker.js": {"GET": worker},
        "/static/{path:path}": {"GET": file},
    }


def _interface_routes(handlers: Handlers) -> dict[str, dict[str, Handler]]:
    """The HTTP interface, which `openapi` describes."""

    async def document(request: Request) -> Response:
        return json_response(openapi.document())

    return {
        "/v1/info": {"GET": handlers.info},
        "/v1/samples": {"GET": handlers.list_samples},
        "/v1/samples/{name}/thumbnail": {"GET": handlers.thumbnail},
        "/v1/photos": {"POST": handlers.add_photo},
        "/v1/photos/{id}": {"GET": handlers.photo, "DELETE": handlers.remove_photo},
        "/v1/photos/{id}/grey": {"GET": handlers.grey},
        "/v1/photos/{id}/colorize": {"POST": handlers.colorize},
        "/v1/photos/{id}/suggestions": {"POST": handlers.suggestions},
        "/v1/photos/{id}/results/{result}": {"GET": handlers.result},
        "/v1/openapi.json": {"GET": document},
    }


def make_app(
    colorizer: Colorizer,
    *,
    model_name: str = PRETRAINED,
    limits: Limits | None = None,
    access: Access | None = None,
    clock: Callable[[], float] = time.monotonic,
    folder: Path = static_files.FOLDER,
) -> Starlette:
    """Makes the application.

    Args:
        colorizer: the model.
        model_name: for people.
        limits: of memory, time and numbers.
        access: which names the server answers to.
        clock: of the store's ages, in seconds.
        folder: of the page's own files.

    Returns:
        An ASGI application; `state.hang_up()` ends its waiting for slow clients.
    """
    limits = limits or Limits()
    access = access or Access()
    store = PhotoStore(limits, clock)
    transfers = Transfers(limits)
    studio, bodies = Studio(colorizer, store, limits), BodyReader(limits, transfers)
    handlers = Handlers(studio, bodies, limits, model_name)
    routes = {**_page_routes(folder), **_interface_routes(handlers)}

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work) for work in (handlers.warm_up(), _sweep(store))]
        yield
        for task in tasks:
            task.cancel()
        handlers.close()

    app = Starlette(
        routes=[Route(path, Endpoint(methods)) for path, methods in routes.items()],
        middleware=[Middleware(Drain, transfers=transfers), Middleware(Guard, access=access)],
        exception_handlers={
            RequestError: _on_problem,
            HTTPException: _on_http_exception,
            Exception: _failure_handler(access),
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.hang_up = transfers.hang_up
    return app


async def _sweep(store: PhotoStore) -> None:
    """Forgets expired photos from time to time, so that an idle server holds no memory."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        store.sweep()


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return error.response()


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "there is nothing here" if error.status_code == 404 else error.detail
    return RequestError(error.status_code, message, headers=error.headers).response()


def _failure_handler(access: Access) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Starlette answers a failure outside of all middleware, so outside of the guard."""
    headers = {**security_headers(access), "Cache-Control": "no-store"}

    async def on_failure(request: Request, error: Exception) -> Response:
        """Answers; Starlette raises the error again, and the server writes it to its log."""
        message = "the server failed; its log says how"
        return RequestError(500, message, headers=headers).response()

    return on_failure

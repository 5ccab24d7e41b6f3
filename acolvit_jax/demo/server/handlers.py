"""The answers of the HTTP interface, one method a route and HTTP method."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import time
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from unicodedata import category
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

import acolvit_jax
from acolvit_jax.common.cores import available_cores
from acolvit_jax.common.errors import ImageError, PixelLimitError
from acolvit_jax.demo.server.body import BodyReader
from acolvit_jax.demo.server.downloads import Downloads
from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.multipart import FORM, file_of_form
from acolvit_jax.demo.server.problems import RequestError, json_response, shown
from acolvit_jax.demo.server.requests import read_sample
from acolvit_jax.demo.server.samples import Sample, samples
from acolvit_jax.demo.server.store import StoredPhoto
from acolvit_jax.demo.server.studio import Studio
from acolvit_jax.demo.server.workers import Workers
from acolvit_jax.hints import HINT_SIZE, HINT_SIZES, REACHES
from acolvit_jax.inference.finish import SATURATIONS, WARMTHS, Finish, describe_finishing
from acolvit_jax.photo import images
from acolvit_jax.photo.outputs import OUTPUTS

GREY_SIDES = (64, 4096)
GREY_SIDE = 2048
NAME_LENGTH = 80
PIXEL_BYTES = 4  # of a picture's file, of noise with alpha
UNNAMABLE = ':*?"<>|'  # not in names of files, somewhere


class Handlers:
    """Everything behind `v1/`.

    Attributes:
        studio: computes.
        samples: the gallery by name.
    """

    def __init__(self, studio: Studio, bodies: BodyReader, limits: Limits, model_name: str) -> None:
        """Sets the threads up.

        Args:
            studio: computes.
            bodies: reads what clients send.
            limits: of the server.
            model_name: for people.
        """
        self.studio = studio
        self.samples: Mapping[str, Sample] = samples()
        self._limits = limits
        self._model_name = model_name
        self._bodies = bodies
        self._downloads = Downloads(limits)
        self._model = Workers("model", len(available_cores()), limits.waiting)
        self._decodes = Workers("decode", limits.decodes, limits.waiting)
        self._pictures = Workers("picture", limits.pictures, limits.waiting)
        self._thumbnails = Workers("thumbnail", 1, limits.thumbnails)

    def close(self) -> None:
        """Lets the threads end."""
        for workers in (self._model, self._decodes, self._pictures, self._thumbnails):
            workers.close()

    async def warm_up(self) -> None:
        """Computes everything once, behind the clients' backs."""
        await self._pictures.run(self.studio.warm_up)

    async def info(self, request: Request) -> Response:
        """What the server is and allows."""
        limits = self._limits
        bounds = {"upload_bytes": limits.upload_bytes, "pixels": limits.pixels}
        content = {
            "version": acolvit_jax.__version__,
            "model": {"name": self._model_name, **self.studio.describe_model()},
            "hint_sizes": list(HINT_SIZES),
            "hint_size_default": HINT_SIZE,
            "reach_min": REACHES[0],
            "reach_max": REACHES[1],
            "finishing": describe_finishing(),
            "limits": {**bounds, "hints": limits.hints},
            "formats": {"read": list(images.IMAGE_SUFFIXES), "write": list(OUTPUTS)},
        }
        return json_response(content)

    async def list_samples(self, request: Request) -> Response:
        """The gallery."""
        return json_response(
            [
                {
                    "name": sample.name,
                    "title": sample.title,
                    "width": sample.width,
                    "height": sample.height,
                    "thumbnail": f"v1/samples/{sample.name}/thumbnail",
                }
                for sample in self.samples.values()
            ]
        )

    async def thumbnail(self, request: Request) -> Response:
        """A small grey picture of a sample."""
        sample = self._sample(request.path_params["name"])
        body = await self._thumbnails.run(self.studio.thumbnail, sample.path)
        headers = {"Cache-Control": "max-age=3600"}
        return Response(body, headers=headers, media_type="image/jpeg")

    async def add_photo(self, request: Request) -> Response:
        """Takes a photo in: a file's bytes, as they are or in a form, or a sample's name."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            async with self._bodies.read(request, self._limits.json_bytes) as body:
                sample = self._sample(read_sample(body))
            stored = await self._decodes.run(self._read, sample.path, sample.name)
        else:
            name = request.query_params.get("name", "")
            async with self._bodies.read(request, self._limits.upload_bytes) as body:
                if kind == FORM:
                    body, given = await file_of_form(request.headers, body)
                    name = name or given
                stored = await self._decodes.run(self._read, body, file_stem(name))
        if not self.studio.store.add(stored):
            raise RequestError(413, "the photo is more than this server can hold")
        headers = {"Location": f"photos/{stored.id}"}
        return json_response(self._describe(stored), 201, headers)

    async def photo(self, request: Request) -> Response:
        """What is known of a photo."""
        return json_response(self._describe(self._photo(request)))

    async def remove_photo(self, request: Request) -> Response:
        """Forgets a photo."""
        if not self.studio.store.remove(request.path_params["id"]):
            raise _unknown_photo()
        return Response(status_code=204)

    async def grey(self, request: Request) -> ASGIApp:
        """A photo's lightness as a grey picture."""
        stored = self._photo(request)
        side = _whole(request, "max_side", GREY_SIDE, *GREY_SIDES)
        make = partial(self._pictures.run, self.studio.grey, stored.photo.rgb, side)
        nbytes = PIXEL_BYTES * min(math.prod(stored.size), side * side)
        headers = {"Cache-Control": "private, max-age=3600"}
        return self._downloads.answer(make, nbytes, "image/jpeg", headers)

    async def colorize(self, request: Request) -> Response:
        """Colors at the model's size for a photo and its hints.

        What there is an entry of for each hint stands behind the colors: heads have little room.
        """
        start = time.perf_counter()
        stored = self._photo(request)
        async with self._bodies.read(request, self._limits.json_bytes) as body:
            answer = await self._model.run(self.studio.colorize, stored, body)
        prediction = answer.prediction
        result = {
            "id": answer.result_id,
            "url": f"v1/photos/{stored.id}/results/{answer.result_id}",
            "keep_ratio": float(prediction.decisions.mean()),
            "macs": prediction.macs,
            "budget": answer.request.budget,
            "decisions": "".join("1" if d > 0.5 else "0" for d in prediction.decisions.flat),
            "ab_bytes": len(answer.ab),
        }
        by_hint = {
            "asked": [outcome.asked for outcome in answer.outcomes],
            "got": ["#" + bytes(outcome.got).hex() for outcome in answer.outcomes],
            "limits": [outcome.limit for outcome in answer.outcomes],
        }
        times = {**answer.milliseconds, "total": 1e3 * (time.perf_counter() - start)}
        headers = {
            "X-Result": json.dumps(result),
            "Server-Timing": ", ".join(f"{name};dur={ms:.2f}" for name, ms in times.items()),
        }
        body = answer.ab + json.dumps(by_hint, separators=(",", ":")).encode("ascii")
        return Response(body, headers=headers, media_type="application/octet-stream")

    async def suggestions(self, request: Request) -> Response:
        """Colors worth a try at a place of a photo."""
        stored = self._photo(request)
        async with self._bodies.read(request, self._limits.json_bytes) as body:
            found = await self._model.run(self.studio.suggest, stored, body)
        return json_response([dataclasses.asdict(suggestion) for suggestion in found])

    async def result(self, request: Request) -> ASGIApp:
        """The photo in color at its own size, as a file to keep."""
        stored = self._photo(request)
        canonical = self.studio.store.result(stored.id, request.path_params["result"])
        if canonical is None:
            raise RequestError(404, "there is no such result; colorize again")
        asked = request.query_params.get("format", "png")
        if asked not in OUTPUTS:
            raise RequestError(422, f"wanted {' or '.join(OUTPUTS)}, got {shown(asked)}", "format")
        output = OUTPUTS[asked]
        finish = Finish(
            _number(request, "saturation", Finish.saturation, SATURATIONS),
            _number(request, "warmth", Finish.warmth, WARMTHS),
        )

        async def make() -> bytes:
            work = self.studio.result, stored, canonical, asked, finish
            try:
                return await self._pictures.run(*work)
            except ImageError as error:  # JPEG holds 65,500 pixels a side
                raise RequestError(422, str(error), "format") from None

        pictures = 2 if asked == "layers" else 1
        nbytes = pictures * PIXEL_BYTES * math.prod(stored.size)
        headers = {"Content-Disposition": _attachment(stored.name + output.ending)}
        return self._downloads.answer(make, nbytes, output.media_type, headers)

    def _photo(self, request: Request) -> StoredPhoto:
        stored = self.studio.store.get(request.path_params["id"])
        if stored is None:
            raise _unknown_photo()
        return stored

    def _sample(self, name: str) -> Sample:
        if name not in self.samples:
            raise RequestError(404, f"there is no sample {shown(name)}", "sample")
        return self.samples[name]

    def _read(self, source: Any, name: str) -> StoredPhoto:
        try:
            return self.studio.read(source, name)
        except PixelLimitError as error:
            raise RequestError(413, str(error)) from None
        except ImageError as error:
            raise RequestError(415, str(error)) from None

    def _describe(self, stored: StoredPhoto) -> dict[str, Any]:
        height, width = stored.size
        url = f"v1/photos/{stored.id}"
        return {
            "id": stored.id,
            "width": width,
            "height": height,
            "name": stored.name,
            "url": url,
            "grey": f"{url}/grey",
            "alpha": stored.photo.alpha is not None,
            "notes": list(stored.photo.notes),
            "expires_in": self._limits.age,
        }


def _unknown_photo() -> RequestError:
    return RequestError(404, "there is no such photo; it may have expired: send it again")


def _whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query."""
    text = request.query_params.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        message = f"wanted a whole number in {low}..{high}, got {shown(text)}"
        raise RequestError(422, message, name)
    return int(text)


def _number(request: Request, name: str, default: float, bounds: tuple[float, float]) -> float:
    """A number of the query."""
    text, (low, high) = request.query_params.get(name, str(default)), bounds
    try:
        value = float(text) if re.fullmatch(r"[-+.0-9eE]{1,32}", text) else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        message = f"wanted a number in {low:g}..{high:g}, got {shown(text)}"
        raise RequestError(422, message, name)
    return value


def file_stem(name: str) -> str:
    """A client's file name as the stem of the names of files that it downloads; never opened."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    kept = "".join(c for c in stem if c not in UNNAMABLE and category(c) not in ("Cc", "Cs"))
    return kept.strip(" .")[:NAME_LENGTH] or "photo"


def _attachment(name: str) -> str:
    """Content-Disposition for a file name of any alphabet."""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

"""What the server computes: photos read, grey pictures, colors, results. No HTTP here."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from acolvit_jax.demo.server.limits import Limits
from acolvit_jax.demo.server.recent import Recent
from acolvit_jax.demo.server.requests import (
    ColorizeRequest,
    Rules,
    read_colorize,
    read_suggest,
    result_id,
)
from acolvit_jax.demo.server.store import PhotoStore, StoredPhoto
from acolvit_jax.hints import Hint
from acolvit_jax.inference.colorizer import AS_IT_IS, Colorizer, Prediction
from acolvit_jax.inference.finish import Finish, color_photo
from acolvit_jax.inference.outcomes import Outcome, outcomes
from acolvit_jax.inference.placed import PlacedHints, shown_at
from acolvit_jax.inference.suggestions import Suggestion, suggest
from acolvit_jax.inference.tones import Tones
from acolvit_jax.models.compute import forward_macs
from acolvit_jax.photo import color, images
from acolvit_jax.photo.lines import bicubic_weights
from acolvit_jax.photo.outputs import encode_output

INT8_SCALE = 127.0  # of normalized a and b
GREY_QUALITY = 97
THUMBNAIL_SIDE = 192
THUMBNAIL_QUALITY = 85
LARGEST_BUDGET = 1.0
KEPT = 64  # results without hints


@dataclass(frozen=True)
class Answer:
    """Colors at the model's size for a request.

    Attributes:
        ab: interleaved a, b of `[S, S, 2]` as int8: 127 for a* or b* of 110.
        prediction: where they are from.
        request: what was asked.
        result_id: under which the full picture can be had.
        milliseconds: by stage: `input`, `model`.
        outcomes: what each hint asked for and what the photo shows.
    """

    ab: bytes
    prediction: Prediction
    request: ColorizeRequest
    result_id: str
    milliseconds: dict[str, float]
    outcomes: tuple[Outcome, ...]


class Studio:
    """A colorizer at work on the photos of a store; any number of threads may share one.

    Attributes:
        colorizer: the model.
        store: of the photos.
        rules: for requests.
    """

    def __init__(self, colorizer: Colorizer, store: PhotoStore, limits: Limits) -> None:
        """Sets up; computes nothing yet."""
        config = colorizer.engine.config
        self.colorizer = colorizer
        self.store = store
        self._limits = limits
        self._side = config.image_size
        self._kept: Recent[tuple[str, float | None], Prediction] = Recent(KEPT)
        self.rules = Rules(limits.hints, colorizer.budget, config)

    def describe_model(self) -> dict[str, Any]:
        """What a client needs to know of the model."""
        config, rules = self.colorizer.engine.config, self.rules
        fixed = rules.budget is None
        return {
            "image_size": config.image_size,
            "depth": config.depth,
            "any_budget": not fixed,
            "budget_min": None if fixed else config.smallest_budget,
            "budget_max": None if fixed else LARGEST_BUDGET,
            "budget_default": rules.budget,
            "full_macs": float(forward_macs(np.ones((config.depth, 2)), config)),
        }

    def read(self, source: bytes | Path, name: str) -> StoredPhoto:
        """Reads a photo and prepares it for coloring.

        Args:
            source: an encoded photo, or a path of our own.
            name: stem of the names of files made from it.

        Returns:
            The photo, which is not in the store yet.

        Raises:
            PixelLimitError: if it has more pixels than allowed.
            ImageError: if it is no image that can be read.
        """
        pixels = self._limits.pixels
        photo = images.read_photo(source, max_pixels=pixels)
        return StoredPhoto(name, photo, Tones.of(photo.rgb, self._side))

    def colorize(self, stored: StoredPhoto, body: bytes) -> Answer:
        """Predicts the colors that a request asks for and remembers the request.

        Args:
            stored: the photo.
            body: JSON of the request.

        Returns:
            The colors.

        Raises:
            RequestError: if the request is not as it should be.
        """
        times = [time.perf_counter()]
        request = read_colorize(body, self.rules, stored.size)
        placed = self.colorizer.place(request.hints, stored.size)
        times.append(time.perf_counter())
        prediction = self.colorizer.predict(
            stored.tones,
            placed,
            budget=request.budget,
            exact_hints=request.exact_hints,
            automatic=lambda: self._automatic(stored, request.budget),
        )
        times.append(time.perf_counter())
        canonical = request.canonical()
        identity = result_id(canonical)
        self.store.add_result(stored.id, identity, canonical)
        stages = (1e3 * np.diff(times)).tolist()
        milliseconds = dict(zip(("input", "model"), stages, strict=True))
        ab = to_int8(prediction.ab_norm)
        came_of = self._outcomes(stored, request.hints, placed, prediction)
        return Answer(ab, prediction, request, identity, milliseconds, came_of)

    def _automatic(self, stored: StoredPhoto, budget: float | None) -> Prediction:
        """The result without hints, kept while hints come and go."""
        return self._kept.get(
            (stored.id, budget),
            lambda: self.colorizer.predict(
                stored.tones, self.colorizer.place((), stored.size), budget=budget
            ),
        )

    def _outcomes(
        self,
        stored: StoredPhoto,
        hints: Sequence[Hint],
        placed: PlacedHints,
        prediction: Prediction,
    ) -> tuple[Outcome, ...]:
        """What the saved picture will show under the hints."""
        pixels = [hint.row for hint in hints], [hint.column for hint in hints]
        before = stored.photo.rgb[pixels]
        rows, columns = (
            bicubic_weights(self._side, size, np.array(places, int))
            for size, places in zip(stored.size, pixels, strict=True)
        )
        a, b = color.denormalize_ab(shown_at(prediction.ab_norm, rows, columns)).T
        shown = color.recolor(before.astype(np.float32) / 255.0, a, b)
        return outcomes(hints, placed, before, np.round(255.0 * shown).astype(np.uint8))

    def suggest(self, stored: StoredPhoto, body: bytes) -> list[Suggestion]:
        """Colors worth a try at a place.

        Args:
            stored: the photo.
            body: JSON of the request.

        Returns:
            The likeliest first.

        Raises:
            RequestError: if the request is not as it should be.
        """
        request = read_suggest(body, self.rules, stored.size)
        return suggest(
            self.colorizer.engine,
            stored.tones,
            request.place,
            request.hints,
            stored.size,
            budget=request.budget,
        )

    def result(
        self, stored: StoredPhoto, canonical: bytes, kind: str, finish: Finish = AS_IT_IS
    ) -> bytes:
        """The photo in color at its own size, as a file.

        Args:
            stored: the photo.
            canonical: the request, from the store.
            kind: of `OUTPUTS`.
            finish: saturation and warmth.

        Returns:
            The file's bytes, metadata kept.

        Raises:
            ImageError: if the format cannot hold the picture.
        """
        request = read_colorize(canonical, self.rules, stored.size)
        colorized = self.colorizer(
            stored.photo.rgb,
            request.hints,
            budget=request.budget,
            exact_hints=request.exact_hints,
            finish=finish,
        )
        return encode_output(kind, stored.photo, colorized.rgb)

    def grey(self, rgb: np.ndarray, max_side: int, quality: int = GREY_QUALITY) -> bytes:
        """A grey JPEG of a photo's lightness.

        Args:
            rgb: uint8 `[H, W, 3]`.
            max_side: a longer picture is made smaller, its aspect kept.
            quality: of the JPEG.

        Returns:
            The file's bytes.
        """
        height, width = rgb.shape[:2]
        scale = max_side / max(height, width)
        if scale < 1:
            size = max(1, round(height * scale)), max(1, round(width * scale))
            rgb = images.resize(rgb, size)
        colors = np.zeros((self._side, self._side, 2), np.float32)
        grey = color_photo(rgb, colors)[..., 1]
        return images.encode_image(grey, ".jpg", quality=quality)

    @functools.lru_cache(256)  # noqa: B019  (one studio a server)
    def thumbnail(self, path: Path) -> bytes:
        """A small grey JPEG of a photo of our own."""
        return self.grey(images.read_image(path), THUMBNAIL_SIDE, THUMBNAIL_QUALITY)

    def warm_up(self) -> None:
        """Computes everything once, so that no client waits for a program to compile."""
        side = self._side
        self.colorizer(np.zeros((side, side, 3), np.uint8), [Hint(0, 0, (9.0, 9.0))])


def to_int8(ab_norm: np.ndarray) -> bytes:
    """Normalized a and b, float32 `[S, S, 2]`, as int8 between -127 and 127."""
    scaled = np.rint(ab_norm * INT8_SCALE)
    return np.clip(scaled, -INT8_SCALE, INT8_SCALE).astype(np.int8).tobytes()

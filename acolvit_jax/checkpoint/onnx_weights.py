"""How the matrices of an ONNX file are stored: float32, float16 or int8.

What is computed is float32 in every case: runtimes turn the stored numbers into float32 once, when
they load the file. Gates, biases and positions are always stored as float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from acolvit_jax.models.prepared import Affine, Prepared

LARGE = 1024  # elements of the smallest array that is stored in fewer bits
INT8_MAX = 127.0
EXACT = 1e-6  # of an array's largest value: what a stored array may differ by

Stored = tuple[np.ndarray, ...]


class Encoding(NamedTuple):
    """Numbers of few bits for float32 numbers.

    Attributes:
        encode: float32 `[..., K, F]` to the stored array and, maybe, what to multiply it by.
    """

    encode: Callable[[np.ndarray], Stored]

    def round(self, prepared: Prepared) -> Prepared:
        """The parameters as they are after storing: every matrix rounded."""

        def rounded(matrix: Any) -> np.ndarray:
            return decode(self.encode(np.asarray(matrix)))

        def affine(linear: Affine) -> Affine:
            return linear._replace(kernel=rounded(linear.kernel))

        kernels: list[dict[str, Any]] = [
            {n: rounded(m) for n, m in block.items()} for block in prepared.kernels
        ]
        return prepared._replace(
            embed=affine(prepared.embed), kernels=kernels, head=affine(prepared.head)
        )

    def pack(self, model: Any) -> None:
        """Stores the matrices of an ONNX model, which `round` has rounded, in few bits.

        Args:
            model: ONNX model; changed in place.
        """
        from onnx import helper, numpy_helper

        graph, decoding = model.graph, []
        for tensor in list(graph.initializer):
            matrix = numpy_helper.to_array(tensor)
            if matrix.dtype != np.float32 or matrix.ndim < 2 or matrix.size < LARGE:
                continue
            stored = self.encode(matrix)
            if np.abs(decode(stored) - matrix).max() > EXACT * np.abs(matrix).max():
                continue  # no matrix of the model's: the table of positions
            name = tensor.name
            names = [f"{name}_stored", f"{name}_scale"][: len(stored)]
            tensor.CopyFrom(numpy_helper.from_array(stored[0], names[0]))
            for extra, value in zip(names[1:], stored[1:], strict=True):
                graph.initializer.append(numpy_helper.from_array(value, extra))
            cast = f"{name}_float" if names[1:] else name
            decoding.append(helper.make_node("Cast", names[:1], [cast], to=1))  # float32
            if names[1:]:
                decoding.append(helper.make_node("Mul", [cast, names[1]], [name]))
        nodes = list(graph.node)
        del graph.node[:]
        graph.node.extend(decoding + nodes)


def decode(stored: Stored) -> np.ndarray:
    """The float32 numbers of a stored array."""
    values = stored[0].astype(np.float32)
    return values * stored[1] if stored[1:] else values


def _half(matrix: np.ndarray) -> Stored:
    return (matrix.astype(np.float16),)


def _int8(matrix: np.ndarray) -> Stored:
    """Int8 with a scale for every column."""
    scale = np.abs(matrix).max(axis=-2, keepdims=True) / np.float32(INT8_MAX)
    scale = np.where(scale > 0, scale, np.float32(1))
    return np.rint(matrix / scale).astype(np.int8), scale


ENCODINGS = {"float32": None, "float16": Encoding(_half), "int8": Encoding(_int8)}

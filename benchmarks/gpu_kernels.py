"""The kernels in the text of a program that XLA has compiled for a GPU, and the bytes they move."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BITS = {"pred": 8, "token": 0}  # else the name says it
NO_KERNEL = {
    "parameter",
    "constant",
    "tuple",
    "get-tuple-element",
    "bitcast",
    "conditional",
    "after-all",
    "opt-barrier",
    "partition-id",
}
INSTRUCTION = re.compile(r"\s+(?:ROOT )?%([\w.\-]+) = (.*?) ([\w\-]+)\((.*)$")
COMPUTATION = re.compile(r"(ENTRY )?%([\w.\-]+) \(.*\{$")


@dataclass(frozen=True)
class Kernel:
    """What is started on the GPU, once or in a loop.

    Attributes:
        name: of the instruction.
        shape: what it writes.
        moved: bytes that it reads and writes, all times together.
        times: that it is started.
        source: the operation of the traced program that it comes from.
    """

    name: str
    shape: str
    moved: int
    times: int
    source: str


def kernels(text: str) -> list[Kernel]:
    """The kernels of a program.

    Args:
        text: optimized HLO, as `compiled.as_text()` gives it.

    Returns:
        They in order, loops of a known length unrolled; what a conditional chooses is left out.
    """
    bodies: dict[str, list[str]] = {}
    entry = name = ""
    for line in text.splitlines():
        if found := COMPUTATION.match(line):
            name = found[2]
            bodies[name] = []
            entry = name if found[1] else entry
        elif name and " = " in line:
            bodies[name].append(line)
    return list(_walk(bodies, entry, 1))


def _walk(bodies: dict[str, list[str]], name: str, times: int) -> Iterator[Kernel]:
    instructions = [found for line in bodies[name] if (found := INSTRUCTION.match(line))]
    shapes = {found[1]: found[2] for found in instructions}
    for found in instructions:
        instruction, shape, operation, rest = found.groups()
        if operation == "while":
            count = re.search(r'known_trip_count":\{"n":"(\d+)"', rest)
            yield from _walk(bodies, _called("body", rest), times * int(count[1] if count else 1))
        elif operation == "call":
            yield from _walk(bodies, _called("to_apply", rest), times)
        elif operation not in NO_KERNEL:
            read = set(re.findall(r"%([\w.\-]+)", rest.split("), ")[0]))
            if operation == "custom-call":  # the last may be room for a library to work in
                shape = re.sub(r", [su]8\[\d*\]\S*\)$", ")", shape)
            moved = _bytes(shape) + sum(_bytes(shapes.get(operand, "")) for operand in read)
            source = re.search(r'op_name="([^"]*)"', rest)
            yield Kernel(instruction, shape, moved * times, times, source[1] if source else "")


def _called(key: str, rest: str) -> str:
    found = re.search(rf"{key}=%([\w.\-]+)", rest)
    assert found, rest
    return found[1]


def _bytes(shape: str) -> int:
    """Of an array, or of all in a tuple."""
    total = 0
    for kind, bits, sides in re.findall(r"([a-z]+)(\d*)\w*\[([\d,]*)\]", shape):
        size = BITS.get(kind, int(bits or 0)) // 8
        for side in filter(None, sides.split(",")):
            size *= int(side)
        total += size
    return total

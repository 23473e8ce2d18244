"""A whole number of 64 bits, as text: money is fen, and what reads JSON may round from 2^53 on."""

import re
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

LEAST, MOST = -(2**63), 2**63 - 1
DIGITS = re.compile(r"-?[0-9]{1,19}")


def whole(given: object) -> int:
    """The number that a caller gives as text or as a number; refused beyond 64 bits."""
    if isinstance(given, str) and DIGITS.fullmatch(given):
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or not LEAST <= given <= MOST:
        raise ValueError(f"BigInt cannot represent {str(given)[:40]!r}")
    return given


BigInt = NewType("BigInt", int)
SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="64 位整数，以文本表示。 A whole number of 64 bits, as text.",
        serialize=str,
        parse_value=whole,
    )
}

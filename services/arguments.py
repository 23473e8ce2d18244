"""What a command says of its arguments, beside their types: whose id it is, how long, what for.

A command's signature is the one place where its arguments are declared; the schema reads it.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple, TypeAlias
from uuid import UUID

from services.errors import Said


@dataclass(frozen=True, slots=True)
class Of:
    """The argument is the id of an object of this GraphQL type."""

    type_name: str


class ObjectId(NamedTuple):
    """The id of an object of whichever type."""

    type_name: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Length:
    """The least and most characters of a text, after white space at both ends is cut off.

    `is_exact`: it is kept to the letter as it was sent.
    """

    least: int
    most: int
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Decimals:
    """A number above nought, this at most, with no more places behind its point."""

    most: Decimal
    places: int


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of 64 bits between these two: money is fen."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class GraphQLText:
    """The argument is a GraphQL document; one that this schema couldn't answer is refused."""


# From so many characters on, a text may have several lines.
LONG = 500
LINES = frozenset("\n\t")
BREAKS = frozenset("\u2028\u2029")
# Embeddings, overrides and isolates: what follows is shown in another order than it is stored.
REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters, marks and symbols that are drawn as nothing.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}


class WrongText(ValueError):
    """A text is too long or short, or something hides in it: why, in both languages."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.en)
        self.said = said


def clean_text(text: str, length: Length) -> str:
    """The text as it is stored, without white space at its ends; `WrongText` says what is wrong.

    Nothing in it may hide: no control characters, nothing that reorders what is read, and not
    only what shows as nothing at all.
    """
    if length.is_exact:
        return _measured(text, length)
    is_long = length.most >= LONG
    cleaned = (text.replace("\r\n", "\n") if is_long else text).strip()
    allowed = LINES if is_long else frozenset()
    wrong = next((one for one in cleaned if one not in allowed and _is_hiding(one)), None)
    if wrong is not None:
        code = f"U+{ord(wrong):04X}"
        raise WrongText(Said(f"不能有控制字符（{code}）", f"no control characters, as {code}"))
    if all(_is_blank(one) for one in cleaned):
        cleaned = ""
    return _measured(cleaned, length)


def _measured(text: str, length: Length) -> str:
    if not length.least <= len(text) <= length.most:
        least, most, number = length.least, length.most, len(text)
        raise WrongText(Said(f"应有 {least} 到 {most} 个字符，现在是 {number} 个",
                             f"between {least} and {most} characters, not {number}"))  # fmt: skip
    return text


def _is_hiding(one: str) -> bool:
    return unicodedata.category(one) == "Cc" or one in REORDERING or one in BREAKS


def _is_blank(one: str) -> bool:
    return one.isspace() or one in BLANK or unicodedata.category(one) == "Cf"


UnitId: TypeAlias = Annotated[UUID, Of("Unit")]
PersonId: TypeAlias = Annotated[UUID, Of("Person")]
PostId: TypeAlias = Annotated[UUID, Of("Post")]
AppointmentId: TypeAlias = Annotated[UUID, Of("Appointment")]

Name: TypeAlias = Annotated[str, Length(1, 80)]
Text: TypeAlias = Annotated[str, Length(1, 20_000)]
Since: TypeAlias = Annotated[date | None, "起始日期，默认今天。 From which day; today if left out."]
Until: TypeAlias = Annotated[
    date | None, "最后一天之后的日期，默认今天。 The first day without it; today."
]
Reason: TypeAlias = Annotated[
    str, Length(1, 500), "依据或理由，写入记录。 The ground, kept on record."
]
Version: TypeAlias = Annotated[
    int | None, "读到的版本；已变则拒绝。 The version that you read; refused where it changed."
]

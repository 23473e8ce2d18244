"""What a command says of its arguments, beside their types: whose id it is, how long, what for.

A command's signature is the one place where its arguments are declared; the schema reads it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Of:
    """The argument is the id of an object of this GraphQL type."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Length:
    """The least and most characters of a text, after white space at both ends is cut off."""

    least: int
    most: int


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

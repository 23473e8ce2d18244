"""Changes (变更): what is new since one last looked, for whoever waits to be told.

Every event and every raised standing carries the number of its transaction. What was not yet in the
last look's snapshot and is in this one's is new, whichever transaction began or ended first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID

from sqlalchemy import BigInteger, text
from sqlmodel import Field

THIS_TRANSACTION = text("(pg_current_xact_id()::text)::bigint")
# Counties, the horizon of the last look (null: from now on), and how many changes to list of each.
LOOK = "select kind, tenant_id, name, id from sanfang_changes($1, $2, $3)"
MOST = 1000


class Row(Protocol):
    """A row of any driver, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


class Kind(StrEnum):
    """What a line of a look says."""

    horizon = "horizon"
    event = "event"
    standing = "standing"
    suspended = "suspended"
    everything = "everything"


@dataclass(frozen=True, slots=True)
class Change:
    """One line: of an event its object, of a standing its subject; of the others, the county."""

    kind: Kind
    tenant_id: UUID
    name: str | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What is new, each object once, and the horizon from which to look the next time.

    `everything` stands for more than are listed: whoever waits in that county looks for themselves.
    """

    horizon: str
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Self:
        """A look from the rows that the database answers."""
        first, *others = rows
        return cls(first["name"], tuple(_change(row) for row in others))


def transaction() -> Any:
    """The column of the transaction that wrote a row, filled in by the database."""
    return Field(
        default=None,
        sa_type=BigInteger,
        nullable=False,
        sa_column_kwargs={"server_default": THIS_TRANSACTION},
    )


def _change(row: Row) -> Change:
    return Change(Kind(row["kind"]), row["tenant_id"], row["name"], row["id"])

"""What every table shares: a tenant, an id, a version, and who made the row, in which post, when.

`tenant` is the one table that isn't a tenant's: it lists the counties (县) themselves.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    MetaData,
    String,
    Table,
    event,
)
from sqlalchemy import Date as SqlDate
from sqlalchemy import DateTime as SqlDateTime
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services import clock
from services.errors import StaleVersion

# A mobile number, an identity number.
NUMBERS = "1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]"
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata
metadata.naming_convention = NAMES

Moment = SqlDateTime(timezone=True)
# Names sort and are found by their beginnings by code point, on whatever server.
NameType = String(80, collation="C")


def alias(prefix: str, model: Any) -> Any:
    """A table under a name of its own within a statement that is made of several pieces."""
    return metadata.tables[model.__tablename__].alias(f"{prefix}_{model.__tablename__}")


class TenantState(StrEnum):
    """A county is served, or it is suspended and every request of it is refused."""

    active = "active"
    suspended = "suspended"


def moment(**options: Any) -> Any:
    """A column of aware time."""
    return Field(sa_type=Moment, **options)


@event.listens_for(Column, "after_parent_attach")
def _is_finite(column: Column[Any], table: Any) -> None:
    """No infinite day or moment: PostgreSQL has them, JSON and Python have none."""
    is_ours = isinstance(table, Table) and table.metadata is metadata
    name = f"{column.name}_is_finite"
    if is_ours and isinstance(column.type, SqlDate | SqlDateTime) and name not in _named(table):
        table.append_constraint(CheckConstraint(f"isfinite({column.name})", name=name))


def _named(table: Table) -> set[str]:
    """The checks that a table has; SQLModel attaches a column more than once."""
    checks = (check for check in table.constraints if isinstance(check, CheckConstraint))
    return {str(check.name) for check in checks}


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """CHECK that a text column holds a member of the enum (enum types aren't leakproof)."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)


def without_numbers(column: str) -> CheckConstraint:
    """CHECK that a public text holds no number of a person, plainly written: the last wall."""
    return CheckConstraint(f"{column} !~ '{NUMBERS}'", name=f"no_number_in_{column}")


def within_tenant(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key that can't leave the county: it carries the tenant's id itself."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


class Tenant(SQLModel, table=True):
    """A county (县); `slug` is its name in addresses and never changes."""

    __tablename__ = "tenant"
    __table_args__: ClassVar[Any] = (one_of("state", TenantState),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    slug: str = Field(unique=True, max_length=63)
    name: str
    name_en: str
    state: str = TenantState.active
    created_at: datetime = moment(default_factory=clock.now)


class TenantRow(SQLModel):
    """The columns that lead every table of a county: tenant and id are its primary key."""

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenant.id")
    id: UUID = Field(default_factory=uuid7, primary_key=True)


class Recorded(TenantRow):
    """A row that people change: its version, and who made it, acting in which appointment, when."""

    unrecorded: ClassVar[frozenset[str]] = frozenset()
    # What people said, which stands in its own table and under its own policy, not in the events.
    unspoken: ClassVar[frozenset[str]] = frozenset()
    # What is a person's own: in events it is kept apart, so that it may be erased.
    personal: ClassVar[frozenset[str]] = frozenset()

    @property
    def owner(self) -> UUID | None:
        """The person whose own it is, where something of the row is personal."""
        found: UUID | None = getattr(self, "person_id", None)
        return found

    version: int = 1
    made_at: datetime = moment(default_factory=clock.now)
    made_by: UUID | None = None
    made_as: UUID | None = None

    def check_version(self, expected: int | None) -> None:
        """Refuse a change that was decided on an older version than this one."""
        if expected is not None and expected != self.version:
            raise StaleVersion(version=self.version)

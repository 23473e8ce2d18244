"""The tables of matters (事项): the matter, and its entries one by one.

The entries are the record of how it went (流转记录): numbered without a gap, appended only. Who
raised it through somebody else has their name and number sealed in the matter itself.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from services import clock
from services.matters.states import ENDS, STEPS, MatterState
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant


class Visibility(StrEnum):
    """Who may come to know of a matter beyond those who work on it.

    `public`: its masked text is shown to all. `parties`: the board shows that it was dealt with,
    not what it says. `confidential`: only the raiser, the grid head and the units above see it.
    """

    public = "public"
    parties = "parties"
    confidential = "confidential"


class Channel(StrEnum):
    """How a matter came in."""

    own = "own"
    phone = "phone"
    visit = "visit"


class HandlingClass(StrEnum):
    """By whom a matter is handled (分类办事)."""

    own = "own"
    firm = "firm"
    department = "department"
    owners_vote = "owners_vote"


class Recommendation(StrEnum):
    """What a head thinks should be done: settled at once, or brought to the round table."""

    settle = "settle"
    table = "table"


# From what until what each step lasts, and the whole from the raising to the closing.
LASTED = {
    "raised_seconds": ("raised_at", "accepted_at"),
    "inquiring_seconds": ("accepted_at", "inquired_at"),
    "preliminary_seconds": ("inquired_at", "deliberated_at"),
    "tabled_seconds": ("tabled_at", "decided_at"),
    "handling_seconds": ("decided_at", "completed_at"),
    "published_seconds": ("completed_at", "closed_at"),
    "whole_seconds": ("raised_at", "closed_at"),
}
MOST_SECONDS = 2**31 - 1
STEP_NAMES = ", ".join(f"'{step.value}'" for step in STEPS)
END_NAMES = ", ".join(f"'{end.value}'" for end in sorted(ENDS))


def lasted(column: str) -> Any:
    """How many seconds a step lasted, once it is over; PostgreSQL writes it, nobody else can.

    In four bytes, which keep the report's index small: what lasts 68 years lasts no longer.
    """
    begun, ended = LASTED[column]
    seconds = f"date_part('epoch', {ended} - {begun})"
    bounded = f"(sign({seconds}) * least(abs({seconds}), {MOST_SECONDS}))::integer"
    counted = Computed(bounded, persisted=True)
    return Field(default=None, sa_column_args=[counted])


class Matter(Recorded, table=True):
    """A resident's matter; `holder_id` has it in hand, `scope_id` is where it is seen from."""

    unrecorded: ClassVar[frozenset[str]] = frozenset({"contact_cipher"})
    unspoken: ClassVar[frozenset[str]] = frozenset(
        {"title", "text", "place_detail", "result", "satisfaction_word", "contact_name"}
    )

    __tablename__ = "matter"
    __table_args__: ClassVar[Any] = (
        one_of("state", MatterState),
        one_of("visibility", Visibility),
        one_of("channel", Channel),
        one_of("handling_class", HandlingClass),
        CheckConstraint(f"step in ({STEP_NAMES})", name="step"),
        CheckConstraint(f"state not in ({STEP_NAMES}) or state = step", name="state_is_its_step"),
        CheckConstraint(
            f"due_at is null or state not in ({END_NAMES})", name="nothing_is_due_at_an_end"
        ),
        CheckConstraint("(state = 'merged') = (merged_into_id is not null)", name="merged"),
        CheckConstraint("merged_into_id <> id", name="not_into_itself"),
        CheckConstraint("inquired_by <> raiser_id", name="inquired_by_another"),
        CheckConstraint("verified_by <> completed_by", name="verified_by_another"),
        CheckConstraint("satisfaction between 1 and 5", name="satisfaction"),
        CheckConstraint("state <> 'closed' or verified_at is not null", name="closed_verified"),
        CheckConstraint(
            "state = 'suspended' or"
            " num_nonnulls(seconds_left, stage_left, rung_left) = 0",
            name="time_is_left_while_suspended",
        ),
        CheckConstraint("alarm_at is null or due_at is not null", name="alarm_of_something_due"),
        within_tenant("place_id", "unit"),
        within_tenant("grid_id", "unit"),
        within_tenant("scope_id", "unit"),
        within_tenant("holder_id", "unit"),
        within_tenant("handler_id", "unit"),
        within_tenant("raiser_id", "person"),
        within_tenant("inquired_by", "person"),
        within_tenant("pack_id", "pack"),
        within_tenant("merged_into_id", "matter"),
        UniqueConstraint("tenant_id", "code"),
        Index(None, "tenant_id", "raised_at", "id"),
        Index(None, "tenant_id", "state", "raised_at", "id"),
        Index(None, "tenant_id", "scope_id", "raised_at", "id"),
        Index(None, "tenant_id", "holder_id", "raised_at", "id"),
        Index(None, "tenant_id", "grid_id", "state", "raised_at", "id"),
        Index(None, "tenant_id", "handler_id", "raised_at", "id"),
        Index(None, "tenant_id", "raiser_id", "raised_at", "id"),
        Index(None, "tenant_id", "inquired_by", "raised_at", "id"),
        Index(None, "tenant_id", "place_id"),
        Index(None, "tenant_id", "merged_into_id", "raised_at", "id"),
        Index("ix_matter_taken_down", "tenant_id", "made_by",
              postgresql_where=text("version = 1 or raiser_id is null")),
        # A report reads nothing but this of the matters that were settled, grid by grid.
        Index("ix_matter_settled", "tenant_id", "grid_id", "closed_at",
              postgresql_include=["handling_class", "satisfaction", *LASTED],
              postgresql_where=text("closed_at is not null")),
        Index("ix_matter_due", "tenant_id", "due_at", "id",
              postgresql_where=text("due_at is not null")),
        Index("ix_matter_alarm", "tenant_id", "alarm_at", "id",
              postgresql_where=text("alarm_at is not null")),
    )  # fmt: skip

    code: str = Field(max_length=20)
    category: str = Field(max_length=40)
    title: str = Field(max_length=80)
    text: str = Field(max_length=4000)
    place_id: UUID
    place_detail: str | None = Field(default=None, max_length=200)
    grid_id: UUID
    scope_id: UUID
    visibility: str
    channel: str
    is_urgent: bool = False
    raiser_id: UUID | None = None
    contact_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    contact_name: str | None = None
    contact_phone: str | None = None
    key_number: int | None = None
    pack_id: UUID

    state: str = MatterState.raised
    step: str = MatterState.raised
    stage: int = 1
    inquired_by: UUID | None = None
    holder_id: UUID
    due_at: datetime | None = moment(default=None)
    alarm_at: datetime | None = moment(default=None)
    rung: str | None = None
    seconds_left: int | None = None
    stage_left: int | None = None
    rung_left: str | None = None

    handling_class: str | None = None
    handler_id: UUID | None = None
    result: str | None = Field(default=None, max_length=4000)
    completed_by: UUID | None = None
    verified_by: UUID | None = None
    verified_at: datetime | None = moment(default=None)
    is_confirmed: bool | None = None
    satisfaction: int | None = None
    satisfaction_word: str | None = Field(default=None, max_length=500)
    reopened: int = 0
    merged_into_id: UUID | None = None

    raised_at: datetime = moment(default_factory=clock.now)
    accepted_at: datetime | None = moment(default=None)
    inquired_at: datetime | None = moment(default=None)
    deliberated_at: datetime | None = moment(default=None)
    tabled_at: datetime | None = moment(default=None)
    decided_at: datetime | None = moment(default=None)
    completed_at: datetime | None = moment(default=None)
    closed_at: datetime | None = moment(default=None)

    raised_seconds: int | None = lasted("raised_seconds")
    inquiring_seconds: int | None = lasted("inquiring_seconds")
    preliminary_seconds: int | None = lasted("preliminary_seconds")
    tabled_seconds: int | None = lasted("tabled_seconds")
    handling_seconds: int | None = lasted("handling_seconds")
    published_seconds: int | None = lasted("published_seconds")
    whole_seconds: int | None = lasted("whole_seconds")


class MatterEntry(TenantRow, table=True):
    """One act on a matter: who in which post, when, from what to what, and what was said.

    `seq` is the version of the matter that it made. `unit_id` is who had it in hand before,
    `to_unit_id` who has since; `due_at` the deadline that ran at that moment.
    """

    __tablename__ = "matter_entry"
    __table_args__: ClassVar[Any] = (
        within_tenant("matter_id", "matter"),
        within_tenant("made_by", "person"),
        within_tenant("made_as", "appointment"),
        within_tenant("unit_id", "unit"),
        within_tenant("to_unit_id", "unit"),
        one_of("from_state", MatterState),
        one_of("to_state", MatterState),
        one_of("recommends", Recommendation),
        UniqueConstraint("tenant_id", "matter_id", "seq"),
        CheckConstraint("seq > 0", name="numbered_from_one"),
        CheckConstraint("(seq = 1) = (from_state is null)", name="begins_once"),
        Index(None, "tenant_id", "made_by", "at"),
    )
    __mapper_args__: ClassVar[Any] = {"eager_defaults": False}

    matter_id: UUID
    seq: int
    verb: str = Field(max_length=40)
    from_state: str | None = None
    to_state: str
    at: datetime = moment(default_factory=clock.now)
    made_by: UUID | None = None
    made_as: UUID | None = None
    unit_id: UUID | None = None
    to_unit_id: UUID
    due_at: datetime | None = moment(default=None)
    said: str | None = Field(default=None, max_length=4000)
    head: str | None = Field(default=None, max_length=40)
    recommends: str | None = None

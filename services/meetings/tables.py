"""The tables of a meeting (圆桌会): agenda, attendance, resolutions, minutes, signatures."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services import clock
from services.councils import SeatKind
from services.matters.tables import HandlingClass
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant


class MeetingState(StrEnum):
    """Where a meeting stands."""

    draft = "draft"
    convened = "convened"
    in_session = "in_session"
    minutes_pending = "minutes_pending"
    signed = "signed"
    published = "published"
    cancelled = "cancelled"


class Outcome(StrEnum):
    """What became of an item of the agenda; `taken_off` as its matter left the round table."""

    queued = "queued"
    resolved = "resolved"
    deferred = "deferred"
    referred = "referred"
    dismissed = "dismissed"
    taken_off = "taken_off"


class Reserved(StrEnum):
    """What the law reserves to the owners' vote (民法典第二百七十八条)."""

    rules_of_procedure = "rules_of_procedure"
    management_rules = "management_rules"
    committee_election = "committee_election"
    firm_choice = "firm_choice"
    maintenance_funds_use = "maintenance_funds_use"
    maintenance_funds_raising = "maintenance_funds_raising"
    rebuilding = "rebuilding"
    common_parts_use = "common_parts_use"
    other_major = "other_major"


class ResolutionState(StrEnum):
    """Where a resolution stands; it ends verified, or superseded by a later one."""

    assigned = "assigned"
    executing = "executing"
    reported = "reported"
    verified = "verified"
    superseded = "superseded"


OVER = ("signed", "published")


class Meeting(Recorded, table=True):
    """A meeting of a round table; `number` counts within its council."""

    __tablename__ = "meeting"
    __table_args__: ClassVar[Any] = (
        within_tenant("council_id", "council"),
        within_tenant("pack_id", "pack"),
        one_of("state", MeetingState),
        UniqueConstraint("tenant_id", "council_id", "number"),
        UniqueConstraint("tenant_id", "id", "council_id"),
        CheckConstraint(
            "state not in ('in_session', 'minutes_pending', 'signed', 'published')"
            " or opened_at is not null",
            name="opened",
        ),
        CheckConstraint(
            "state not in ('minutes_pending', 'signed', 'published') or adjourned_at is not null",
            name="adjourned",
        ),
        CheckConstraint(
            "(state in ('signed', 'published')) = (signed_at is not null)", name="signed"
        ),
        Index("uq_meeting_in_session", "tenant_id", "council_id", unique=True,
              postgresql_where=text("state = 'in_session'")),
        Index(None, "tenant_id", "council_id", "planned_at", "id"),
        Index(None, "tenant_id", "planned_at", "id"),
        Index("ix_meeting_published", "tenant_id", "planned_at", "id", "council_id",
              postgresql_where=text("state = 'published'")),
        Index(None, "tenant_id", "council_id", "opened_at"),
    )  # fmt: skip

    council_id: UUID
    number: int
    state: str = MeetingState.draft
    planned_at: datetime = moment()
    place: str = Field(max_length=200)
    pack_id: UUID
    opened_at: datetime | None = moment(default=None)
    adjourned_at: datetime | None = moment(default=None)
    signed_at: datetime | None = moment(default=None)


class AgendaItem(Recorded, table=True):
    """An item of a meeting's agenda: a tabled matter, or another business by its title."""

    unspoken: ClassVar[frozenset[str]] = frozenset({"title", "said"})

    __tablename__ = "agenda_item"
    __table_args__: ClassVar[Any] = (
        within_tenant("meeting_id", "meeting"),
        within_tenant("council_id", "council"),
        within_tenant("matter_id", "matter"),
        within_tenant("deferred_to_id", "meeting"),
        within_tenant("referred_to_id", "unit"),
        one_of("outcome", Outcome),
        one_of("reserved", Reserved),
        UniqueConstraint("tenant_id", "meeting_id", "position"),
        Index("uq_agenda_item_matter", "tenant_id", "matter_id", unique=True,
              postgresql_where=text("outcome = 'queued'")),
        CheckConstraint("(outcome = 'queued') = (disposed_at is null)", name="disposed"),
        CheckConstraint("(outcome = 'deferred') = (deferred_to_id is not null)", name="deferred"),
        CheckConstraint("(outcome = 'referred') = (referred_to_id is not null)", name="referred"),
        CheckConstraint("outcome <> 'resolved' or reserved is null", name="reserved_to_owners"),
        CheckConstraint("outcome in ('queued', 'resolved') or said is not null", name="reasoned"),
        Index(None, "tenant_id", "matter_id", "id"),
        Index(None, "tenant_id", "council_id", "matter_id"),
        Index(None, "tenant_id", "deferred_to_id"),
    )  # fmt: skip

    meeting_id: UUID
    council_id: UUID
    position: int
    matter_id: UUID | None = None
    title: str = Field(max_length=80)
    outcome: str = Outcome.queued
    reserved: str | None = None
    said: str | None = Field(default=None, max_length=4000)
    deferred_to_id: UUID | None = None
    referred_to_id: UUID | None = None
    disposed_at: datetime | None = moment(default=None)


class Attendance(TenantRow, table=True):
    """Somebody sat at a meeting, on a seat, by an appointment."""

    __tablename__ = "attendance"
    __table_args__: ClassVar[Any] = (
        within_tenant("meeting_id", "meeting"),
        within_tenant("seat_id", "council_seat"),
        within_tenant("appointment_id", "appointment"),
        within_tenant("person_id", "person"),
        one_of("kind", SeatKind),
        UniqueConstraint("tenant_id", "meeting_id", "person_id"),
        Index(None, "tenant_id", "meeting_id", "at", "id"),
    )

    meeting_id: UUID
    seat_id: UUID
    kind: str
    appointment_id: UUID
    person_id: UUID
    at: datetime = moment(default_factory=clock.now)


class Recusal(TenantRow, table=True):
    """Somebody who sat took no part in an item, and why (回避)."""

    __tablename__ = "recusal"
    __table_args__: ClassVar[Any] = (
        within_tenant("item_id", "agenda_item"),
        within_tenant("attendance_id", "attendance"),
        UniqueConstraint("tenant_id", "item_id", "attendance_id"),
        Index(None, "tenant_id", "item_id", "at", "id"),
    )

    item_id: UUID
    attendance_id: UUID
    reason: str = Field(max_length=500)
    at: datetime = moment(default_factory=clock.now)


class Resolution(Recorded, table=True):
    """What a meeting resolved: who carries it out, and by which day."""

    unspoken: ClassVar[frozenset[str]] = frozenset({"text", "report"})

    __tablename__ = "resolution"
    __table_args__: ClassVar[Any] = (
        within_tenant("council_id", "council"),
        within_tenant("meeting_id", "meeting"),
        within_tenant("item_id", "agenda_item"),
        within_tenant("matter_id", "matter"),
        within_tenant("owner_id", "unit"),
        within_tenant("superseded_by_id", "resolution"),
        one_of("state", ResolutionState),
        one_of("handling_class", HandlingClass),
        UniqueConstraint("tenant_id", "item_id"),
        CheckConstraint(
            "(state = 'superseded') = (superseded_by_id is not null)", name="superseded"
        ),
        CheckConstraint("superseded_by_id <> id", name="not_by_itself"),
        CheckConstraint("(state = 'verified') = (verified_at is not null)", name="verified"),
        CheckConstraint(
            "state not in ('reported', 'verified') or reported_at is not null", name="reported"
        ),
        CheckConstraint("verified_by <> reported_by", name="verified_by_another"),
        Index(None, "tenant_id", "council_id", "due_on", "id"),
        Index(None, "tenant_id", "due_on", "id"),
        Index(None, "tenant_id", "owner_id", "due_on", "id"),
        Index(None, "tenant_id", "matter_id", "id"),
        Index(None, "tenant_id", "meeting_id", "id"),
        Index(None, "tenant_id", "superseded_by_id"),
    )

    council_id: UUID
    meeting_id: UUID
    item_id: UUID
    matter_id: UUID | None = None
    text: str = Field(max_length=4000)
    state: str = ResolutionState.assigned
    handling_class: str
    owner_id: UUID
    due_on: date
    report: str | None = Field(default=None, max_length=4000)
    reported_by: UUID | None = None
    reported_at: datetime | None = moment(default=None)
    verified_by: UUID | None = None
    verified_at: datetime | None = moment(default=None)
    superseded_by_id: UUID | None = None


class Minutes(Recorded, table=True):
    """The minutes (纪要) of a meeting, in Markdown; once signed they have a hash and stay."""

    unspoken: ClassVar[frozenset[str]] = frozenset({"text"})

    __tablename__ = "minutes"
    __table_args__: ClassVar[Any] = (
        within_tenant("meeting_id", "meeting"),
        UniqueConstraint("tenant_id", "meeting_id"),
    )

    meeting_id: UUID
    text: str = Field(sa_type=Text)
    sha256: str | None = Field(default=None, max_length=64)


class Signature(TenantRow, table=True):
    """A seat signed a text of the minutes: that with this hash, and no other."""

    __tablename__ = "signature"
    __table_args__: ClassVar[Any] = (
        within_tenant("meeting_id", "meeting"),
        within_tenant("person_id", "person"),
        within_tenant("appointment_id", "appointment"),
        one_of("kind", SeatKind),
        UniqueConstraint("tenant_id", "meeting_id", "kind", "sha256"),
        Index(None, "tenant_id", "meeting_id", "at", "id"),
    )

    meeting_id: UUID
    kind: str
    person_id: UUID
    appointment_id: UUID
    sha256: str = Field(max_length=64)
    at: datetime = moment(default_factory=clock.now)


class Correction(TenantRow, table=True):
    """What was added to signed minutes; the minutes themselves stay as they were signed."""

    __tablename__ = "correction"
    __table_args__: ClassVar[Any] = (
        within_tenant("meeting_id", "meeting"),
        within_tenant("made_by", "person"),
        UniqueConstraint("tenant_id", "meeting_id", "seq"),
        CheckConstraint("seq > 0", name="numbered_from_one"),
    )

    meeting_id: UUID
    seq: int
    text: str = Field(max_length=4000)
    made_by: UUID | None = None
    at: datetime = moment(default_factory=clock.now)

"""The four guarantees (四个“每”), council by council and month by month: kept, broken, or pending.

Every month a meeting, every matter deliberated, every deliberation a result, every result carried
out (每月一会、每事必议、每议必果、每果必行). Nothing here is kept: it is a piece of a reading
statement over what was recorded, and each verdict says by how many of how many.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Interval,
    ScalarSelect,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from services.councils import Council
from services.errors import Said
from services.matters.states import MatterState
from services.matters.tables import Matter, MatterEntry
from services.meetings.tables import (
    OVER,
    AgendaItem,
    Meeting,
    MeetingState,
    Outcome,
    Resolution,
    ResolutionState,
)
from services.packs import Pack
from services.tables import metadata

Tenant: TypeAlias = ColumnElement[UUID]
Within: TypeAlias = Callable[[ColumnElement[UUID]], ColumnElement[bool]]
CHINA = "Asia/Shanghai"
# A period of so many months at most: it is a row a council, month and guarantee.
MOST_MONTHS = 36


class Guarantee(StrEnum):
    """The four guarantees."""

    monthly_meeting = "monthly_meeting"
    each_deliberated = "each_deliberated"
    each_resolved = "each_resolved"
    each_executed = "each_executed"


class Verdict(StrEnum):
    """Whether a guarantee was kept in a month."""

    kept = "kept"
    broken = "broken"
    pending = "pending"


# Why it is kept, broken or pending.
REASONS: dict[Guarantee, tuple[Said, Said, Said]] = {
    Guarantee.monthly_meeting: (
        Said("这个月开了会，或当月才成立", "it met in the month, or was formed in it"),
        Said("过了本县规定的日子还没有开会", "it hasn't met by the county's day"),
        Said("还没到本县规定的日子", "the county's day is still to come"),
    ),
    Guarantee.each_deliberated: (
        Said("提交的事项都商议了", "every matter tabled was deliberated"),
        Said("开会时已提交的事项没有列入议程", "a meeting was held without a matter on the table"),
        Said("有事项在等下一次会议", "a matter waits for the next meeting"),
    ),
    Guarantee.each_resolved: (
        Said("每次会议都有结果，纪要已签字", "every meeting's minutes are signed"),
        Said("纪要没有按期签字", "minutes weren't signed in time"),
        Said("纪要在等签字，还没到期", "minutes wait to be signed and aren't due yet"),
    ),
    Guarantee.each_executed: (
        Said("决议都已落实并核实", "every resolution was carried out and verified"),
        Said("有决议没有按期落实", "a resolution wasn't carried out by its day"),
        Said("决议在落实或等核实，还没到期", "resolutions are being carried out or verified"),
    ),
}
WHY = {
    f"{guarantee.value}:{verdict.value}": said
    for guarantee, reasons in REASONS.items()
    for verdict, said in zip(Verdict, reasons, strict=True)
}


def lines(
    tenant: Tenant, within: Within, begins: ColumnElement[date], ends: ColumnElement[date]
) -> Select[Any]:
    """A row for each council, month and guarantee: the verdict, and how many of how many."""
    month = _months(begins, ends)
    council = metadata.tables[Council.__tablename__].alias("gua_council")
    following = cast(month.c.month + func.make_interval(0, 1), Date)
    standing = (
        select(
            council.c.id.label("council_id"),
            council.c.grid_id,
            council.c.since,
            council.c.until,
            month.c.month,
            following.label("following"),
        )
        .select_from(council, month)
        .where(
            council.c.tenant_id == tenant,
            within(council.c.grid_id),
            council.c.since < following,
            or_(council.c.until.is_(None), council.c.until > month.c.month),
        )
    )
    parts = [_part(build, name, tenant, standing) for name, build in VERDICTS.items()]
    found = union_all(*parts).subquery("gua_lines")
    return select(found).order_by(found.c.month, found.c.council_id, found.c.place)


def _months(begins: ColumnElement[date], ends: ColumnElement[date]) -> Any:
    """The first days of the months that the period touches."""
    first = cast(func.date_trunc("month", begins), Date)
    series = func.generate_series(first, ends, cast(literal("1 month"), Interval))
    month = cast(series.column_valued("gua_series"), Date)
    return select(month.label("month")).limit(MOST_MONTHS).subquery("gua_month")


Build: TypeAlias = Callable[[Tenant, Any], tuple[ColumnElement[Any], ScalarSelect[int], Any]]


def _part(build: Build, name: Guarantee, tenant: Tenant, standing: Any) -> Select[Any]:
    here = standing.subquery(f"gua_{name.value}")
    found, kept, of = build(tenant, here)
    # Of a month to come nothing is said.
    verdict = case((here.c.month > _today(), Verdict.pending.value), else_=found)
    return select(
        here.c.council_id,
        here.c.month,
        literal(name.value, String).label("guarantee"),
        literal(list(Guarantee).index(name), Integer).label("place"),
        verdict.label("verdict"),
        kept.label("kept"),
        of.label("of"),
        func.concat(literal(f"{name.value}:", String), verdict).label("why"),
    )


def _monthly(tenant: Tenant, here: Any) -> tuple[Any, Any, Any]:
    """Kept by a meeting that was opened; broken from the first day after the county's date on.

    In the month in which it was formed none is asked of it yet, nor in that in which it was
    dissolved before the county's date.
    """
    meeting = _alias(Meeting, "m")
    held = func.least(_count(meeting, _opened_in(meeting, tenant, here)), 1)
    by = here.c.month + _number_then(tenant, "meet_by", here) - 1
    other = _alias(Council, "o")
    # One formed in the place of another that stood in this month is no new one.
    follows = _there_is(
        other, other.c.tenant_id == tenant, other.c.grid_id == here.c.grid_id,
        other.c.id != here.c.council_id, other.c.until >= here.c.month,
        other.c.since <= here.c.month,
    )  # fmt: skip
    is_over = func.coalesce(here.c.until <= by, False)
    is_new = or_(and_(here.c.since > here.c.month, ~follows), is_over)
    is_late = _today() > by
    verdict = case(
        (held > 0, "kept"),
        (and_(is_new, here.c.following <= _today()), "kept"),
        (and_(~is_new, is_late), "broken"),
        else_="pending",
    )
    return verdict, held, case((is_new, held), else_=1)


def _deliberated(tenant: Tenant, here: Any) -> tuple[Any, Any, Any]:
    """Of the matters tabled in the month: broken where a meeting was opened without one, for good.

    A matter was to be on its agenda where it lay on the table at that moment: neither suspended
    then, nor tabled while the meeting sat.
    """
    matter, item, council = _alias(Matter, "t"), _alias(AgendaItem, "i"), _alias(Council, "c")
    tabled = and_(
        matter.c.tenant_id == tenant,
        council.c.tenant_id == tenant,
        council.c.id == here.c.council_id,
        matter.c.grid_id == council.c.grid_id,
        _in_month(matter.c.tabled_at, here),
        # While this round table stood: of one before or after it, it is another's.
        _day(matter.c.tabled_at) >= council.c.since,
        or_(council.c.until.is_(None), _day(matter.c.tabled_at) < council.c.until),
    )
    heard = _there_is(
        item, item.c.tenant_id == tenant, item.c.matter_id == matter.c.id,
        item.c.outcome.not_in((Outcome.queued.value, Outcome.taken_off.value)),
    )  # fmt: skip
    # Suspended, it comes back to the table: that is no way off it.
    left = matter.c.state.not_in(("tabled", "suspended"))
    both, passed_over = (matter, council), _passed_over(tenant, here, matter)
    of = _count_of(both, tabled)
    done = _count_of(both, tabled, or_(heard, left), ~passed_over)
    missed = _count_of(both, tabled, passed_over)
    return case((missed > 0, "broken"), (done < of, "pending"), else_="kept"), done, of


def _passed_over(tenant: Tenant, here: Any, matter: Any) -> ColumnElement[bool]:
    """A meeting was held while the matter lay on the table, and its agenda had no such item."""
    meeting, item, entry = _alias(Meeting, "n"), _alias(AgendaItem, "j"), _alias(MatterEntry, "e")
    lay = (
        select(entry.c.to_state)
        .where(
            entry.c.tenant_id == tenant,
            entry.c.matter_id == matter.c.id,
            entry.c.at < meeting.c.opened_at,
        )
        .order_by(entry.c.seq.desc())
        .limit(1)
        .correlate_except(entry)
        .scalar_subquery()
    )
    listed = _there_is(
        item, item.c.tenant_id == tenant, item.c.meeting_id == meeting.c.id,
        item.c.matter_id == matter.c.id,
        or_(item.c.disposed_at.is_(None), item.c.disposed_at >= meeting.c.opened_at),
    )  # fmt: skip
    return _there_is(
        meeting, meeting.c.tenant_id == tenant, meeting.c.council_id == here.c.council_id,
        meeting.c.opened_at > matter.c.tabled_at, meeting.c.adjourned_at.is_not(None),
        lay == MatterState.tabled.value, ~listed,
    )  # fmt: skip


def _resolved(tenant: Tenant, here: Any) -> tuple[Any, Any, Any]:
    """Of the month's meetings: broken where one wasn't signed so many days after it was opened."""
    meeting = _alias(Meeting, "r")
    opened = _opened_in(meeting, tenant, here)
    by = _day(meeting.c.opened_at) + _number_of(tenant, "signing_days", meeting.c.pack_id)
    is_signed = meeting.c.state.in_(OVER)
    is_late = func.coalesce(_day(meeting.c.signed_at), _today()) > by
    of = _count(meeting, opened)
    signed = _count(meeting, opened, is_signed, ~is_late)
    late = _count(meeting, opened, is_late)
    return case((late > 0, "broken"), (signed < of, "pending"), else_="kept"), signed, of


def _executed(tenant: Tenant, here: Any) -> tuple[Any, Any, Any]:
    """Of what the month's meetings resolved: broken where one is overdue and not reported.

    What a later resolution has superseded is carried out with that; what was late stays so.
    """
    resolution, meeting = _alias(Resolution, "x"), _alias(Meeting, "y")
    later, standing = _alias(Resolution, "l"), _alias(Resolution, "s")
    both = (resolution, meeting)
    resolved = and_(
        resolution.c.tenant_id == tenant,
        resolution.c.meeting_id == meeting.c.id,
        _opened_in(meeting, tenant, here),
    )
    verified = ResolutionState.verified.value
    is_done = or_(
        resolution.c.state == verified,
        _there_is(standing, standing.c.tenant_id == tenant, standing.c.state == verified,
                  standing.c.matter_id == resolution.c.matter_id,
                  resolution.c.state == ResolutionState.superseded.value),
    )  # fmt: skip
    was_late = _there_is(
        later, later.c.tenant_id == tenant, later.c.id == resolution.c.superseded_by_id,
        _day(later.c.made_at) > resolution.c.due_on,
    )  # fmt: skip
    reported_late = and_(
        resolution.c.state.in_((ResolutionState.reported.value, verified)),
        _day(resolution.c.reported_at) > resolution.c.due_on,
    )
    is_late = or_(_is_overdue(tenant, resolution), was_late, reported_late)
    of = _count_of(both, resolved)
    done = _count_of(both, resolved, is_done, ~is_late)
    late = _count_of(both, resolved, is_late)
    return case((late > 0, "broken"), (done < of, "pending"), else_="kept"), done, of


def _is_overdue(tenant: Tenant, resolution: Any) -> ColumnElement[bool]:
    """Nobody has reported it by its day; while its matter is suspended no further day counts."""
    matter, entry = _alias(Matter, "w"), _alias(MatterEntry, "v")
    is_open = resolution.c.state.in_(
        (ResolutionState.assigned.value, ResolutionState.executing.value)
    )
    stands_still = _there_is(
        matter, matter.c.tenant_id == tenant, matter.c.id == resolution.c.matter_id,
        matter.c.state == MatterState.suspended.value,
        # A suspension's stage is the entry that began it.
        _there_is(
            entry, entry.c.tenant_id == tenant, entry.c.matter_id == matter.c.id,
            entry.c.seq == matter.c.stage, _day(entry.c.at) <= resolution.c.due_on,
        ),
    )  # fmt: skip
    return and_(is_open, resolution.c.due_on < _today(), ~stands_still)


VERDICTS: dict[Guarantee, Build] = {
    Guarantee.monthly_meeting: _monthly,
    Guarantee.each_deliberated: _deliberated,
    Guarantee.each_resolved: _resolved,
    Guarantee.each_executed: _executed,
}


def _alias(model: Any, name: str) -> Any:
    return metadata.tables[model.__tablename__].alias(f"gua_{name}")


def _opened_in(meeting: Any, tenant: Tenant, here: Any) -> ColumnElement[bool]:
    return and_(
        meeting.c.tenant_id == tenant,
        meeting.c.council_id == here.c.council_id,
        _in_month(meeting.c.opened_at, here),
        meeting.c.state != MeetingState.cancelled.value,
    )


def _in_month(moment: ColumnElement[Any], here: Any) -> ColumnElement[bool]:
    """A moment is in the month, by the days in China."""
    begun = func.timezone(CHINA, cast(here.c.month, DateTime(timezone=False)))
    ended = func.timezone(CHINA, cast(here.c.following, DateTime(timezone=False)))
    return and_(moment >= begun, moment < ended)


def _today() -> ColumnElement[date]:
    return _day(func.now())


def _day(moment: ColumnElement[Any]) -> ColumnElement[date]:
    """The day that it is in China."""
    return cast(func.timezone(CHINA, moment), Date)


def _there_is(table: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(table.c.id).where(*conditions).correlate_except(table).exists()


def _number_then(tenant: Tenant, name: str, here: Any) -> ColumnElement[int]:
    """A number of the edition that the county had as the month ended; of its first, before."""
    pack = _alias(Pack, f"pack_{name}")
    ended = func.timezone(CHINA, cast(here.c.following, DateTime(timezone=False)))
    was_there = pack.c.since < ended
    latest = case((was_there, pack.c.since)).desc().nulls_last()
    found = select(_of_councils(pack, name)).where(pack.c.tenant_id == tenant)
    ordered = found.order_by(latest, pack.c.since, pack.c.id).limit(1)
    return ordered.correlate_except(pack).scalar_subquery()


def _number_of(tenant: Tenant, name: str, edition: ColumnElement[UUID]) -> ColumnElement[int]:
    """A number of one edition of the county's pack, of its section on councils."""
    pack = _alias(Pack, f"pack_{name}")
    found = select(_of_councils(pack, name)).where(pack.c.tenant_id == tenant)
    return found.where(pack.c.id == edition).correlate_except(pack).scalar_subquery()


def _of_councils(pack: Any, name: str) -> ColumnElement[int]:
    return cast(func.jsonb_extract_path_text(pack.c.document, "councils", name), Integer)


def _count(table: Any, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return _count_of((table,), *conditions)


def _count_of(tables: tuple[Any, ...], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(*tables).where(*conditions)
    return counted.correlate_except(*tables).scalar_subquery()

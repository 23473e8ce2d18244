"""Coverage (覆盖率): how far the three-party model reaches, and what is missing where.

Nothing here is kept: each function builds a piece of a reading statement over units, linkages and
appointments as they stand. The three parties are an estate's branch, owners' committee and firm.
Each table names the county itself: by row-level security alone, PostgreSQL expects it to be empty.
"""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Exists,
    ScalarSelect,
    Select,
    String,
    and_,
    case,
    column,
    distinct,
    func,
    or_,
    select,
    values,
)
from sqlalchemy.sql.selectable import NamedFromClause as Table

from services.linkages import Linkage
from services.posts import Appointment, AppointmentState, Post
from services.tables import metadata
from services.tree import UnitPath
from services.units import Unit, UnitKind

Tenant: TypeAlias = ColumnElement[UUID]
Within: TypeAlias = Callable[[ColumnElement[UUID]], ColumnElement[bool]]

INSTRUCTOR = "instructor"
PARTIES = {"branch": "branch_id", "committee": "committee_id", "firm": "firm_id"}
WANTED = (
    (UnitKind.estate.value, "branch", 1),
    (UnitKind.estate.value, "committee", 2),
    (UnitKind.estate.value, "firm", 3),
    (UnitKind.firm.value, "party_organisation", 4),
    (UnitKind.firm.value, INSTRUCTOR, 5),
)


def estates(tenant: Tenant, within: Within) -> ScalarSelect[int]:
    """How many estates are open."""
    estate = _named(Unit, "cov_unit")
    return _count(estate, _is_estate(estate, tenant, within))


def estates_linked(tenant: Tenant, within: Within) -> ScalarSelect[int]:
    """How many estates have all three parties in their current linkage."""
    estate = _named(Unit, "cov_unit")
    linked = _linked(tenant, estate.c.id, *PARTIES)
    return _count(estate, _is_estate(estate, tenant, within), linked)


def firms(tenant: Tenant, within: Within) -> ScalarSelect[int]:
    """How many property firms serve a linked estate there, or are there themselves."""
    firm = _named(Unit, "cov_unit")
    return _count(firm, _is_firm(firm, tenant, within))


def firms_with_party_organisation(tenant: Tenant, within: Within) -> ScalarSelect[int]:
    """How many of those firms have a party branch below them."""
    firm = _named(Unit, "cov_unit")
    return _count(firm, _is_firm(firm, tenant, within), _has_party_organisation(firm, tenant))


def firms_with_instructor(tenant: Tenant, within: Within) -> ScalarSelect[int]:
    """How many of those firms have a party-building instructor in office."""
    firm = _named(Unit, "cov_unit")
    return _count(firm, _is_firm(firm, tenant, within), _has_instructor(firm, tenant))


def cross_appointed(tenant: Tenant, within: Within) -> ScalarSelect[int]:
    """How many persons serve in at least two of the three parties of one estate."""
    found = cross_appointments(tenant, within).order_by(None).subquery("cov_cross")
    return select(func.count(distinct(found.c.person_id))).scalar_subquery()


def cross_appointments(tenant: Tenant, within: Within) -> Select[tuple[UUID, UUID, str]]:
    """Each estate's cross-appointed persons, with the parties they serve in: `branch+committee`."""
    linkage, post = _named(Linkage, "cov_linkage"), _named(Appointment, "cov_post")
    party = _named(UnitPath, "cov_party")
    served = [
        case((func.bool_or(party.c.ancestor_id == linkage.c[one]), name))
        for name, one in PARTIES.items()
    ]
    return (
        select(
            linkage.c.estate_id,
            post.c.person_id,
            func.concat_ws("+", *served, type_=String).label("parties"),
        )
        .select_from(linkage, party, post)
        .where(_is_current(linkage, tenant, within), _serves(party, post, linkage, tenant))
        .group_by(linkage.c.estate_id, post.c.person_id)
        .having(func.count(distinct(party.c.ancestor_id)) > 1)
        .order_by(linkage.c.estate_id, post.c.person_id)
        .correlate_except(linkage, party, post)
    )


def gaps(tenant: Tenant, within: Within) -> Select[tuple[UUID, str]]:
    """A row for each thing missing: an estate's party, a firm's party branch or instructor."""
    unit = _named(Unit, "cov_unit")
    wanted = values(
        column("kind", String), column("missing", String), column("place"),
        name="cov_wanted", literal_binds=True,
    ).data([*WANTED])  # fmt: skip
    present = {
        **{name: _linked(tenant, unit.c.id, name) for name in PARTIES},
        "party_organisation": _has_party_organisation(unit, tenant),
        INSTRUCTOR: _has_instructor(unit, tenant),
    }
    lacking = or_(*(and_(wanted.c.missing == name, ~there) for name, there in present.items()))
    counted = or_(_is_estate(unit, tenant, within), _is_firm(unit, tenant, within))
    return (
        select(unit.c.id.label("unit_id"), wanted.c.missing)
        .select_from(unit, wanted)
        .where(unit.c.tenant_id == tenant, unit.c.kind == wanted.c.kind, counted, lacking)
        .order_by(unit.c.kind, unit.c.id, wanted.c.place)
        .correlate_except(unit, wanted)
    )


def _named(model: type[Any], name: str) -> Table:
    """The model's table under a name that is the same in every statement."""
    return metadata.tables[model.__tablename__].alias(name)


def _count(unit: Table, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(unit).where(*conditions)
    return counted.correlate_except(unit).scalar_subquery()


def _nested(*parts: Table | ColumnElement[bool]) -> Exists:
    """Whether rows of these tables fulfil the conditions; every other table is the outer ones'."""
    tables = [part for part in parts if isinstance(part, Table)]
    conditions = [part for part in parts if not isinstance(part, Table)]
    found = select(tables[0].c.tenant_id).select_from(*tables).where(*conditions)
    return found.correlate_except(*tables).exists()


def _is_estate(unit: Table, tenant: Tenant, within: Within) -> ColumnElement[bool]:
    return and_(_is_open(unit, UnitKind.estate), unit.c.tenant_id == tenant, within(unit.c.id))


def _is_firm(unit: Table, tenant: Tenant, within: Within) -> ColumnElement[bool]:
    linkage = _named(Linkage, "cov_serving")
    serves = _nested(linkage, _is_current(linkage, tenant, within), linkage.c.firm_id == unit.c.id)
    reached = or_(within(unit.c.id), serves)
    return and_(_is_open(unit, UnitKind.firm), unit.c.tenant_id == tenant, reached)


def _is_open(unit: Table, kind: UnitKind) -> ColumnElement[bool]:
    return and_(unit.c.kind == kind.value, unit.c.until.is_(None))


def _is_current(linkage: Table, tenant: Tenant, within: Within) -> ColumnElement[bool]:
    return and_(
        linkage.c.tenant_id == tenant, linkage.c.until.is_(None), within(linkage.c.estate_id)
    )


def _linked(tenant: Tenant, estate: ColumnElement[UUID], *parties: str) -> Exists:
    """The estate's current linkage has these parties."""
    linkage = _named(Linkage, "cov_linkage")
    return _nested(
        linkage,
        and_(linkage.c.tenant_id == tenant, linkage.c.until.is_(None)),
        linkage.c.estate_id == estate,
        *(linkage.c[PARTIES[party]].is_not(None) for party in parties),
    )


def _has_party_organisation(firm: Table, tenant: Tenant) -> Exists:
    path, branch = _named(UnitPath, "cov_below"), _named(Unit, "cov_branch")
    return _nested(
        path,
        branch,
        and_(path.c.tenant_id == tenant, path.c.ancestor_id == firm.c.id),
        and_(branch.c.tenant_id == tenant, branch.c.id == path.c.unit_id),
        _is_open(branch, UnitKind.party_branch),
    )


def _has_instructor(firm: Table, tenant: Tenant) -> Exists:
    held, post = _named(Appointment, "cov_held"), _named(Post, "cov_role")
    return _nested(
        held,
        post,
        and_(held.c.tenant_id == tenant, held.c.unit_id == firm.c.id, _is_active(held)),
        and_(post.c.tenant_id == tenant, post.c.id == held.c.post_id),
        post.c.role == INSTRUCTOR,
    )


def _serves(party: Table, post: Table, linkage: Table, tenant: Tenant) -> ColumnElement[bool]:
    """The appointment is in one of the linkage's parties, or in a unit below it."""
    return and_(
        party.c.tenant_id == tenant,
        party.c.ancestor_id.in_([linkage.c[one] for one in PARTIES.values()]),
        post.c.tenant_id == tenant,
        post.c.unit_id == party.c.unit_id,
        _is_active(post),
    )


def _is_active(held: Table) -> ColumnElement[bool]:
    return and_(
        held.c.state == AppointmentState.confirmed.value,
        held.c.starts_at <= func.now(),
        or_(held.c.ends_at.is_(None), held.c.ends_at > func.now()),
    )

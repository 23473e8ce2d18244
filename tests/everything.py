"""Every mutation with arguments that fit it, read off the schema: a new one is covered unasked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

import schema
from schema.commands import KEY, Command, Parameter
from schema.reading.catalogue import DEFINITION, Catalogue
from schema.reading.declare import Here, Pages
from services.matters.tables import Channel
from tests.schema.world import World

# The GraphQL types whose ids a command may ask for, and the table of each.
TABLES = {
    "Unit": "unit",
    "Person": "person",
    "Post": "post",
    "Appointment": "appointment",
    "Linkage": "linkage",
    "Duty": "duty",
    "Station": "station",
    "Organisation": "organisation",
    "PropertyUnit": "property_unit",
    "Ownership": "ownership",
    "RegisterImport": "register_import",
    "Contract": "contract",
    "FeeStandard": "fee_standard",
    "FeeAccount": "fee_account",
    "Bill": "bill",
    "Payment": "payment",
    "FeeDispute": "fee_dispute",
    "InstalmentPlan": "instalment_plan",
    "PaymentLine": "payment_line",
    "PaymentChannel": "payment_channel",
    "Demand": "demand",
    "FeeNotice": "fee_notice",
    "File": "file",
    "Client": "client",
    "Account": "account",
    "Issuer": "issuer",
    "SubjectLink": "subject_link",
    "Tenant": "tenant",
    "TrustedDocument": "trusted_document",
    "Matter": "matter",
    "Notice": "notice",
    "Council": "council",
    "CouncilSeat": "council_seat",
    "Meeting": "meeting",
    "AgendaItem": "agenda_item",
    "Resolution": "resolution",
    "Extension": "extension",
    "Publication": "publication",
    "Objection": "objection",
    "Vote": "vote",
    "VoteQuestion": "vote_question",
    "VoteObjection": "vote_objection",
    "RollHolder": "roll_holder",
    "VoteProxy": "vote_proxy",
    "Ballot": "ballot",
    "VoteEvidence": "vote_evidence",
    "CommitteeTerm": "committee_term",
    "CommitteeCandidate": "committee_candidate",
    "Pack": "pack",
    "PackProposal": "pack_proposal",
    "Event": "event",
}


# What anybody with the right may touch, not only the county's administrators.
PLAIN = {
    "Person": " where home_id is not null",
    "Post": " where role = 'resident'",
    "Appointment": " where post_id in (select id from post where role = 'resident')",
    # Newest first: a meeting that is planned, an item that waits, a resolution of no matter.
    "Matter": " where raiser_id is null",
    # One that is open, of which a roll holds those who vote.
    "Vote": " where state = 'open'",
    "PaymentChannel": " where until is null",
    "PaymentLine": " where state = 'unmatched' and kind = 'payment'",
    "CommitteeTerm": " where state = 'preparing'",
    "CommitteeCandidate": " where state = 'nominated'",
}
# What is done farther on the way: to which argument's object, in which state.
FARTHER = {
    "putTermToVote": ("vote", "draft"),
    "fileTerm": ("term", "elected"),
    "recallCommittee": ("term", "filed"),
    "resignFromCommittee": ("candidate", "elected"),
    "exportVoteEvidence": ("vote", "disputed"),
}


# What fits together, where the first of each choice doesn't.
SAID: dict[str, dict[str, Any]] = {
    "raiseMatter": {"channel": Channel.visit},
    # The holder is one or the other, and so is the ground of a standard.
    "recordOwnership": {"organisation": None},
    "openPaymentChannel": {"name": "pay-9"},
    "givePaymentLines": {"lines": ["external_id,amount,time", "z9,1.00,2026-01-01"]},
    "proposePack": {"changes": {"councils": {"meet_by": 20}}},
}


@dataclass(frozen=True)
class Mutation:
    """A mutation's name in the schema and its command."""

    name: str
    command: Command

    @property
    def permission(self) -> tuple[str, str]:
        """The object and action of its policy line."""
        object_, _, action = self.command.name.partition(".")
        return object_, action


def mutations() -> Iterator[Mutation]:
    """Every mutation of the schema."""
    type_ = schema.build()._schema.mutation_type
    assert type_ is not None
    for name, field in type_.fields.items():
        yield Mutation(name, field.extensions[DEFINITION].metadata[KEY])


def questions() -> Iterator[Mutation]:
    """Every field of Query that a service answers, with its command."""
    type_ = schema.build()._schema.query_type
    assert type_ is not None
    for name, field in type_.fields.items():
        metadata = field.extensions[DEFINITION].metadata
        if KEY in metadata:
            yield Mutation(name, metadata[KEY])


def lists() -> Iterator[tuple[str, str]]:
    """Every field of Query that reads rows, with the object that it reads."""
    catalogue = Catalogue.of(schema.build()._schema)
    for (type_name, name), source in catalogue.sources.items():
        if type_name == "Query" and isinstance(source, Pages):
            field = catalogue.schema.query_type.fields[name]  # type: ignore[union-attr]
            yield name, catalogue.readings[catalogue.node_type(field.type).name].object
        if type_name == "Query" and isinstance(source, Here) and source.object is not None:
            yield name, source.object


async def ids(world: World) -> dict[str, UUID]:
    """An id of each type in the county; a unit also by what it is in the standard tree."""
    found: dict[str, UUID] = {}
    async with world.county.session(read_only=True) as session:
        for type_name, table in TABLES.items():
            newest = text(
                f"select id from {table}{PLAIN.get(type_name, '')} order by id desc limit 1"
            )
            found[type_name] = (await session.exec(newest)).scalar_one()  # type: ignore[call-overload]
        for mutation in mutations():
            if mutation.name in FARTHER:
                found[mutation.name] = (await session.exec(_farther(mutation))).scalar_one()
    tree = world.tree
    named = {field.name: getattr(tree, field.name) for field in fields(tree)}
    units = {name: unit.id for name, unit in named.items() if hasattr(unit, "id")}
    firm = {"member": tree.firm.id, "Unit": tree.estate.id, "grid": tree.grids[0].id}
    found["industry"] = await _industry(world)
    return found | units | firm


def arguments(mutation: Mutation, known: Mapping[str, UUID]) -> dict[str, Any]:
    """A value for each argument of the command."""
    chosen = dict(known)
    if mutation.name == "assignDuty":
        chosen["committee"] = known["industry"]
    if mutation.name in FARTHER:
        chosen[FARTHER[mutation.name][0]] = known[mutation.name]
    given = {p.name: _value(p, chosen) for p in mutation.command.parameters if _is_wanted(p)}
    return given | SAID.get(mutation.name, {})


def _is_wanted(parameter: Parameter) -> bool:
    return parameter.of is not None or not parameter.is_optional


def _value(parameter: Parameter, known: Mapping[str, UUID]) -> Any:
    one = _one(parameter, known)
    return [one] if parameter.is_list else one


def _one(parameter: Parameter, known: Mapping[str, UUID]) -> Any:
    type_ = parameter.type_
    if parameter.is_document:
        return "{ units { totalCount } }"
    if parameter.of is not None:
        return known.get(parameter.name, known[parameter.of])
    if isinstance(type_, type) and issubclass(type_, StrEnum):
        return next(iter(type_))
    if parameter.is_list and type_ is str:
        return "units.read" if parameter.name == "grants" else "https://m.example.com"
    samples: dict[Any, Any] = {
        bool: True, int: 1, Decimal: Decimal("89.53"), dict: {}, date: date(2030, 1, 1),
        datetime: datetime(2030, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    least = parameter.length.least if parameter.length else 1
    return samples.get(type_, "试验" + "x" * least)


def _farther(mutation: Mutation) -> Any:
    """The newest object that is there where the mutation is done."""
    name, state = FARTHER[mutation.name]
    (of,) = (one.of for one in mutation.command.parameters if one.name == name)
    newest = f"select id from {TABLES[of or '']} where state = '{state}' order by id desc limit 1"
    return text(newest)


async def _industry(world: World) -> UUID:
    wanted = text("select id from unit where kind = 'industry_committee'")
    async with world.county.session(read_only=True) as session:
        return UUID(str((await session.exec(wanted)).scalar_one()))  # type: ignore[call-overload]

"""What a reader sees, for the oracle: each scope of the policies said again in Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from policies import Actor
from tests.schema import oracle_votes
from tests.schema.oracle_types import (
    ACCOUNTS,
    AT_ESTATES,
    MEMBERS,
    OBJECTS,
    OFFICE,
    OWNERS,
    PLACES,
)
from tests.schema.oracle_values import Row


@dataclass
class Sight:
    """One reader before one county's rows, at a moment."""

    actor: Actor
    rows: Mapping[str, list[Row]]
    now: datetime

    def sees(self, type_name: str, row: Row) -> bool:
        """Whether the reader's scopes hold the row; looked at once."""
        key = (type_name, row["id"])
        if key not in self._seen:
            self._seen[key] = self._looks(type_name, row)
        return self._seen[key]

    @cached_property
    def _seen(self) -> dict[tuple[str, UUID], bool]:
        return {}

    def looks_after(self, type_name: str, row: Row) -> bool:
        """Whether they see it for their office or as their own, and not only as the public does."""
        reach = self.actor.reach(OBJECTS[type_name], "read")
        return (
            reach.county
            or any(self._is_in(type_name, row, unit) for unit in reach.units)
            or (reach.own and self._is_own(type_name, row))
        )

    def _looks(self, type_name: str, row: Row) -> bool:
        reach = self.actor.reach(OBJECTS[type_name], "read")
        return (
            self.looks_after(type_name, row)
            or (reach.office and row["object"] in OFFICE)
            or (reach.public and self._is_public(type_name, row))
        )

    @cached_property
    def _paths(self) -> frozenset[tuple[UUID, UUID]]:
        return frozenset((path["unit_id"], path["ancestor_id"]) for path in self.rows["UnitPath"])

    @cached_property
    def known(self) -> Mapping[str, Mapping[UUID, Row]]:
        """The rows of each type by their ids."""
        return {
            name: {row["id"]: row for row in rows}
            for name, rows in self.rows.items()
            if name != "UnitPath"
        }

    def is_below(self, unit: UUID | None, ancestor: UUID) -> bool:
        """Whether a unit is the other one or below it."""
        return unit is not None and (unit, ancestor) in self._paths

    def is_active(self, row: Row) -> bool:
        """Whether an appointment gives authority now."""
        ended = row["ends_at"] is not None and row["ends_at"] <= self.now
        return row["state"] == "confirmed" and row["starts_at"] <= self.now and not ended

    def _is_in(self, type_name: str, row: Row, unit: UUID) -> bool:
        if type_name == "Person":
            serving = [
                held["unit_id"]
                for held in self.rows["Appointment"]
                if held["person_id"] == row["id"] and self.is_active(held)
            ]
            owned = [
                self._row("PropertyUnit", one["property_unit_id"])["unit_id"]
                for one in self._standing()
                if one["person_id"] == row["id"]
            ]
            places = [row["home_id"], *serving, *owned]
            return any(self.is_below(place, unit) for place in places)
        if type_name in MEMBERS:
            owner, column = MEMBERS[type_name]
            return self._is_in(owner, self._row(owner, row[column]), unit)
        if type_name in ("Meeting", "AgendaItem", "Resolution") and self._sits(row, unit):
            return True
        if type_name == "File" and self._shown(row):
            return any(self._is_in("Evidence", shown, unit) for shown in self._shown(row))
        if type_name == "Matter" and self._is_to_ask(row, unit):
            return True
        if type_name == "Vote" and row["convener_id"] == unit:
            return True
        if type_name == "CommitteeTerm" and self._has_committee(row["estate_id"], unit):
            return True
        if type_name in AT_ESTATES and self.is_party(row["estate_id"], unit):
            return True
        is_open = type_name == "Matter" and row["visibility"] != "confidential"
        if is_open and any(
            item["matter_id"] == row["id"] and self._has_seat(item, unit)
            for item in self.rows["AgendaItem"]
        ):
            return True
        return any(self.is_below(row[column], unit) for column in PLACES.get(type_name, ()))

    def is_party(self, estate: UUID, unit: UUID) -> bool:
        """A unit is an estate's committee, or linked with it now as its branch or committee."""
        known = self._row("Unit", unit)
        is_committee = known["kind"] == "owners_committee" and known["until"] is None
        return (is_committee and known["parent_id"] == estate) or any(
            unit in (one["branch_id"], one["committee_id"])
            for one in self.rows["Linkage"]
            if one["estate_id"] == estate and one["until"] is None
        )

    def _has_committee(self, estate: UUID, unit: UUID) -> bool:
        """An estate's committee, of today or before, is the unit or below it."""
        return any(
            one["kind"] == "owners_committee"
            and one["parent_id"] == estate
            and self.is_below(one["id"], unit)
            for one in self.rows["Unit"]
        )

    def _owns_in(self, estate: UUID) -> bool:
        return any(
            self._row("PropertyUnit", one["property_unit_id"])["estate_id"] == estate
            for one in self._standing()
            if one["person_id"] == self.actor.person_id is not None
        )

    def _owes(self, account: UUID) -> bool:
        return any(
            one["person_id"] == self.actor.person_id is not None
            for one in self.rows["FeeHolder"]
            if one["account_id"] == account
        )

    def _standing(self) -> list[Row]:
        """The ownerships that were verified and go on."""
        return [
            one
            for one in self.rows["Ownership"]
            if one["state"] == "verified" and one["until"] is None
        ]

    def _shown(self, file: Row) -> list[Row]:
        return [row for row in self.rows["Evidence"] if row["file_id"] == file["id"]]

    def _is_to_ask(self, row: Row, unit: UUID) -> bool:
        branch = self._row("Unit", unit)
        is_its = branch["kind"] == "party_branch" and branch["parent_id"] == row["grid_id"]
        is_open = row["state"] == "inquiring" and row["visibility"] != "confidential"
        return bool(is_its and is_open)

    def _row(self, type_name: str, id_: Any) -> Row:
        return self.known[type_name][id_]

    def _sits(self, row: Row, unit: UUID) -> bool:
        """The council is below the unit, or the unit itself has a seat there."""
        grid = self._row("Council", row["council_id"])["grid_id"]
        return self.is_below(grid, unit) or self._has_seat(row, unit)

    def _has_seat(self, row: Row, unit: UUID) -> bool:
        return any(
            seat["council_id"] == row["council_id"] and seat["unit_id"] == unit
            for seat in self.rows["CouncilSeat"]
            if seat["until"] is None
        )

    def _is_own(self, type_name: str, row: Row) -> bool:
        me, client = self.actor.person_id, self.actor.client_id
        match type_name:
            case _ if type_name in OWNERS:
                is_theirs = me is not None and me in (
                    row[OWNERS[type_name]],
                    *(self._others(row) if type_name == "Matter" else ()),
                )
                shown = self._shown(row) if type_name == "File" else []
                return is_theirs or any(self._is_own("Evidence", one) for one in shown)
            case "Objection" if me is not None and row["person_id"] == me:
                return True
            case "MatterEntry" | "Extension" | "Evidence" | "Publication" | "Objection":
                return self._is_own("Matter", self._row("Matter", row["matter_id"]))
            case "Post":
                mine = (held for held in self.rows["Appointment"] if held["person_id"] == me)
                return any(held["post_id"] == row["id"] for held in mine)
            case "PropertyUnit":
                return any(
                    one["property_unit_id"] == row["id"] and one["person_id"] == me is not None
                    for one in self._standing()
                )
            case _ if type_name in oracle_votes.TYPES:
                return me is not None and oracle_votes.is_own(self.rows, me, type_name, row)
            case "Contract" | "FeeStandard":
                return self._owns_in(row["estate_id"])
            case "ContractAlarm" | "Instalment" | "DemandedBill":
                owner, column = MEMBERS[type_name]
                return self._is_own(owner, self._row(owner, row[column]))
            case "FeeDispute":
                return self._is_own("Bill", self._row("Bill", row["bill_id"]))
            case _ if type_name in ACCOUNTS:
                return self._owes(row[ACCOUNTS[type_name]])
            case "CommitteeTerm":
                standing = self.rows["CommitteeCandidate"]
                mine = (one["term_id"] for one in standing if one["person_id"] == me is not None)
                return row["id"] in mine
            case "Client":
                return bool(row["id"] == client)
            case "TrustedDocument":
                return client is not None and bool(row["client_id"] == client)
            case _:
                return False

    def _others(self, matter: Row) -> list[Any]:
        """Who asked about a matter; and who took it down, until somebody has acted on it, or for
        one who isn't registered.
        """
        is_theirs = matter["version"] == 1 or matter["raiser_id"] is None
        return [matter["inquired_by"], *([matter["made_by"]] if is_theirs else [])]

    def _is_public(self, type_name: str, row: Row) -> bool:
        match type_name:
            case "Unit":
                return row["until"] is None and self._is_shown(row["id"])
            case "Station":
                is_open = bool(row["is_public"]) and row["until"] is None
                return is_open and self._is_shown(row["grid_id"])
            case "RuleBook":
                return bool(row["is_public"]) and self._is_shown(row["unit_id"])
            case "BoardEntry":
                return bool(row["is_approved"]) and self._is_shown(row["place_id"])
            case "BoardWithdrawal":
                was_shown = row["withdrawal_reason"] is not None and row["approved_at"] is not None
                return was_shown and self._is_shown(row["place_id"])
            case "Council":
                return self._is_shown(row["grid_id"])
            case "CouncilSeat":
                return self._is_shown(self._row("Council", row["council_id"])["grid_id"])
            case "Meeting":
                grid = self._row("Council", row["council_id"])["grid_id"]
                return bool(row["state"] == "published") and self._is_shown(grid)
            case "Vote":
                return row["noticed_at"] is not None and self._is_shown(row["scope_id"])
            case "VoteQuestion" | "VoteObjection":
                return self._is_public("Vote", self._row("Vote", row["vote_id"]))
            case "CommitteeTerm":
                is_known = row["state"] in ("elected", "filed", "ended")
                return is_known and self._is_shown(row["estate_id"])
            case "CommitteeCandidate":
                was_chosen = row["state"] in ("elected", "left")
                term = self._row("CommitteeTerm", row["term_id"])
                return was_chosen and self._is_public("CommitteeTerm", term)
            case "TermPreparer" | "TermAlarm":
                return False
            case "Linkage":
                return self._is_shown(row["estate_id"]) and self._is_shown(row["grid_id"])
            case "Tenant":
                return bool(row["id"] == self.actor.tenant_id)
            case _:
                return True

    def _is_shown(self, unit: UUID) -> bool:
        """Whether a unit and every one above it is public."""
        return all(
            self.known["Unit"][above]["is_public"] for below, above in self._paths if below == unit
        )

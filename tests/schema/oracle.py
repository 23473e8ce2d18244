"""The oracle: graphql-core's own executor over rows in memory, with plain resolvers.

It shares no line with the compiler: the policies' scopes, paging and computed fields are said again
here in Python, as the specification and DOMAIN say them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLEnumType,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
)
from sqlalchemy import text
from strawberry.utils.str_converters import to_snake_case

import policies
import schema
from policies import Actor
from services import notices, packs
from services.matters import states
from tests.county import County
from tests.schema import oracle_votes
from tests.schema.oracle_board import entries, withdrawals
from tests.schema.oracle_coverage import Derived, coverage
from tests.schema.oracle_fees import COMPUTED, summary
from tests.schema.oracle_guarantees import guarantees
from tests.schema.oracle_pages import Node, Page, check_sizes, cursor, cut
from tests.schema.oracle_reconciliations import reconciliation
from tests.schema.oracle_reports import report
from tests.schema.oracle_sight import Sight
from tests.schema.oracle_types import (
    BACK,
    ORDERS,
    RENAMED,
    TABLES,
    link_column,
)
from tests.schema.oracle_values import Row, collated, key_of, matches, role, widest, written
from tests.schema.oracle_words import WORDS, word

PLAIN = build_schema(schema.sdl())
# What is read of a county and is no type of its own.
BESIDE = {
    "UnitPath": "unit_path", "EventLeaf": "event_leaf", "PlannedBill": "planned_bill",
}  # fmt: skip


@lru_cache(8)
def _parsed(document: str) -> DocumentNode:
    return parse(document)


@dataclass
class Oracle(Sight):
    """Answers one reader out of one county's rows."""

    visited: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    async def of(cls, county: County, actor: Actor) -> "Oracle":
        """Read every row of the county."""
        rows: dict[str, list[Row]] = {}
        async with county.session(read_only=True) as session:
            for type_name, table in {**TABLES, **BESIDE}.items():
                found = await session.exec(text(f"select * from {table}"))  # type: ignore[call-overload]
                rows[type_name] = [dict(row) for row in found.mappings()]
            rows["BoardEntry"] = entries(rows)
            rows["BoardWithdrawal"] = withdrawals(rows)
            now = (await session.exec(text("select now()"))).scalar_one()  # type: ignore[call-overload]
        return cls(actor, rows, now)

    def answer(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the executor answers where nothing is wrong."""
        found = self.executed(document, variables)
        assert found.errors is None, found.errors
        return found.data or {}

    def executed(
        self, document: str, variables: Mapping[str, Any] | None = None
    ) -> ExecutionResult:
        """What the executor makes of a document, its errors included."""
        found = execute_sync(
            PLAIN,
            _parsed(document),
            variable_values=dict(variables or {}),
            field_resolver=self.resolve,
            type_resolver=lambda value, info, type_: value.type_name,
        )
        assert isinstance(found, ExecutionResult)
        return found

    def resolve(self, source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
        """One field."""
        parent, name = info.parent_type.name, info.field_name
        self.visited.add((parent, name))
        if (parent, name) in WORDS:
            return word((parent, name), source.row, given["language"])
        if (parent, name) in COMPUTED and isinstance(source, Node):
            return COMPUTED[parent, name](self, source.row, given)
        special = getattr(self, f"_{parent}_{name}".lower(), None)
        if special is not None:
            return special(source, given)
        if isinstance(source, Page):
            return self._of_page(source, name)
        type_name = get_named_type(info.return_type).name
        if type_name in TABLES and isinstance(source, Node | Derived):
            return self.one(type_name, source.row[link_column(parent, name)])
        if "orderBy" in given:
            return self._page(info, source, given)
        if isinstance(source, Node | Derived):
            return self._scalar(source, info)
        return source[name] if isinstance(source, Mapping) else None

    def one(self, type_name: str, id_: Any) -> Node | None:
        """The row with this id, if the reader may see it."""
        found = self.known[type_name].get(id_)
        return Node(type_name, found) if found and self.sees(type_name, found) else None

    def _scalar(self, source: Node | Derived, info: GraphQLResolveInfo[Any]) -> Any:
        parent, name = info.parent_type.name, info.field_name
        value = source.row[RENAMED.get((parent, name), to_snake_case(name))]
        if name == "id":
            return f"{source.type_name}:{value}"
        if name == "documentId":
            return f"sha256:{value}"
        if isinstance(get_named_type(info.return_type), GraphQLEnumType) and value is not None:
            return str(value).upper()
        is_big = get_named_type(info.return_type).name == "BigInt"
        return str(value) if is_big and value is not None else written(value)

    # Lists.

    def _page(self, info: GraphQLResolveInfo[Any], source: Any, given: Mapping[str, Any]) -> Page:
        check_sizes(given)
        type_name = str(info.return_type.of_type).removesuffix("Connection")  # type: ignore[union-attr]
        rows = [row for row in self.rows[type_name] if self.sees(type_name, row)]
        if isinstance(source, Node):
            is_history = info.field_name == "history"
            column = "object_id" if is_history else BACK[info.parent_type.name, info.field_name]
            rows = [row for row in rows if row[column] == source.row["id"]]
        for name, wanted in (given.get("filter") or {}).items():
            if wanted is not None and name == "post":
                acting = self._appointments_to(wanted)
                rows = [row for row in rows if row["appointment_id"] in acting]
            elif wanted is not None:
                rows = [row for row in rows if matches(type_name, row, name, wanted)]
        asked, down = given["orderBy"].lower(), given["direction"] == "DESC"
        order = ORDERS.get(f"{type_name}.{asked}", ORDERS.get(asked, asked))
        rows.sort(key=lambda row: (collated(row[order]), row["id"].int), reverse=down)
        return cut(type_name, rows, given, order, f"{order}_desc" if down else order)

    def _appointments_to(self, post: Any) -> set[UUID]:
        _, key = key_of(str(post), "post", "Post")
        return {row["id"] for row in self.rows["Appointment"] if row["post_id"] == key}

    def _of_page(self, page: Page, name: str) -> Any:
        cursors = [cursor(page, node.row) for node in page.shown]
        match name:
            case "nodes":
                return page.shown
            case "edges":
                return [{"node": n, "cursor": c} for n, c in zip(page.shown, cursors, strict=True)]
            case "totalCount":
                return page.total
            case _:
                return {
                    "hasNextPage": page.after,
                    "hasPreviousPage": page.before,
                    "startCursor": cursors[0] if cursors else None,
                    "endCursor": cursors[-1] if cursors else None,
                }

    # Fields that are more than a column.

    def _query_viewer(self, _: Any, __: Any) -> dict[str, Any]:
        return {"isSignedIn": bool(self.actor.person_id or self.actor.client_id)}

    def _viewer_person(self, _: Any, __: Any) -> Node | None:
        return self.one("Person", self.actor.person_id)

    def _viewer_county(self, _: Any, __: Any) -> Node | None:
        return self.one("Tenant", self.actor.tenant_id)

    _query_county = _viewer_county

    def _viewer_posts(self, _: Any, __: Any) -> list[dict[str, str]]:
        return [
            {
                "role": held.role,
                "appointmentId": f"Appointment:{held.appointment_id}",
                "unitId": f"Unit:{held.unit_id}",
            }
            for held in self.actor.posts
        ]

    def _viewer_roles(self, _: Any, __: Any) -> list[dict[str, str]]:
        return [role(name) for name in self.actor.roles]

    def _query_roles(self, _: Any, __: Any) -> list[dict[str, str]]:
        return [role(name) for name in policies.roles()]

    def _viewer_may(self, _: Any, __: Any) -> list[dict[str, str]]:
        return [
            {"object": what, "action": action, "scope": widest(self.actor, what, action)}
            for what, action in policies.permissions()
            if self.actor.reach(what, action)
        ]

    def _query_node(self, _: Any, given: Mapping[str, Any]) -> Node | None:
        type_name, key = key_of(given["id"], "id")
        return self.one(type_name, key) if type_name in TABLES else None

    def _event_object(self, source: Node, _: Any) -> Node | None:
        type_name = source.row["object"]
        return self.one(type_name, source.row["object_id"]) if type_name in TABLES else None

    def _unit_kindlabel(self, source: Node, given: Mapping[str, Any]) -> str:
        return self._label("units", source.row["kind"], given["language"])

    def _post_rolelabel(self, source: Node, given: Mapping[str, Any]) -> str:
        return self._label("appointments", source.row["role"], given["language"])

    def _matter_categorylabel(self, source: Node, given: Mapping[str, Any]) -> str:
        return self._label("matters", source.row["category"], given["language"], "categories")

    _boardentry_categorylabel = _boardwithdrawal_categorylabel = _matter_categorylabel

    def _matter_statelabel(self, source: Node, given: Mapping[str, Any]) -> str:
        return self._label("matters", source.row["state"], given["language"])

    def _event_number(self, source: Node, _: Any) -> str | None:
        leaf = self.known["EventLeaf"].get(source.row["id"])
        return str(leaf["number"]) if leaf else None

    def _auditsample_events(self, source: Node, _: Any) -> list[Node]:
        known = self.known["Event"]
        return [Node("Event", known[id_]) for id_ in source.row["event_ids"]]

    def _registerimport_percent(self, source: Node, _: Any) -> int:
        row = source.row
        done = {"prepared": 0, "reading": row["looked"], "applying": row["handled"]}
        total: int = row["total"]
        reached: int = done.get(row["state"], total)
        return 100 * reached // total if total else 100

    def _registerimportproblem_message(self, source: Node, given: Mapping[str, Any]) -> str:
        return str(source.row[f"message_{given['language'].lower()}"])

    def _query_packschema(self, _: Any, __: Any) -> dict[str, Any]:
        return packs.json_schema()

    def _matter_next(self, source: Node, given: Mapping[str, Any]) -> str:
        said = states.NEXT[states.MatterState(source.row["state"])]
        return said.en if given["language"] == "EN" else said.zh

    def _matter_isoverdue(self, source: Node, _: Any) -> bool:
        return source.row["due_at"] is not None and source.row["due_at"] < self.now

    def _matter_mergedmatterid(self, source: Node, _: Any) -> str | None:
        target = source.row["merged_into_id"]
        return f"Matter:{target}" if target else None

    def _matter_mergedmattercode(self, source: Node, _: Any) -> str | None:
        target = self.known["Matter"].get(source.row["merged_into_id"])
        return str(target["code"]) if target else None

    def _matter_mergedmatterstate(self, source: Node, _: Any) -> str | None:
        target = self.known["Matter"].get(source.row["merged_into_id"])
        return str(target["state"]).upper() if target else None

    def _matter_boardentry(self, source: Node, _: Any) -> Node | None:
        matter = source.row["merged_into_id"] or source.row["id"]
        shown = (
            row["id"]
            for row in self.rows["BoardEntry"]
            if row["matter_id"] == f"Matter:{matter}" and row["is_approved"]
        )
        return self.one("BoardEntry", next(shown, None))

    def _matterentry_act(self, source: Node, given: Mapping[str, Any]) -> str:
        said = states.TRANSITIONS[source.row["verb"]].label
        return said.en if given["language"] == "EN" else said.zh

    def _matterentry_secondsheld(self, source: Node, _: Any) -> int:
        row = source.row
        before = (
            entry["at"]
            for entry in self.rows["MatterEntry"]
            if entry["matter_id"] == row["matter_id"] and entry["seq"] == row["seq"] - 1
        )
        held = row["at"] - next(before, row["at"])
        return round(float(held.total_seconds()))

    def _council_kindlabel(self, _: Node, given: Mapping[str, Any]) -> str:
        pack = next(row for row in self.rows["Pack"] if row["until"] is None)
        named: str = pack["document"]["councils"]["name"][given["language"].lower()]
        return named

    def _councilseat_kindlabel(self, source: Node, given: Mapping[str, Any]) -> str:
        return self._label("councils", source.row["kind"], given["language"])

    def _minutes_hash(self, source: Node, _: Any) -> str:
        return hashlib.sha256(source.row["text"].encode()).hexdigest()

    def _resolution_isoverdue(self, source: Node, _: Any) -> bool:
        is_open = source.row["state"] in ("assigned", "executing")
        return is_open and source.row["due_on"] < (self.now + timedelta(hours=8)).date()

    def _notice_words(self, source: Node, given: Mapping[str, Any]) -> str:
        event = source.row["event_name"]
        if event in notices.WORDS:
            said = notices.WORDS[event]
            return said.en if given["language"] == "EN" else said.zh
        acts = {act.event: act.label.zh for act in states.TRANSITIONS.values()}
        past = event.removeprefix("matter.").replace("_", " ")
        return str(past if given["language"] == "EN" else acts[event])

    def _label(self, section: str, name: str, language: str, key: str = "labels") -> str:
        pack = next(row for row in self.rows["Pack"] if row["until"] is None)
        labels = pack["document"][section][key].get(name, {})
        return str(labels.get(language.lower(), name))

    def _file_url(self, _: Node, __: Any) -> None:
        """Nobody signs here: `tests.services.test_passes` looks at addresses."""

    _file_urluntil = _minutes_docxurl = _minutes_docxuntil = _file_url
    _auditexportpart_url = _auditexportpart_urluntil = _ballot_scanurl = _file_url
    _voteproxy_letterurl = _file_url
    _voteevidence_url = _voteevidence_urluntil = _file_url
    _registerexport_url = _registerexport_urluntil = _file_url

    def _appointment_isactive(self, source: Node, _: Any) -> bool:
        return self.is_active(source.row)

    def _query_countyreport(self, _: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        return report(self, *_span(given))

    def _query_feesummary(self, _: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        return summary(self, *_span(given))

    def _ballot_receipt(self, source: Node, _: Any) -> str | None:
        is_theirs = oracle_votes.votes_for(self.rows, self.actor.person_id, source.row["holder_id"])
        return source.row["receipt"] if is_theirs else None

    def _committeecandidate_reason(self, source: Node, _: Any) -> str | None:
        return source.row["reason"] if self.looks_after("CommitteeCandidate", source.row) else None

    def _rollentry_hasvoted(self, source: Node, _: Any) -> bool:
        return any(
            ballot["entry_id"] == source.row["id"] and ballot["state"] == "effective"
            for ballot in self.rows["Ballot"]
        )

    def _query_reconciliation(self, _: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        _, begins, ends = _span({name: given[name] for name in ("from", "to")})
        estate = given.get("estate") and key_of(given["estate"], "estate", "Unit")[1]
        return reconciliation(self, estate, begins, ends, given.get("channel"))

    def _query_guarantees(self, _: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"lines": guarantees(self, *_span(given))}

    def _unit_coverage(self, source: Node, _: Any) -> dict[str, Any] | None:
        return coverage(self, source.row["id"])

    def _query_coverage(self, _: Any, given: Mapping[str, Any]) -> dict[str, Any] | None:
        unit = given.get("unit")
        return coverage(self, key_of(unit, "unit", "Unit")[1] if unit else None)


def _span(given: Mapping[str, Any]) -> tuple[UUID | None, date, date]:
    """The unit below which is looked at, if one is named, and the days."""
    unit = given.get("unit")
    below = key_of(unit, "unit", "Unit")[1] if unit else None
    begins, ends = (date.fromisoformat(str(given[name])) for name in ("from", "to"))
    return below, begins, ends

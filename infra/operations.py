"""An operation answered, whichever way it came: read, described or written.

A read is a document, a plan and one round trip; it answers the bytes that PostgreSQL rendered.
Where the asker's authority has changed meanwhile, everything is asked again under the new one.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from graphql import OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues

from infra import telemetry
from infra.admission import Admission, DocumentNotTrusted
from infra.allowances import Allowances, AllowanceSpent
from infra.auditing import Auditing, Read, ids_in, is_audited
from infra.auth import Authenticator
from infra.database import Database
from infra.requests import GraphQLRequest
from infra.settings import Access, Settings
from infra.writing import TRIES, Stale, Writer
from schema import introspection, questions
from schema.documents import Documents
from schema.errors import describe, refusal
from schema.reading import Call, Document, Hashes, PageLimits, Plan, Reader, Wanted
from services import sealing
from services.errors import (
    AuthorityUnsettled,
    Forbidden,
    MethodRefused,
    OperationUnknown,
    Refused,
    StreamNeeded,
    TenantMissing,
    TooSlow,
)
from services.standing import Authority, holds

NOTHING = "{ __typename }"
ONE = "query ($id: ID!) { node(id: $id) { id } }"
OF_AUTHORITY = (Forbidden, DocumentNotTrusted)
# To plan the reading of a table takes as long as to read so many rows of it.
ROWS_OF_A_TOIL = 1_000


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: with what authority (none: no county is named), in which language, from where."""

    authority: Authority | None
    language: str = "zh"
    address: str = ""

    @property
    def key(self) -> Hashable:
        """Whose allowance it is: each person's, client's, or of the public each address's own."""
        if self.authority is None:
            return self.address
        actor = self.authority.actor
        is_nobody = actor.person_id is None and actor.client_id is None
        return actor.tenant_id, actor.client_id, actor.person_id, is_nobody and self.address


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request with its document found valid and its variables read."""

    document: Document
    operation: OperationDefinitionNode
    call: Call

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.operation


class Operations:
    """Answers the operations of every county."""

    def __init__(
        self,
        database: Database,
        authenticator: Authenticator,
        reader: Reader,
        documents: Documents,
        settings: Settings,
    ) -> None:
        self.database, self.authenticator = database, authenticator
        self.reader, self.documents, self.settings = reader, documents, settings
        self.writer = Writer(database, authenticator, reader, documents)
        self.auditing = Auditing(database)
        self.admission = Admission(database, keeps=settings.automatic_persisted_queries)
        self.allowances = Allowances(settings.rows_per_minute)
        self.page = PageLimits(settings.default_page, settings.max_page, settings.max_cost)

    async def answer(self, given: GraphQLRequest, asker: Asker) -> bytes:
        """The body that answers a request; `Refused` where it gets none."""
        self.allowances.spend(asker.key, 0, self._own_allowance(asker))
        try:
            if asker.authority is None:
                return await self._answer_nobody(given, asker)
            for _ in range(TRIES):
                try:
                    return await self._answer(given, asker)
                except Stale:
                    asker = await self.refreshed(asker)
        except Refused as refused:
            self._toil_over(asker, refused)
            _name(refused, asker)
            await self.put_refusal_on_record(refused, asker)
            raise
        raise AuthorityUnsettled()

    async def put_refusal_on_record(self, refused: Refused, asker: Asker) -> None:
        """What somebody who is known was refused for want of authority."""
        on = {"field": refused.facts.get("path")}
        await self.auditing.refused(refused, asker.authority, asker.address, on)

    async def refreshed(self, asker: Asker) -> Asker:
        """The asker with the authority that they have by now."""
        telemetry.STALE.inc()
        assert asker.authority is not None  # noqa: S101
        return replace(asker, authority=await self.authenticator.refreshed(asker.authority))

    async def settled(self, refused: Refused, authority: Authority) -> Refused:
        """A refusal that stands; `Stale` where it came of an authority that holds no longer, as
        what was refused may have been granted meanwhile.
        """
        if isinstance(refused, OF_AUTHORITY):
            await self._look(authority, NOTHING)
        return refused

    async def sees(self, authority: Authority, id_: str) -> bool:
        """Whether somebody sees the object of a global id."""
        try:
            found = await self._look(authority, ONE, id=id_)
        except Forbidden:
            return False
        return json.loads(found)["node"] is not None

    async def _look(self, authority: Authority, text: str, **variables: Any) -> bytes:
        """What a document of our own finds under an authority."""
        document = self.documents.read(text)
        operation = document.operation(None)
        assert operation is not None  # noqa: S101
        call = Call(authority, self.documents.variables(operation, variables), self.page)
        return await self.fetch(self.reader.query(document, operation, call), call)

    async def prepare(self, given: GraphQLRequest, asker: Asker) -> Prepared:
        """Find the document and its operation, read the variables."""
        assert asker.authority is not None  # noqa: S101
        document, operation, variables = await self._read_request(given, asker)
        call = Call(
            asker.authority,
            variables,
            self.page,
            passes=self.database.passes,
            origin=asker.address or None,
            constants=document.constants,
            charge=partial(self._charge, asker),
            toil=partial(self._toil, asker),
        )
        return Prepared(document, operation, call)

    async def fetch(self, plan: Plan, call: Call) -> bytes:
        """One statement, one round trip; `Stale` where the reader's authority has changed."""
        if plan.needs_hashes and call.hashes is None:
            call.hashes = await self._hashes(call.actor.tenant_id)
        if plan.questions:
            await self._ask(plan, call)
        try:
            data = await self.database.reader.fetchval(plan.sql, *plan.arguments(call))
        except asyncpg.QueryCanceledError:
            raise TooSlow() from None
        if data is None:
            raise Stale()
        return bytes(data)

    async def _answer(self, given: GraphQLRequest, asker: Asker) -> bytes:
        assert asker.authority is not None  # noqa: S101
        try:
            return await self._answer_by(given, asker)
        except OF_AUTHORITY as refused:
            raise await self.settled(refused, asker.authority) from None

    async def _answer_by(self, given: GraphQLRequest, asker: Asker) -> bytes:
        asked = await self.prepare(given, asker)
        if asked.kind is OperationType.SUBSCRIPTION:
            raise StreamNeeded()
        if asked.kind is OperationType.MUTATION:
            if given.is_get:
                raise MethodRefused()
            return await self._write(asked, asker)
        plan = self.reader.query(asked.document, asked.operation, asked.call)
        data = await self.fetch(plan, asked.call)
        if asked.document.describes:
            data = await self._beside(data, asked, asker)
        await self.put_reading_on_record(asked, asker)
        return self.whole(data, asked.call)

    async def put_reading_on_record(self, asked: Prepared, asker: Asker) -> None:
        """An auditor's reading, before they are answered; and whoever else's of events."""
        call = asked.call
        if is_audited(call.authority, call.objects):
            read = Read(asked.document.text, call.rows)
            for want in self._root(asked):
                read.add(want.name, self._arguments(asked, want))
            await self.auditing.read(call.authority, asker.address, read)

    def _arguments(self, asked: Prepared, want: Wanted) -> Mapping[str, Any]:
        type_ = self.reader.catalogue.schema.get_root_type(asked.kind)
        field = type_.fields.get(want.name) if type_ else None
        return {} if field is None else asked.call.arguments(field, want.nodes[0])

    async def _answer_nobody(self, given: GraphQLRequest, asker: Asker) -> bytes:
        """The schema's description is the same in every county, and for whoever names none."""
        document, operation, variables = await self._read_request(given, asker)
        query_type = self.reader.catalogue.schema.query_type
        assert query_type is not None  # noqa: S101
        if operation.operation is not OperationType.QUERY:
            raise TenantMissing()
        wanted = self.reader.selector(document, variables).root(operation, query_type)
        if not introspection.needs_no_county(wanted):
            raise TenantMissing()
        return (
            b'{"data":'
            + dump(await self._describe(asker, document, operation, wanted, variables))
            + b"}"
        )

    async def _read_request(
        self, given: GraphQLRequest, asker: Asker
    ) -> tuple[Document, OperationDefinitionNode, VariableValues]:
        text = await self.admission.text(given, asker.authority)
        hide = not self._may_describe(asker.authority)
        document = self.documents.read(text, hide_suggestions=hide)
        operation = document.operation(given.operation_name)
        if operation is None:
            raise OperationUnknown()
        variables = self.documents.variables(operation, given.variables, hide_suggestions=hide)
        return document, operation, variables

    async def _beside(self, data: bytes, asked: Prepared, asker: Asker) -> bytes:
        """Data and the schema's description in one answer, each in its place.

        The data was read in any case: where there is none, what came of it is that the asker's
        authority still holds.
        """
        wanted = self._root(asked)
        inside = [want for want in wanted if introspection.is_described(want)]
        found = json.loads(data)
        found |= await self._describe(
            asker, asked.document, asked.operation, inside, asked.call.variables
        )
        return dump({want.key: found[want.key] for want in wanted})

    async def _describe(
        self,
        asker: Asker,
        document: Document,
        operation: OperationDefinitionNode,
        wanted: Sequence[Wanted],
        variables: VariableValues,
    ) -> Mapping[str, Any]:
        """What is wanted of the schema's own description; reckoned as rows once it is done."""
        if any(map(introspection.is_described, wanted)) and not self._may_describe(asker.authority):
            raise Forbidden(object="schema", action="read")
        self._charge(asker, 1)
        schema, most = self.reader.catalogue.schema, self.page.cost
        found, rows = await introspection.describe(
            schema, document, operation, wanted, variables, most
        )
        self.allowances.owe(asker.key, rows, self._own_allowance(asker))
        return found

    def _may_describe(self, authority: Authority | None) -> bool:
        """Whether somebody may ask for the schema: by the installation's word, or the policies'."""
        match self.settings.introspection:
            case Access.everybody:
                return True
            case Access.granted:
                return authority is not None and bool(authority.actor.reach("schema", "read"))
            case _:
                return False

    def _charge(self, asker: Asker, rows: int) -> int | None:
        """Take rows from the asker's allowance; the least that anything costs is one."""
        return self.allowances.spend(asker.key, max(rows, 1), self._own_allowance(asker))

    def _toil_over(self, asker: Asker, refused: Refused) -> None:
        """The way to a refusal; an allowance that is used up is not used further by saying so."""
        if not isinstance(refused, AllowanceSpent):
            self._toil(asker, 1)

    def _toil(self, asker: Asker, number: int) -> None:
        """Reckon with so many tables that were planned anew, or as long a way to a refusal."""
        self.allowances.toil(asker.key, number * ROWS_OF_A_TOIL, self._own_allowance(asker))

    def _own_allowance(self, asker: Asker) -> int | None:
        return asker.authority.rows_per_minute if asker.authority else None

    def whole(self, data: bytes, call: Call, errors: bytes = b"") -> bytes:
        """The answer with what it cost: rows that it could touch, at most, and left this minute."""
        left = b"null" if call.left is None else b"%d" % call.left
        cost = b'{"rows":%d,"limit":%d,"left":%b}' % (call.rows, call.page.cost, left)
        return b'{"data":%b%b,"extensions":{"cost":%b}}' % (data, errors, cost)

    async def _write(self, asked: Prepared, asker: Asker) -> bytes:
        """Each field is a command of its own; what one refuses takes nothing from the others."""
        members: list[bytes] = []
        errors: list[dict[str, Any]] = []
        is_first = True
        for want in self._root(asked):
            value = b'"Mutation"' if want.name == "__typename" else None
            try:
                if value is None:
                    value = await self.writer.run(
                        asked.document, asked.operation, want, asked.call, is_first=is_first,
                        hide_suggestions=not self._may_describe(asker.authority),
                    )  # fmt: skip
            except Stale:
                raise
            except Exception as raised:
                refused = refusal(raised)
                if is_first:
                    refused = await self.settled(refused, asked.call.authority)
                self._toil_over(asker, refused)
                _name(refused, asker)
                await self._put_on_record(refused, asked, want, asker)
                errors.append(describe(refused, asker.language, [want.key]))
            is_first = is_first and want.name == "__typename"
            members.append(dump(want.key) + b":" + (value or b"null"))
        await self.put_reading_on_record(asked, asker)
        shown = b',"errors":' + dump(errors) if errors else b""
        return self.whole(b"{" + b",".join(members) + b"}", asked.call, shown)

    async def _put_on_record(
        self, refused: Refused, asked: Prepared, want: Wanted, asker: Asker
    ) -> None:
        """A refused command, and the ids that it was to be done to."""
        on = {"field": [want.name], "ids": ids_in(self._arguments(asked, want))}
        await self.auditing.refused(refused, asked.call.authority, asker.address, on)

    def _root(self, asked: Prepared) -> Sequence[Wanted]:
        type_ = self.reader.catalogue.schema.get_root_type(asked.kind)
        assert type_ is not None  # noqa: S101
        return self.reader.selector(asked.document, asked.call.variables).root(
            asked.operation, type_
        )

    async def _ask(self, plan: Plan, call: Call) -> None:
        """What a service is asked before the statement runs, in a transaction that reads."""
        async with self.database.session(call.actor.tenant_id, read_only=True) as session:
            if not await holds(session, call.authority):
                raise Stale()
            for asked in plan.questions:
                sees = partial(self.sees, call.authority)
                call.answers[asked.place] = await questions.answer(asked, session, call, sees)

    async def _hashes(self, tenant_id: UUID) -> Hashes:
        """The county's keyed hashes: a search by phone or identity number costs a second trip."""
        async with self.database.session(tenant_id, read_only=True) as session:
            return (await sealing.keys(session, tenant_id)).hashes


def _name(refused: Refused, asker: Asker) -> None:
    """What a refusal is about, as the asker's county calls it."""
    if asker.authority is not None:
        refused.in_words_of(asker.authority.labels)


def dump(value: Any) -> bytes:
    """JSON as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

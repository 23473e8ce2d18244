"""The desk (经办): a demo county's acts, each by the real command and the founder whose act it is.

The county administrator founds, registers and proposes; the security administrator confirms. What
is done at one desk is one transaction, so that a part that was cut short has left nothing.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from infra.demo.description import Description
from infra.demo.names import names, phones
from policies import Actor
from services import appointments, people, units
from services.people import Person
from services.posts import Post
from services.units import Unit, UnitKind

SEATS_WHERE_NONE_ARE_SET = 500


@dataclass
class Desk:
    """Where a demo county's acts are done; `block` keeps the people of two desks apart."""

    session: AsyncSession
    described: Description
    administrator: Actor
    security: Actor
    block: int
    posts: dict[tuple[UUID, str, str], Post] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = names(self.described.people.values(), self.block)
        self.phones = phones(self.block)

    @cached_property
    def begun(self) -> date:
        """The day on which the county's own offices were filled, before anybody else's."""
        return self.described.showcases[0].history[0].since

    async def found(
        self, kind: UnitKind, name: str, parent: Unit, since: date, decision: str | None = None
    ) -> Unit:
        """Found a unit."""
        return await units.found(
            self.session, self.administrator, kind=kind, name=name, parent=parent.id,
            since=since, decision=decision,
        )  # fmt: skip

    async def standing(self, kind: UnitKind) -> dict[str, Unit]:
        """The units of a kind, by name."""
        mine = select(Unit).where(Unit.tenant_id == self.administrator.tenant_id, Unit.kind == kind)
        return {unit.name: unit for unit in await self.session.exec(mine)}

    async def register(
        self, name: str | None = None, *, home: Unit | None = None, is_member: bool = False
    ) -> Person:
        """Register an invented person, with a name of their own if none is given."""
        return await people.register(
            self.session, self.administrator, name=name or next(self.names),
            phone=next(self.phones), home=home.id if home else None, is_party_member=is_member,
        )  # fmt: skip

    async def appoint(
        self, person: Person, role: str, unit: Unit, since: date, title: str | None = None
    ) -> None:
        """Appoint a person: proposed by one founder, confirmed by the other."""
        post = await self.post(role, unit, title)
        proposed = await appointments.propose(
            self.session, self.administrator, person=person.id, post=post.id,
            starts_at=datetime.combine(since, time(), UTC), ground=self.described.wording.ground,
        )  # fmt: skip
        await appointments.confirm(self.session, self.security, appointment=proposed.id)

    async def seat(
        self,
        role: str,
        unit: Unit,
        since: date,
        *,
        named: bool = False,
        home: Unit | None = None,
        is_member: bool = False,
    ) -> Person:
        """Register a person and appoint them; `named` is whose account shows the role."""
        name = self.described.people.get(role) if named else None
        person = await self.register(name, home=home, is_member=is_member)
        await self.appoint(person, role, unit, since)
        return person

    async def post(self, role: str, unit: Unit, title: str | None = None) -> Post:
        """The post of a role in a unit, created when it is first filled."""
        named = title or self.described.titles.get(role) or policies.roles()[role].zh
        known = self.posts.get((unit.id, role, named))
        if known is not None:
            return known
        seats = self.described.pack.get("appointments", {}).get("seats", {}).get(role)
        post = await appointments.create_post(
            self.session, self.administrator, unit=unit.id, role=role, title=named,
            seats=seats or SEATS_WHERE_NONE_ARE_SET,
        )  # fmt: skip
        return self.posts.setdefault((unit.id, role, named), post)

"""Commands said twice: the first run counts, a repeat is answered from it, another is refused."""

import asyncio
from uuid import UUID

from sqlmodel import select

from policies import Actor
from services import commands, units
from services.commands import Command, Repeat
from services.errors import CommandReused
from services.events import Event
from services.units import UnitKind
from tests.county import County
from tests.services.unchanged import unchanged


async def found(county: County, key: str, name: str, by: Actor | None = None) -> UUID | None:
    """Found a community under a commandId, as a request would."""
    actor = by or county.administrator
    async with county.session() as session:
        repeat = await commands.begin(
            session, actor, key=key, name="foundUnit", arguments={"name": name}
        )
        if repeat is not None:
            return repeat.result_id
        unit = await units.found(
            session, actor, kind=UnitKind.community, name=name, parent=county.root.id
        )
        commands.finish(session, result_id=unit.id)
        return unit.id


class TestBegin:
    async def test_a_repeat_gives_the_first_answer_and_changes_nothing(
        self, county: County
    ) -> None:
        first = await found(county, "k1", "东街社区")
        assert await found(county, "k1", "东街社区") == first
        assert await county.events("unit.founded") == 2

    async def test_the_event_names_the_command(self, county: County) -> None:
        unit = await found(county, "k1", "东街社区")
        async with county.session(read_only=True) as session:
            mine = select(Event.command_key).where(Event.object_id == unit)
            assert (await session.exec(mine)).all() == ["k1"]

    async def test_other_arguments_under_the_same_key_are_refused(self, county: County) -> None:
        await found(county, "k1", "东街社区")
        async with unchanged(county, CommandReused):
            await found(county, "k1", "西街社区")

    async def test_another_command_under_the_same_key_is_refused(self, county: County) -> None:
        await found(county, "k1", "东街社区")
        async with unchanged(county, CommandReused), county.session() as session:
            await commands.begin(
                session, county.administrator, key="k1", name="closeUnit",
                arguments={"name": "东街社区"},
            )  # fmt: skip

    async def test_each_person_has_keys_of_their_own(self, county: County, other: County) -> None:
        first = await found(county, "k1", "东街社区")
        second = await found(county, "k1", "东街社区", by=county.founders["working_officer"])
        third = await found(other, "k1", "东街社区")
        assert len({first, second, third}) == 3

    async def test_a_run_that_failed_leaves_the_key_free(self, county: County) -> None:
        async def fail() -> None:
            async with county.session() as session:
                await commands.begin(
                    session, county.administrator, key="k1", name="foundUnit", arguments={}
                )
                raise LookupError

        async with unchanged(county, LookupError):
            await fail()
        assert await found(county, "k1", "东街社区") is not None

    async def test_said_twice_at_once_it_is_done_once(self, county: County) -> None:
        ends = await asyncio.gather(*(found(county, "k1", "东街社区") for _ in range(4)))
        assert len(set(ends)) == 1
        assert await county.events("unit.founded") == 2

    async def test_what_it_made_is_kept_with_it(self, county: County) -> None:
        unit = await found(county, "k1", "东街社区")
        async with county.session() as session:
            again = await commands.begin(
                session, county.administrator, key="k1", name="foundUnit",
                arguments={"name": "东街社区"},
            )  # fmt: skip
            assert again == Repeat(unit)
            row = (await session.exec(select(Command))).one()
        assert row.subject_id == county.administrator.person_id

"""Coverage: what the statements count equals a plain count over the same rows."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, Select, literal, select, true
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from services import appointments, clock, coverage, linkages, units
from services.coverage import Within
from services.linkages import Linkage
from services.posts import Appointment, Post
from services.tables import metadata
from services.tree import UnitPath
from services.units import Unit
from tests.county import County

COUNTS = (
    coverage.estates,
    coverage.estates_linked,
    coverage.firms,
    coverage.firms_with_party_organisation,
    coverage.firms_with_instructor,
    coverage.cross_appointed,
)
LISTS = (coverage.gaps, coverage.cross_appointments)
PARTIES = ("branch", "committee", "firm")
SINCE = date(2022, 3, 1)


def below(ancestor: ColumnElement[UUID]) -> Within:
    """Within that unit: what a reader of one community asks."""

    def holds(unit: ColumnElement[UUID]) -> ColumnElement[bool]:
        path = metadata.tables["unit_path"].alias("asked")
        inside = select(path.c.unit_id).where(
            path.c.unit_id == unit, path.c.ancestor_id == ancestor
        )
        return inside.correlate_except(path).exists()

    return holds


def everywhere(_: ColumnElement[UUID]) -> ColumnElement[bool]:
    return true()


class TestRandomCounties:
    @pytest.mark.parametrize("seed", range(4))
    async def test_every_count_is_the_plain_one(self, county: County, seed: int) -> None:
        communities = await Chance.of(county, seed).build()
        facts = await Facts.read(county)
        for asked in (county.root, *communities):
            within = below(literal(asked.id))
            assert await ask(county, COUNTS, within) == facts.counts(asked.id)
            assert await listed(county, coverage.gaps, within) == facts.gaps(asked.id)
            crossed = await listed(county, coverage.cross_appointments, within)
            assert crossed == facts.crossed(asked.id)
        assert await ask(county, COUNTS, everywhere) == facts.counts(county.root.id)

    async def test_one_statement_counts_every_community(self, county: County) -> None:
        await Chance.of(county, 7).build()
        facts = await Facts.read(county)
        place = metadata.tables["unit"].alias("place")
        counts = [build(place.c.tenant_id, below(place.c.id)) for build in COUNTS]
        missing = coverage.gaps(place.c.tenant_id, below(place.c.id)).subquery("missing")
        every = select(place.c.id, *counts, select(missing.c.missing).limit(1).scalar_subquery())
        async with county.session(read_only=True) as session:
            rows = (await (await session.connection()).execute(every)).all()
        assert len(rows) == len(facts.units)
        for place_id, *found, lacking in rows:
            assert found == facts.counts(place_id)
            assert lacking == next((what for _, what in facts.gaps(place_id)), None)

    async def test_another_county_is_not_counted(self, county: County, other: County) -> None:
        await Chance.of(other, 1).build()
        assert await ask(county, COUNTS, everywhere) == [0, 0, 0, 0, 0, 0]


class TestStatements:
    @pytest.mark.parametrize("build", [*COUNTS, *LISTS])
    def test_the_same_question_is_the_same_text(self, build: Callable[..., Any]) -> None:
        def text() -> str:
            asked: Select[Any] = (
                select(build(literal(UUID(int=2)), everywhere).subquery())
                if build in LISTS
                else select(build(literal(UUID(int=2)), everywhere))
            )
            return str(asked.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]

        assert text() == text()
        assert "anon_1 AS" not in text()


class TestTheThreeParties:
    async def test_an_estate_with_all_three_is_linked_and_lacks_nothing(
        self, county: County
    ) -> None:
        tree = await county.tree()
        async with county.session() as session:
            await linkages.link(
                session, county.administrator, grid=tree.grids[0].id, estate=tree.estate.id,
                branch=tree.branch.id, committee=tree.committee.id, decision="联建", since=SINCE,
            )  # fmt: skip
        assert await listed(county, coverage.gaps, everywhere) == [
            (tree.estate.id, "firm"),
            (tree.firm.id, "party_organisation"),
            (tree.firm.id, "instructor"),
        ]
        async with county.session() as session:
            await linkages.link(
                session, county.administrator, grid=tree.grids[0].id, estate=tree.estate.id,
                firm=tree.firm.id, decision="联建", since=clock.today(),
            )  # fmt: skip
        await county.unit("party_branch", "安居物业党支部", tree.firm)
        await county.appoint(await county.person(), "instructor", tree.firm)
        assert await listed(county, coverage.gaps, everywhere) == []
        assert await ask(county, COUNTS, everywhere) == [1, 1, 1, 1, 1, 0]

    async def test_a_person_in_two_of_them_is_cross_appointed_until_one_post_ends(
        self, county: County
    ) -> None:
        tree = await county.tree()
        async with county.session() as session:
            await linkages.link(
                session, county.administrator, grid=tree.grids[0].id, estate=tree.estate.id,
                branch=tree.branch.id, committee=tree.committee.id, firm=tree.firm.id,
                decision="联建",
            )  # fmt: skip
        branch = await county.unit("party_branch", "安居物业党支部", tree.firm)
        person = await county.person()
        await county.appoint(person, "party_member", tree.branch)
        post = await county.appoint(person, "committee_member", tree.committee)
        await county.appoint(person, "party_member", branch)
        listed_now = await listed(county, coverage.cross_appointments, everywhere)
        assert listed_now == [(tree.estate.id, person.id, "branch+committee+firm")]
        async with county.session() as session:
            await appointments.revoke(session, county.security, appointment=post.id, reason="辞去")
        listed_now = await listed(county, coverage.cross_appointments, everywhere)
        assert listed_now == [(tree.estate.id, person.id, "branch+firm")]


async def ask(county: County, builds: Sequence[Callable[..., Any]], within: Within) -> list[int]:
    counts = select(*(build(literal(county.id), within) for build in builds))
    async with county.session(read_only=True) as session:
        return list((await (await session.connection()).execute(counts)).one())


async def listed(
    county: County, build: Callable[..., Select[Any]], within: Within
) -> list[tuple[Any, ...]]:
    async with county.session(read_only=True) as session:
        rows = await (await session.connection()).execute(build(literal(county.id), within))
        return [tuple(row) for row in rows]


@dataclass
class Chance:
    """A county of random units, linkages and appointments, some of them over or not begun."""

    county: County
    dice: random.Random

    @classmethod
    def of(cls, county: County, seed: int) -> "Chance":
        return cls(county, random.Random(seed))  # noqa: S311

    async def build(self) -> list[Unit]:
        unit = self.county.unit
        communities = [await unit("community", f"社区{n}") for n in range(2)]
        firms = [await unit("firm", f"物业{n}", since=SINCE) for n in range(4)]
        places = list(firms)
        for firm in firms[:3]:
            if self.dice.random() < 0.6:
                places.append(await unit("party_branch", "物业党支部", firm, since=SINCE))
        for number in range(6):
            grid = await unit("grid", f"网格{number}", self.dice.choice(communities))
            branch = await unit("party_branch", f"网格党支部{number}", grid, since=SINCE)
            estate = await unit("estate", f"小区{number}", grid)
            committee = await unit("owners_committee", f"业委会{number}", estate)
            places += [branch, committee]
            await self._link(grid, estate, branch, committee, firms)
        people = [await self.county.person() for _ in range(6)]
        for _ in range(24):
            await self._appoint(self.dice.choice(people).id, self.dice.choice(places))
        await self._close_one(places)
        return communities

    async def _link(
        self, grid: Unit, estate: Unit, branch: Unit, committee: Unit, firms: list[Unit]
    ) -> None:
        for day in range(self.dice.randint(0, 2)):
            async with self.county.session() as session:
                await linkages.link(
                    session, self.county.administrator, grid=grid.id, estate=estate.id,
                    branch=self._maybe(branch), committee=self._maybe(committee),
                    firm=self._maybe(self.dice.choice(firms)), decision="联建",
                    since=SINCE + timedelta(days=day),
                )  # fmt: skip

    def _maybe(self, party: Unit) -> UUID | None:
        return party.id if self.dice.random() < 0.7 else None

    async def _appoint(self, person: UUID, place: Unit) -> None:
        role = self.dice.choice(["party_member", "instructor", "committee_member"])
        post = await self.county.post(role, place)
        start = clock.now() + timedelta(days=self.dice.choice([-9, -9, -9, 5]))
        end = start + timedelta(days=self.dice.choice([4, 90]))
        by = self.county.administrator
        async with self.county.session() as session:
            row = await appointments.propose(
                session, by, person=person, post=post.id, ground="推选",
                starts_at=start, ends_at=self.dice.choice([None, end]),
            )  # fmt: skip
            if self.dice.random() < 0.85:
                await appointments.confirm(session, self.county.security, appointment=row.id)

    async def _close_one(self, places: list[Unit]) -> None:
        for place in places:
            if place.kind == "party_branch" and self.dice.random() < 0.5:
                async with self.county.session() as session:
                    try:
                        await units.close(
                            session, self.county.administrator, unit=place.id, reason="撤销"
                        )
                    except units.UnitOccupied:
                        continue


@dataclass
class Facts:
    """All rows of a county, and the same questions answered by loops."""

    units: dict[UUID, Unit]
    paths: set[tuple[UUID, UUID]]
    linkages: list[Linkage]
    posts: list[tuple[UUID, UUID, str]]

    @classmethod
    async def read(cls, county: County) -> "Facts":
        async def rows(model: type[SQLModel]) -> Sequence[Any]:
            return (await session.exec(select(model))).scalars().all()  # type: ignore[call-overload,no-any-return]

        async with county.session(read_only=True) as session:
            found = {model: await rows(model) for model in (Unit, UnitPath, Linkage, Post)}
            held = await rows(Appointment)
        now, roles = clock.now(), {post.id: post.role for post in found[Post]}
        return cls(
            units={unit.id: unit for unit in found[Unit]},
            paths={(path.ancestor_id, path.unit_id) for path in found[UnitPath]},
            linkages=[linkage for linkage in found[Linkage] if linkage.until is None],
            posts=[
                (row.person_id, row.unit_id, roles[row.post_id])
                for row in held
                if row.state == "confirmed"
                and row.starts_at <= now
                and (row.ends_at is None or row.ends_at > now)
            ],
        )

    def inside(self, place: UUID) -> list[Linkage]:
        return [row for row in self.linkages if (place, row.estate_id) in self.paths]

    def estates(self, place: UUID) -> list[UUID]:
        return self._open("estate", place)

    def firms(self, place: UUID) -> list[UUID]:
        serving = {row.firm_id for row in self.inside(place)}
        return sorted({*self._open("firm", place), *(firm for firm in serving if firm)})

    def gaps(self, place: UUID) -> list[tuple[UUID, str]]:
        current = {row.estate_id: row for row in self.linkages}
        found = [
            (estate, party)
            for estate in self.estates(place)
            for party in PARTIES
            if estate not in current or getattr(current[estate], f"{party}_id") is None
        ]
        for firm in self.firms(place):
            has = {"party_organisation": self.has_branch(firm), "instructor": self.has_one(firm)}
            found += [(firm, what) for what, there in has.items() if not there]
        return found

    def has_branch(self, firm: UUID) -> bool:
        return bool(self._open("party_branch", firm))

    def has_one(self, firm: UUID) -> bool:
        return any((unit, role) == (firm, "instructor") for _, unit, role in self.posts)

    def crossed(self, place: UUID) -> list[tuple[UUID, UUID, str]]:
        found = []
        for row in self.inside(place):
            for person in {person for person, _, _ in self.posts}:
                served = [party for party in PARTIES if self._serves(person, row, party)]
                if len(served) > 1:
                    found.append((row.estate_id, person, "+".join(served)))
        return sorted(found)

    def counts(self, place: UUID) -> list[int]:
        lacking = {unit for unit, what in self.gaps(place) if what in PARTIES}
        firms = self.firms(place)
        return [
            len(self.estates(place)),
            len(set(self.estates(place)) - lacking),
            len(firms),
            sum(map(self.has_branch, firms)),
            sum(map(self.has_one, firms)),
            len({person for _, person, _ in self.crossed(place)}),
        ]

    def _open(self, kind: str, place: UUID) -> list[UUID]:
        return sorted(
            unit.id
            for unit in self.units.values()
            if unit.kind == kind and unit.until is None and (place, unit.id) in self.paths
        )

    def _serves(self, person: UUID, row: Linkage, party: str) -> bool:
        root = getattr(row, f"{party}_id")
        return any(who == person and (root, unit) in self.paths for who, unit, _ in self.posts)

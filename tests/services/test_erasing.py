"""Erasing: what is personal of a person goes for good, and what was sealed stays provable."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from infra import audit_files, verify_audit
from policies import Actor, Denied
from services import accounts, appointments, clock, people
from services.audits.retention import expire, years_before
from services.erasing import MattersStillOpen, StillInOffice
from services.errors import NotFound
from services.people import ERASED, OwnErasure, Person, PersonErased
from tests.county import County
from tests.services.unchanged import unchanged
from tests.way import Way

NAME, PHONE = "欧阳试验", "13900001234"


async def erase(county: County, person: Person, by: Actor | None = None) -> Person:
    async with county.session() as session:
        return await people.erase(
            session, by or county.security, person=person.id, ground="本人依法申请"
        )


async def written(county: County) -> str:
    """Everything that the county's rows say, in one text."""
    found = []
    async with county.session(read_only=True) as session:
        for table in ("person", "account", "event", "event_value", "appointment"):
            rows = await session.exec(text(f"select row_to_json(t)::text from {table} t"))  # type: ignore[call-overload]
            found += [row[0] for row in rows]
    return "\n".join(found)


async def proven(county: County, folder: Path) -> list[str]:
    """What the verifier finds wrong with an export of everything."""
    await asyncio.to_thread(folder.mkdir)
    by = Actor(county.id, county.slug)
    await audit_files.seal_all(county.database, by)
    await audit_files.write(county.database, by, folder, with_values=True)
    report = verify_audit.Report(zh=False)
    verify_audit.verify(folder, report, None, [])
    return report.findings


class TestErase:
    async def test_nothing_personal_is_left_and_the_proof_stays_whole(
        self, county: County, tmp_path: Path
    ) -> None:
        person = await county.person(NAME, phone=PHONE)
        async with county.session() as session:
            await accounts.open(
                session, county.security, person=person.id, account="ouyang",
                password="correct-horse-9",
            )  # fmt: skip
        async with county.session() as session:
            await people.amend(session, county.administrator, person=person.id, name="欧阳改名")
        assert await proven(county, tmp_path / "before") == []
        row = await erase(county, person)
        assert (row.name, row.phone_cipher, row.phone_masked) == (ERASED, None, None)
        said = await written(county)
        for gone in (NAME, "欧阳改名", "139****1234", "ouyang"):
            assert gone not in said, gone
        assert await county.events("person.erased") == 1
        assert await proven(county, tmp_path / "after") == []

    async def test_it_is_done_once_and_nothing_is_known_of_them_again(self, county: County) -> None:
        person = await county.person(NAME)
        await erase(county, person)
        tree = await county.tree()
        post = await county.post("resident", tree.estate)
        async with unchanged(county, PersonErased):
            await erase(county, person)
        async with unchanged(county, PersonErased), county.session() as session:
            await people.amend(session, county.administrator, person=person.id, name=NAME)
        async with unchanged(county, PersonErased), county.session() as session:
            await appointments.propose(
                session, county.administrator, person=person.id, post=post.id, ground="试"
            )
        async with unchanged(county, PersonErased), county.session() as session:
            await accounts.open(
                session, county.security, person=person.id, account="again1",
                password="correct-horse-9",
            )  # fmt: skip

    async def test_nobody_vanishes_from_an_office(self, county: County) -> None:
        tree = await county.tree()
        person = await county.person(NAME)
        await county.appoint(person, "resident", tree.estate)
        async with unchanged(county, StillInOffice):
            await erase(county, person)

    async def test_nobodys_matter_is_left_without_its_raiser(self, county: County) -> None:
        way = await Way.of(county)
        await way.raised()
        raiser = await _person(county, way.resident)
        [appointment] = way.resident.posts
        async with county.session() as session:
            await appointments.end(
                session, county.administrator, appointment=appointment.appointment_id,
                reason="搬走",
            )  # fmt: skip
        async with unchanged(county, MattersStillOpen):
            await erase(county, raiser)

    async def test_nobody_erases_themselves_or_another_countys(
        self, county: County, other: County
    ) -> None:
        me = await _person(county, county.security)
        async with unchanged(county, OwnErasure):
            await erase(county, me)
        theirs = await other.person(NAME)
        async with unchanged(other, NotFound):
            await erase(county, theirs)

    @pytest.mark.parametrize("role", ["county_administrator", "auditor", "working_officer"])
    async def test_it_is_the_security_administrators(self, county: County, role: str) -> None:
        person = await county.person(NAME)
        async with unchanged(county, Denied):
            await erase(county, person, county.founders[role])


class TestRetention:
    async def test_values_go_after_their_years_and_the_proof_stays_whole(
        self, county: County, tmp_path: Path
    ) -> None:
        long_ago = clock.now() - timedelta(days=3 * 366 + 1)
        with clock.at(long_ago):
            await county.person(NAME)
        await county.person("新近登记")
        async with county.session() as session:
            by = Actor(county.id, county.slug)
            assert await expire(session, by, at=clock.now(), most=100) == 1
        async with county.session() as session:
            assert await expire(session, by, at=clock.now(), most=100) == 0
        async with county.session(read_only=True) as session:
            values = await session.exec(text("select value::text from event_value"))  # type: ignore[call-overload]
            said = [json.loads(row[0]) for row in values]
        assert NAME not in said
        assert "新近登记" in said
        assert await county.events("audit.expired") == 1
        assert await proven(county, tmp_path / "out") == []

    def test_of_a_leap_day_it_is_the_day_before(self) -> None:
        at = datetime(2028, 2, 29, 12, tzinfo=UTC)
        assert years_before(at, 3) == datetime(2025, 2, 28, 12, tzinfo=UTC)
        assert years_before(at, 4) == datetime(2024, 2, 28, 12, tzinfo=UTC)


async def _person(county: County, actor: Actor) -> Person:
    assert actor.person_id is not None
    async with county.session(read_only=True) as session:
        return await people.find(session, county.administrator, actor.person_id)

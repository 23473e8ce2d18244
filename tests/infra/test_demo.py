"""The demo: what the two counties show is counted from what the commands recorded."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import ScalarSelect, literal, true
from sqlmodel import SQLModel, select

import policies
from infra import auth, demo, evidence_jobs, verify_vote
from infra.database import Database
from infra.demo.description import Description, descriptions
from infra.demo.desk import Desk
from infra.demo.history import actors_of
from infra.settings import Settings
from policies import Actor
from services import clock, coverage, packs, passwords, vote_evidence
from services.accounts import Account
from services.bills import BillingRun
from services.clients import Client
from services.committees.tables import CommitteeCandidate, CommitteeTerm
from services.contracts import Contract
from services.demands import recovered as recovery
from services.duties import Duty
from services.events import Event
from services.linkages import Linkage
from services.ownerships import Ownership
from services.people import Person
from services.posts import Appointment
from services.property_units import PropertyUnit
from services.rulebooks import RuleBook
from services.stations import Station
from services.tenants import PLATFORM_ID
from services.units import Unit, UnitKind, UnitRules
from services.votes.tables import Vote, VoteItem, VoteQuestion
from tests.county import County

RowT = TypeVar("RowT", bound=SQLModel)
NAMED_IN_THE_ACCOUNT = {"熊景利", "欧阳少群", "邹金萍"}
COUNTS = (
    coverage.estates,
    coverage.estates_linked,
    coverage.firms,
    coverage.firms_with_party_organisation,
    coverage.firms_with_instructor,
)


class Shown:
    """A demo county as it stands in the database."""

    def __init__(self, database: Database, tenant_id: UUID, told: Description) -> None:
        self.database, self.id, self.told = database, tenant_id, told

    async def rows(self, model: type[RowT]) -> Sequence[RowT]:
        async with self.database.session(self.id, read_only=True) as session:
            return (await session.exec(select(model))).all()

    async def kinds(self) -> Counter[str]:
        return Counter(unit.kind for unit in await self.rows(Unit))

    async def unit(self, name: str) -> Unit:
        [found] = [unit for unit in await self.rows(Unit) if unit.name == name]
        return found

    async def count(self, build: Callable[..., Any]) -> list[Any]:
        asked = build(literal(self.id), lambda _: true())
        question = select(asked) if isinstance(asked, ScalarSelect) else asked
        async with self.database.session(self.id, read_only=True) as session:
            found = await (await session.connection()).execute(question)
            return [tuple(row) for row in found]


@pytest.fixture(scope="session")
async def counties(database: Database, platform: County) -> dict[str, Shown]:
    """Both counties, loaded once; the platform has its operator before."""
    assert platform.id == PLATFORM_ID
    await demo.load(database)
    found = {}
    for told in descriptions():
        known = await database.tenant(told.slug)
        assert known is not None
        found[told.slug] = Shown(database, known[0], told)
    return found


@pytest.fixture
def yihuang(counties: dict[str, Shown]) -> Shown:
    return counties["yihuang"]


@pytest.fixture
def linshui(counties: dict[str, Shown]) -> Shown:
    return counties["linshui"]


class TestYihuang:
    async def test_it_has_seven_communities_and_fifty_grids(self, yihuang: Shown) -> None:
        kinds = await yihuang.kinds()
        assert (kinds["community"], kinds["grid"], kinds["working_committee"]) == (7, 50, 1)
        names = {unit.name for unit in await yihuang.rows(Unit)}
        assert {"北门路社区", "学前街社区", "水北社区", "县住建局"} <= names

    async def test_its_coverage_is_complete(self, yihuang: Shown) -> None:
        estates, linked, firms, organised, instructed = [
            (await yihuang.count(build))[0][0] for build in COUNTS
        ]
        assert estates == linked == (await yihuang.kinds())["estate"] >= 50
        assert firms == organised == instructed == (await yihuang.kinds())["firm"]
        assert await yihuang.count(coverage.gaps) == []

    async def test_every_grid_has_its_station(self, yihuang: Shown) -> None:
        grids = {unit.id for unit in await yihuang.rows(Unit) if unit.kind == UnitKind.grid}
        stations = [station.grid_id for station in await yihuang.rows(Station)]
        assert sorted(stations) == sorted(grids)

    async def test_every_member_of_the_industry_committee_has_duties(self, yihuang: Shown) -> None:
        members = {duty.member_id for duty in await yihuang.rows(Duty)}
        offices = {
            unit.id
            for unit in await yihuang.rows(Unit)
            if unit.kind in ("bureau", "linked_department", "working_committee")
        }
        assert members == offices
        [book] = await yihuang.rows(RuleBook)
        assert (book.edition, book.adopted_on) == (1, date(2021, 8, 20))

    async def test_an_estate_set_right_shows_each_step_with_its_decision(
        self, yihuang: Shown
    ) -> None:
        estate = await yihuang.unit("广升狮子湾")
        rows = [row for row in await yihuang.rows(Linkage) if row.estate_id == estate.id]
        steps = sorted(rows, key=lambda row: row.since)
        parties = [(row.branch_id, row.firm_id, row.committee_id) for row in steps]
        assert [tuple(party is not None for party in step) for step in parties] == [
            (True, False, False),
            (True, True, False),
            (True, True, True),
        ]
        assert [row.until for row in steps] == [steps[1].since, steps[2].since, None]
        assert len({row.decision for row in steps}) == 3
        [committee] = [
            unit
            for unit in await yihuang.rows(Unit)
            if unit.parent_id == estate.id and unit.kind == UnitKind.owners_committee
        ]
        assert (committee.since, committee.decision) == (steps[2].since, steps[2].decision)

    async def test_both_estates_list_their_cross_appointed_persons(self, yihuang: Shown) -> None:
        crossed = await yihuang.count(coverage.cross_appointments)
        by_estate = Counter(estate for estate, _, _ in crossed)
        named = [(await yihuang.unit(name)).id for name in ("广升狮子湾", "水北上城")]
        assert by_estate == dict.fromkeys(named, 2)
        assert {parties for _, _, parties in crossed} == {
            "branch+committee",
            "branch+committee+firm",
        }

    async def test_all_of_it_is_on_record(self, yihuang: Shown) -> None:
        """S1 to S6 and S13 come from events: as many founding events as units, and so on."""
        named = Counter(event.name for event in await yihuang.rows(Event))
        kept: tuple[tuple[str, type[SQLModel]], ...] = (
            ("unit.founded", Unit),
            ("person.registered", Person),
            ("appointment.confirmed", Appointment),
            ("linkage.linked", Linkage),
            ("station.opened", Station),
            ("duty.assigned", Duty),
        )
        assert {name: named[name] for name, _ in kept} == {
            name: len(await yihuang.rows(model)) for name, model in kept
        }


class TestOwners:
    """S5: an estate's register, the two votes of its owners, its committee, and what proves it."""

    async def test_every_owner_is_verified_by_another_and_both_votes_are_carried_out(
        self, yihuang: Shown
    ) -> None:
        estate = await yihuang.unit(yihuang.told.showcases[0].estate)
        owned = await yihuang.rows(Ownership)
        assert {row.state for row in owned} == {"verified"}
        assert len(owned) == len(await yihuang.rows(PropertyUnit)) > 40
        assert all(row.verified_by not in (None, row.made_by) for row in owned)
        votes = await yihuang.rows(Vote)
        assert [(row.estate_id, row.state) for row in votes] == [(estate.id, "executed")] * 2
        questions = await yihuang.rows(VoteQuestion)
        asked = Counter(row.item for row in questions)
        assert asked == {VoteItem.firm: 1, VoteItem.election: 5}
        assert {row.verdict for row in questions} == {"passed"}

    async def test_the_committee_is_on_file_from_the_day_that_is_told(self, yihuang: Shown) -> None:
        [day] = [
            step.since for step in yihuang.told.showcases[0].history if step.party == "committee"
        ]
        [term] = await yihuang.rows(CommitteeTerm)
        assert term.filed_at is not None
        assert (term.filed_at.astimezone(clock.CHINA).date(), term.since) == (day, day)
        elected = [row for row in await yihuang.rows(CommitteeCandidate) if row.state == "elected"]
        assert len(elected) == term.seats
        assert term.vote_id in {row.id for row in await yihuang.rows(Vote)}

    async def test_the_evidence_of_the_election_is_confirmed_by_the_program_in_it(
        self, yihuang: Shown, tmp_path: Path
    ) -> None:
        [term] = await yihuang.rows(CommitteeTerm)
        [vote] = [row for row in await yihuang.rows(Vote) if row.id == term.vote_id]
        database, slug = yihuang.database, yihuang.told.slug
        async with database.session(yihuang.id) as session:
            held = await actors_of(session, yihuang.id, slug)
            asking = held[vote.convener_id]["community_secretary"]
            row = await vote_evidence.export(session, asking, vote=vote.id, purpose="档案复核")
        async with database.session(yihuang.id) as session:
            by = Actor(yihuang.id, slug)
            assert await evidence_jobs.look(session, by, at=clock.now(), most=1) == 1
            done = await vote_evidence.find(session, by, row.id)
            assert done.sha256 is not None
            _, chunks = await session.info["store"]().read(yihuang.id, done.id, done.sha256)
            archive = tmp_path / "vote.zip"
            archive.write_bytes(b"".join([chunk async for chunk in chunks]))
        published = ("--roll", vote.roll_sha256, "--ballots", vote.ballots_sha256)
        said = [str(archive), *map(str, published), "--text", str(vote.text_sha256)]
        assert verify_vote.main(said) == 0
        assert verify_vote.main([str(archive), "--ballots", "0" * 64]) == 1

    async def test_the_firm_was_chosen_by_vote_bills_and_recovers(self, yihuang: Shown) -> None:
        """S9: 120,000 yuan and more in the one estate, 500,000 and more in the county."""
        named = {one.estate: await yihuang.unit(one.estate) for one in yihuang.told.showcases}
        home = named[yihuang.told.showcases[0].estate]
        [contract, *next_] = sorted(
            (row for row in await yihuang.rows(Contract) if row.estate_id == home.id),
            key=lambda row: row.since,
        )
        assert [row.since for row in next_] == [row.until for row in (contract, *next_)][:-1]
        assert next_[-1].until > clock.today() + timedelta(days=365)
        questions = {row.id: row for row in await yihuang.rows(VoteQuestion)}
        assert contract.question_id is not None
        assert questions[contract.question_id].verdict == "passed"
        assert contract.filed_at is not None
        runs = await yihuang.rows(BillingRun)
        assert {row.state for row in runs} == {"done"}
        days = (literal(date(2022, 1, 1)), literal(clock.today()))
        recovered = {
            estate: fen
            for estate, _, fen in await yihuang.count(
                lambda tenant, within: recovery.by_estate(tenant, within, days, lambda _: true())
            )
        }
        assert set(recovered) == {unit.id for unit in named.values()}
        assert 120_000_00 <= recovered[home.id] < 125_000_00
        assert 500_000_00 <= sum(recovered.values()) < 510_000_00


class TestLinshui:
    async def test_it_is_smaller_and_has_fewer_levels(self, linshui: Shown) -> None:
        kinds = await linshui.kinds()
        assert (kinds["community"], kinds["grid"]) == (2, 4)
        assert kinds["working_committee"] == kinds["stairwell"] == 0

    async def test_it_calls_things_by_other_names(self, yihuang: Shown, linshui: Shown) -> None:
        labels = [(await _rules(county)).labels for county in (yihuang, linshui)]
        assert [label[UnitKind.grid].zh for label in labels] == ["网格", "片区"]

    async def test_it_lists_what_is_missing(self, linshui: Shown) -> None:
        missing = Counter(what for _, what in await linshui.count(coverage.gaps))
        assert missing == {"committee": 2, "firm": 1, "party_organisation": 1, "instructor": 1}


class TestAccounts:
    async def test_each_role_has_a_token_of_who_holds_it(
        self, counties: dict[str, Shown], database: Database, settings: Settings
    ) -> None:
        shown = demo.accounts()
        assert len({(one.tenant, one.role) for one in shown}) == len(shown)
        assert {one.role for one in shown if one.tenant != "linshui"} == set(policies.roles()) - {
            policies.PUBLIC
        }
        for one in shown:
            assert await auth.issue_for(database, settings, one.tenant, one.role)

    async def test_its_account_is_that_of_the_holder_by_name(
        self, counties: dict[str, Shown]
    ) -> None:
        for slug, county in counties.items():
            people = {person.id: person.name for person in await county.rows(Person)}
            opened = {row.name: people[row.person_id] for row in await county.rows(Account)}
            assert opened == {
                one.account: one.name
                for one in demo.accounts()
                if one.account and one.tenant == slug
            }
            clients = [client.name for client in await county.rows(Client)]
            assert clients == [county.told.client]

    async def test_the_shared_password_fits(self, linshui: Shown) -> None:
        rows = await linshui.rows(Account)
        assert await passwords.verify(rows[0].password_hash, demo.PASSWORD)
        assert all(row.confirmed_at and not row.must_change for row in rows)


class TestPeople:
    async def test_nobody_named_in_the_account_is_among_them(
        self, counties: dict[str, Shown]
    ) -> None:
        for county in counties.values():
            people = await county.rows(Person)
            names = Counter(person.name for person in people)
            assert not NAMED_IN_THE_ACCOUNT & set(names)
            assert set(names.values()) == {1}

    async def test_phone_numbers_are_masked_and_fictitious(self, yihuang: Shown) -> None:
        masked = {person.phone_masked for person in await yihuang.rows(Person)} - {None}
        assert len(masked) > 200
        assert all(number and number.startswith("199****") for number in masked)


class TestLoad:
    async def test_a_second_load_changes_nothing(
        self, counties: dict[str, Shown], database: Database
    ) -> None:
        before = [len(await county.rows(Event)) for county in counties.values()]
        await demo.load(database)
        assert [len(await county.rows(Event)) for county in counties.values()] == before

    @pytest.mark.parametrize("cut", ["FRAME", "GRIDS"])
    async def test_one_cut_short_is_taken_up_where_it_ended(
        self,
        counties: dict[str, Shown],
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        cut: str,
    ) -> None:
        told = counties["linshui"].told.model_copy(update={"slug": f"cut-{cut.lower()}"})
        monkeypatch.setattr(demo, "descriptions", lambda: (told,))
        whole: demo.Part = getattr(demo, cut)

        async def killed(desk: Desk) -> None:
            await whole.build(desk)
            await desk.session.flush()
            raise ConnectionAbortedError

        with monkeypatch.context() as patched:
            patched.setattr(demo, cut, demo.Part(whole.mark, killed))
            with pytest.raises(ExceptionGroup):
                await demo.load(database)
        await demo.load(database)
        known = await database.tenant(told.slug)
        assert known is not None
        again = Shown(database, known[0], told)
        for model in (Unit, Person, Appointment, Linkage, Station, Account, Client):
            assert len(await again.rows(model)) == len(await counties["linshui"].rows(model))


async def _rules(county: Shown) -> UnitRules:
    async with county.database.session(county.id, read_only=True) as session:
        return await packs.read(session, Actor(county.id, county.told.slug), "units", UnitRules)

"""Work under way keeps the pack that it began under: a county whose pack changes in every section,
at whichever step, carries its matter and its meeting through as one whose pack stays.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra.database import Database
from policies import Actor
from services import clock
from services.clock import CHINA
from services.councils import SeatKind
from services.kept import Kept
from services.matters.tables import HandlingClass, Recommendation
from services.meetings.convening import QuorumMissing
from services.packs import SECTIONS
from tests.county import County, adopt
from tests.round_table import RoundTable
from tests.services.unchanged import unchanged
from tests.way import Way

BEGUN = datetime(2026, 3, 2, 9, tzinfo=CHINA)
# Every section otherwise, and none of it so that the journey could go on by it unnoticed.
OTHERWISE: dict[str, Any] = {
    "units": {"labels": {"grid": {"zh": "片区", "en": "Block"}}, "levels": {"estate": ["grid"]}},
    "councils": {
        "quorum": 6, "signers": ["branch", "committee", "firm", "partner"], "signing_days": 60,
        "name": {"zh": "议事厅", "en": "Hall"}, "labels": {"firm": {"zh": "管家", "en": "Steward"}},
    },
    # A working day a week.
    "calendar": {
        "days_off": [str(date(2026, 3, 2) + timedelta(days=n)) for n in range(120) if n % 7 != 2],
    },
    "matters": {
        "days": dict.fromkeys(("raised", "inquiring", "preliminary", "tabled", "handling",
                               "published", "returned"), 200),
        "heads": [{"role": "grid_worker", "at": "grid"}],
        "evidence": ["inquire", "verify", "complete"],
        "categories": {"pond": {"zh": "池塘", "en": "Pond"}},
        "ladder": [], "objection_days": 60,
    },
    "appointments": {
        "seats": {"grid_worker": 9}, "labels": {"grid_worker": {"zh": "专员", "en": "X"}},
    },
    "roles": {"takes": [{"role": "community_secretary", "permission": "units.rename"}]},
    "trusted_documents": {"demanded_of": ["clients"]},
    "retention": {"personal_years": 30},
    "votes": {
        "notice_days": 90, "electronic": False, "objection_days": 60,
        "sources": dict.fromkeys(("notice_days", "electronic", "objection_days"), "县里另有规定"),
    },
    "fees": {"reminder_days": 90, "sources": {"reminder_days": "县里另有规定"}},
    "committees": {
        "seats_most": 5, "filing_days": 365, "warn_days": [7],
        "sources": dict.fromkeys(("seats_most", "filing_days", "warn_days"), "县里另有规定"),
    },
}  # fmt: skip
STEPS = ("raised", "accepted", "inquired", "tabled", "opened", "resolved", "adjourned", "completed")


@dataclass
class Journey:
    """From the raising to the closing, an hour between the steps: where it stood, and when due."""

    table: RoundTable
    change: Callable[[str], Awaitable[None]]
    seen: list[tuple[str, str, datetime | None]] = field(default_factory=list)
    matter: UUID | None = None
    hour: int = 0

    async def step(self, name: str, act: Awaitable[Any]) -> Any:
        """One act at its hour, and what changes right after it."""
        self.hour += 1
        with clock.at(BEGUN + timedelta(hours=self.hour)):
            done = await act
            self.matter = self.matter or done.id
            row = await self.table.way.seen(self.matter)
            self.seen.append((name, row.state, row.due_at))
            await self.change(name)
        return done

    async def act(self, verb: str, by: Actor, name: str, **given: Any) -> Any:
        """One act on the matter."""
        assert self.matter is not None
        return await self.step(name, self.table.way.do(verb, by, self.matter, **given))

    async def whole(self) -> None:
        """The whole way; the meeting is convened before anything is raised."""
        with clock.at(BEGUN):
            meeting = await self.table.convened(hours=30)
        await self.to_the_table()
        self.hour = 30
        await self.at_the_table(meeting.id)
        await self.to_its_end()

    async def to_the_table(self) -> None:
        """Raised, passed on, accepted, asked about, and tabled by the heads."""
        way = self.table.way
        await self.step("raised", way.raised())
        await self.act("pass_on", way.stairwell_head, "passed")
        await self.act("pass_on", way.building_head, "passed")
        await self.act("accept", way.secretary, "accepted")
        asked = {"contacted_at": BEGUN + timedelta(hours=self.hour), "said": "已上门了解。"}
        await self.act("inquire", way.member, "inquired", **asked)
        for head in (way.stairwell_head, way.building_head, way.secretary):
            given = {"recommends": Recommendation.table, "said": "同意。"}
            await self.act("opine", head, "opined", **given)
        await self.act("table", way.secretary, "tabled")

    async def at_the_table(self, meeting: UUID) -> None:
        """Opened with five of six, resolved, adjourned, and signed by three."""
        table = self.table
        present = table.present(SeatKind.partner)
        await self.step("opened", table.do("open", meeting=meeting, present=present))
        [item] = await table.items(meeting)
        given: dict[str, Any] = {
            "text": "由物业更换线路。", "handling_class": HandlingClass.firm,
            "owner": table.way.tree.firm.id, "due_on": BEGUN.date() + timedelta(days=10),
        }  # fmt: skip
        await self.step("resolved", table.do("resolve", item=item.id, **given))
        await self.step("adjourned", table.do("adjourn", meeting=meeting))
        for kind in (SeatKind.branch, SeatKind.committee, SeatKind.firm):
            row = await self.step("signed", table.sign(meeting, kind))
        assert row.state == "signed"

    async def to_its_end(self) -> None:
        """Completed with a photo, and verified without one."""
        way = self.table.way
        with clock.at(BEGUN + timedelta(hours=self.hour)):
            photo = await way.photo(way.firm)
        await self.act("complete", way.firm, "completed", result="已更换。", files=[photo])
        await self.act("verify", way.worker, "verified", said="现场看过。")


@pytest.mark.parametrize("at", STEPS)
async def test_a_change_of_every_section_changes_nothing_of_what_is_under_way(
    database: Database, at: str
) -> None:
    assert set(OTHERWISE) == set(SECTIONS), "a new section: say here what it would change"

    async def carried(change_at: str | None) -> tuple[RoundTable, list[Any]]:
        with clock.at(BEGUN - timedelta(days=1)):
            county = await County.new(database)
            table = await RoundTable.of(await Way.of(county))

        async def change(step: str) -> None:
            if step == change_at:
                async with county.session() as session:
                    await adopt(session, county, OTHERWISE)
                # As another process goes on, that has read none of the editions yet.
                database._info["packs"] = Kept()

        journey = Journey(table, change)
        await journey.whole()
        return table, journey.seen

    _, undisturbed = await carried(None)
    changed, seen = await carried(at)
    assert seen == undisturbed
    await _what_begins_now_is_by_the_new_rules(changed)


async def _what_begins_now_is_by_the_new_rules(table: RoundTable) -> None:
    way = table.way
    with clock.at(BEGUN + timedelta(days=3)):
        row = await way.raised(category="pond")
        assert row.due_at is not None
        assert row.due_at > BEGUN + timedelta(days=300)
        meeting = await table.convened()
        async with unchanged(way.county, QuorumMissing):
            await table.do("open", meeting=meeting.id, present=table.present(SeatKind.partner))

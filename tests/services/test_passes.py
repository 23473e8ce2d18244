"""Passes: good for one county, one file, one purpose, until a moment; PostgreSQL signs too."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from infra.database import Database
from services import clock
from services.passes import PATHS, Passes, Purpose
from services.sealing import Master

COUNTY, ELSEWHERE, FILE = uuid4(), uuid4(), uuid4()
NOON = datetime(2025, 6, 1, 12, 0, 30, tzinfo=UTC)
PASSES = Passes(Master(bytes(range(32))), "https://sanfang.example.com")
SIGNED = (
    "select convert_from(p[3], 'UTF8') || f || convert_from(p[4], 'UTF8') || encode("
    "sha256(p[2] || sha256(p[1] || convert_to(f, 'UTF8'))), 'hex')"
    " from (select $1::bytea[] as p, $2::text as f) as given"
)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOON)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def upload(tenant: UUID = COUNTY) -> str:
    return PASSES.upload(tenant, "here", FILE)[0].rpartition("/")[2]


class TestUpload:
    def test_it_lets_in_its_file_for_a_quarter_of_an_hour(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address, until = PASSES.upload(COUNTY, "here", FILE)
        assert address == f"https://sanfang.example.com/files/here/{upload()}"
        assert until == NOON + timedelta(minutes=15)
        assert PASSES.prove(COUNTY, Purpose.upload, upload()) == FILE
        token = upload()
        at(monkeypatch, until - timedelta(seconds=1))
        assert PASSES.prove(COUNTY, Purpose.upload, token) == FILE
        at(monkeypatch, until)
        assert PASSES.prove(COUNTY, Purpose.upload, token) is None

    def test_it_is_of_no_other_county_purpose_or_installation(self) -> None:
        assert PASSES.prove(ELSEWHERE, Purpose.upload, upload()) is None
        assert PASSES.prove(COUNTY, Purpose.read, upload()) is None
        other = Passes(Master(bytes(32)), PASSES.url)
        assert other.prove(COUNTY, Purpose.upload, upload()) is None

    def test_nothing_of_it_can_be_altered(self) -> None:
        file, until, signature = upload().split(".")
        for token in (
            f"{uuid4()}.{until}.{signature}", f"{file}.{int(until) + 60}.{signature}",
            f"{file}.{until}.{'0' * 64}", f"{file}.{until}.", f"{file}.0{until}.{signature}",
            f"{file.upper()}.{until}.{signature}", f"{file}.{until}.{signature}\n", "", "..",
            f"{file}.{until}.{signature}.{signature}", "９" * 36 + f".{until}.{signature}",
        ):  # fmt: skip
            if token != upload():
                assert PASSES.prove(COUNTY, Purpose.upload, token) is None, token


class TestReading:
    async def test_postgresql_signs_as_we_do(self, database: Database) -> None:
        signing = PASSES.reading(COUNTY, "here")
        made = await database.reader.fetchval(SIGNED, signing.parts(), str(FILE))
        address, _, token = made.rpartition("/")
        assert address == "https://sanfang.example.com/files/here"
        assert PASSES.prove(COUNTY, Purpose.read, token) == FILE
        assert PASSES.prove(COUNTY, Purpose.upload, token) is None
        assert PASSES.prove(ELSEWHERE, Purpose.read, token) is None

    async def test_a_pass_of_minutes_opens_no_file_and_the_other_way_round(
        self, database: Database
    ) -> None:
        for purpose, other in (
            (Purpose.minutes, Purpose.read), (Purpose.read, Purpose.minutes),
        ):  # fmt: skip
            signing = PASSES.reading(COUNTY, "here", purpose)
            made = await database.reader.fetchval(SIGNED, signing.parts(), str(FILE))
            address, _, token = made.rpartition("/")
            assert address == f"https://sanfang.example.com/{PATHS[purpose]}/here"
            assert PASSES.prove(COUNTY, purpose, token) == FILE
            assert PASSES.prove(COUNTY, other, token) is None

    def test_it_ends_with_a_minute_between_four_and_five_from_now(self) -> None:
        until = datetime.fromtimestamp(PASSES.reading(COUNTY, "here").until, UTC)
        assert until == datetime(2025, 6, 1, 12, 5, tzinfo=UTC)

"""Evidence of a vote: one archive, from which a program that knows nothing else counts again."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import evidence_jobs, verify_vote
from infra.database import Database
from policies import Actor, Denied
from services import clock, rows, vote_evidence
from services.ballots import papers, proxies
from services.ballots.tables import Ballot
from services.events import canonical
from services.people import Person
from services.vote_evidence import EvidenceWaiting, NotCounted, VoteEvidence
from services.votes import deliveries, holding, objecting
from services.votes.deliveries import DeliveryMethod
from services.votes.rules import Secrecy
from services.votes.tables import VoteItem
from tests.county import County, adopt
from tests.infra.service import Service, token
from tests.polls import CLOSES, OVER, Poll
from tests.services.unchanged import unchanged

DAY = timedelta(days=1)
PURPOSE = "法院调取"
ASK = """mutation ($vote: ID!, $purpose: String!) {
  exportVoteEvidence(vote: $vote, purpose: $purpose) { id state url } }"""
SEEN = "query ($id: ID!) { node(id: $id) { ... on VoteEvidence { state sha256 size url } } }"


@pytest.fixture
async def poll(county: County) -> Poll:
    """A vote with all that can be in one, counted and objected to."""
    async with county.session() as session:
        source = {"silence": "县〔2026〕1 号", "most_by_proxy": "县〔2026〕1 号"}
        rules = {"silence": "joins_the_majority", "most_by_proxy": 2, "sources": source}
        await adopt(session, county, {"votes": rules})
    poll = await Poll.of(county, 7)
    mine = poll.owners[0].person_id
    assert mine is not None
    await poll.unit("2-1", mine)
    return poll


async def held(poll: Poll, secrecy: Secrecy = Secrecy.open) -> Poll:
    """By sign-in, on paper, by proxy and by silence; one ballot rejected, one objection."""
    await poll.opened(
        VoteItem.firm, VoteItem.common_use, secrecy=secrecy, clause="议事规则第十二条"
    )
    proof = await poll.file(poll.worker)
    await poll.do(
        deliveries.deliver, poll.worker, property_units=poll.units,
        method=DeliveryMethod.in_person, file=proof,
    )  # fmt: skip
    first, second = poll.questions
    await poll.cast(0, "", consent=[first], against=[second])
    await poll.cast(1)
    await poll.cast(2, "against")
    paper = await poll.enter(await poll.holder(poll.owners[3]))
    await poll.confirm(paper)
    wrong = await poll.enter(await poll.holder(poll.owners[4]))
    await poll.do(papers.reject, poll.community, ballot=wrong.id, reason="没有签名")
    await poll.do(
        proxies.appoint, poll.owners[5], holder=await poll.holder(poll.owners[5]),
        person=poll.owners[1].person_id,
    )  # fmt: skip
    letter = await poll.file(poll.worker)
    by_letter = await poll.do(
        proxies.appoint, poll.worker, holder=await poll.holder(poll.owners[6]), file=letter,
        person=poll.owners[1].person_id,
    )  # fmt: skip
    await poll.do(proxies.confirm_proxy, poll.community, proxy=by_letter.id)
    await poll.cast(1, "abstain", holders=[await poll.holder(poll.owners[5])])
    await poll.closed()
    await poll.counted()
    await poll.do(objecting.object_, poll.owners[2], at=OVER, text="请再核对。")
    return poll


async def asked(poll: Poll, by: Actor | None = None) -> VoteEvidence:
    row: VoteEvidence = await poll.do(
        vote_evidence.export, by or poll.community, at=OVER, purpose=PURPOSE
    )
    return row


async def work(county: County) -> int:
    """The clock's next turn."""
    async with county.session() as session:
        by = Actor(county.id, county.slug)
        return await evidence_jobs.look(session, by, at=clock.now(), most=1)


async def archive(poll: Poll) -> bytes:
    """The bytes of an archive, as they are kept."""
    row = await asked(poll)
    assert await work(poll.county) == 1
    async with poll.county.session() as session:
        done = await vote_evidence.find(session, poll.community, row.id)
        assert done.sha256 is not None
        _, chunks = await session.info["store"]().read(poll.county.id, done.id, done.sha256)
        data = b"".join([chunk async for chunk in chunks])
    assert hashlib.sha256(data).hexdigest() == done.sha256
    return data


def verified(folder: Path, data: bytes, *more: str) -> subprocess.CompletedProcess[str]:
    """What the program that is in the archive says of it, run by a bare Python."""
    path, program = folder / "vote.zip", folder / "verify_vote.py"
    path.write_bytes(data)
    with zipfile.ZipFile(path) as packed:
        program.write_bytes(packed.read("verify_vote.py"))
    command = [sys.executable, "-I", "-S", str(program), str(path), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def changed(data: bytes, name: str, change: Callable[[Any], None], *, listed: bool = True) -> bytes:
    """The archive with one document changed, and the manifest made to fit it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        for one in old.namelist():
            content = old.read(one)
            if one == name:
                document = json.loads(content)
                change(document)
                content = json.dumps(document).encode()
                if listed:
                    manifest["files"][name]["sha256"] = hashlib.sha256(content).hexdigest()
            if one != "manifest.json":
                new.writestr(one, content)
        new.writestr("manifest.json", json.dumps(manifest))
    return made.getvalue()


@pytest.fixture(scope="module")
async def kept(database: Database) -> bytes:
    """An archive that several look at."""
    county = await County.new(database)
    async with county.session() as session:
        source = {"silence": "县〔2026〕1 号"}
        rules = {"silence": "joins_the_majority", "sources": source}
        await adopt(session, county, {"votes": rules})
    return await archive(await held(await Poll.of(county, 7)))


class TestTheArchive:
    async def test_the_program_in_it_finds_the_same_result(
        self, poll: Poll, tmp_path: Path
    ) -> None:
        await held(poll)
        data = await archive(poll)
        said = verified(tmp_path, data)
        assert said.returncode == 0, said.stdout + said.stderr
        assert "核验无误" in said.stdout
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            told = b"".join(packed.read(name) for name in names if name.endswith(".json"))
            ballots = json.loads(packed.read("ballots.json"))
        assert sum(name.startswith("scans/") for name in names) == 2
        assert sum(name.startswith("proofs/") for name in names) == 1
        assert len(ballots) == 6
        async with poll.county.session(read_only=True) as session:
            for owner in poll.owners:
                person = await session.get(Person, (poll.county.id, owner.person_id))
                assert person is not None
                assert person.name.encode() not in told
                assert str(person.id).encode() not in told

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("ballots.json", lambda all_: all_[0]["said"].update(answers={
                question: "abstain" if answer == "against" else "against"
                for question, answer in all_[0]["said"]["answers"].items()})),
            ("ballots.json", lambda all_: all_.pop()),
            ("ballots.json", lambda all_: all_.append(all_[0])),
            ("ballots.json", lambda all_: all_[0].update(entry=all_[1]["entry"])),
            ("roll.json", lambda lines: lines[0].__setitem__(2, "1.00")),
            ("count.json", lambda lines: lines[0].__setitem__(1, "1.00")),
            ("count.json", lambda lines: lines[0].__setitem__(3, None)),
            ("notice.json", lambda notice: notice["wording"].update(text="别的")),
            ("notice.json", lambda notice: notice["wording"]["rules"].update(silence="takes_part")),
            ("notice.json", lambda notice: notice.update(closed_at=notice["noticed_at"])),
            ("proxies.json", lambda all_: [one.update(state="revoked") for one in all_]),
            ("deliveries.json", lambda all_: all_[0].update(proof="proofs/none.pdf")),
            ("tally.json", lambda tally: tally.update(roll=["1.00", 1])),
            ("tally.json", lambda tally: tally["questions"][0].update(verdict="not_passed")),
            ("tally.json", lambda tally: tally["questions"][1]["consent"].__setitem__(1, 9)),
        ],
    )  # fmt: skip
    async def test_whatever_is_changed_in_it_shows(
        self, kept: bytes, tmp_path: Path, name: str, change: Callable[[Any], None]
    ) -> None:
        said = verified(tmp_path, changed(kept, name, change))
        assert said.returncode == 1, said.stdout
        assert "核验无误" not in said.stdout

    async def test_by_other_rules_it_is_another_notice(self, kept: bytes, tmp_path: Path) -> None:
        def told(notice: Any) -> None:
            notice["wording"]["rules"]["most_by_proxy"] = 9
            notice["text_sha256"] = hashlib.sha256(canonical(notice["wording"])).hexdigest()

        with zipfile.ZipFile(io.BytesIO(kept)) as packed:
            published = json.loads(packed.read("notice.json"))["text_sha256"]
        said = verified(tmp_path, changed(kept, "notice.json", told), "--text", published)
        assert "text" in said.stdout
        assert said.returncode == 1

    async def test_what_the_law_makes_special_is_so_whatever_the_notice_says(
        self, kept: bytes, tmp_path: Path
    ) -> None:
        def told(notice: Any) -> None:
            notice["wording"]["questions"][0].update(item="rebuilding")
            notice["text_sha256"] = hashlib.sha256(canonical(notice["wording"])).hexdigest()

        said = verified(tmp_path, changed(kept, "notice.json", told))
        assert "counted otherwise" in said.stdout

    async def test_a_vote_that_was_extended_is_verified_as_it_was_noticed(
        self, poll: Poll, tmp_path: Path
    ) -> None:
        await poll.opened()
        await poll.do(holding.extend, poll.chair, closes_at=CLOSES + DAY, reason="参与不足")
        for owner in range(7):
            await poll.cast(owner, at=CLOSES + DAY / 2)
        await poll.look(CLOSES + DAY)
        await poll.counted(at=CLOSES + DAY)
        published = (await poll.seen()).text_sha256
        said = verified(tmp_path, await archive(poll), "--text", str(published))
        assert said.returncode == 0, said.stdout + said.stderr

    async def test_what_is_annulled_after_the_count_is_shown_as_it_was_counted(
        self, poll: Poll, tmp_path: Path
    ) -> None:
        await held(poll)
        async with poll.county.session(read_only=True) as session:
            [paper] = await rows.every(
                session, Ballot, poll.chair, "id", way="paper", state="effective"
            )
        at = OVER + DAY
        await poll.do(papers.annul, poll.bureau, at=at, ballot=paper.id, reason="冒签")
        data = await archive(poll)
        said = verified(tmp_path, data)
        assert said.returncode == 0, said.stdout + said.stderr
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            others = json.loads(packed.read("not_counted.json"))
        assert [one["reason"] for one in others if one["was_counted"]] == ["冒签"]
        await poll.counted(at=at)
        assert verified(tmp_path, await archive(poll)).returncode == 0

    @pytest.mark.parametrize("data", [None, b"", b"no archive", b"PK\5\6" + bytes(18)])
    def test_what_is_no_archive_is_said_in_a_sentence(
        self, tmp_path: Path, data: bytes | None
    ) -> None:
        path = tmp_path / "vote.zip"
        if data is not None:
            path.write_bytes(data)
        command = [sys.executable, "-I", "-S", verify_vote.__file__, str(path)]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        assert said.returncode == 2
        assert "读不了" in said.stderr
        assert "Traceback" not in said.stderr

    async def test_a_scan_that_was_changed_shows(self, kept: bytes, tmp_path: Path) -> None:
        with zipfile.ZipFile(io.BytesIO(kept)) as packed:
            scan = next(name for name in packed.namelist() if name.startswith("scans/"))
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(kept)) as old, zipfile.ZipFile(made, "w") as new:
            for one in old.namelist():
                new.writestr(one, b"another" if one == scan else old.read(one))
        assert verified(tmp_path, made.getvalue()).returncode == 1

    async def test_all_of_it_made_anew_shows_by_what_was_published(
        self, kept: bytes, tmp_path: Path
    ) -> None:
        assert verified(tmp_path, kept, "--ballots", "0" * 64).returncode == 1
        assert verified(tmp_path, kept, "--roll", "0" * 64).returncode == 1

    async def test_of_a_secret_vote_no_ballot_leads_to_a_unit(
        self, poll: Poll, tmp_path: Path
    ) -> None:
        await held(poll, Secrecy.secret)
        data = await archive(poll)
        assert verified(tmp_path, data).returncode == 0
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            ballots = json.loads(packed.read("ballots.json"))
            lines = json.loads(packed.read("roll.json"))
            count = json.loads(packed.read("count.json"))
            given = json.loads(packed.read("proxies.json"))
        known = {str(value) for line in lines for value in line[:2]}
        assert not known & {str(one["entry"]) for one in ballots}
        assert {one["said"]["entry"] for one in ballots} == {None}
        assert {one["scan"] for one in ballots} == {None}
        assert {(one["by"], one["confirmed_at"]) for one in given} == {(None, None)}
        assert given == sorted(given, key=lambda one: one["voter"])
        changed_ = changed(data, "count.json", lambda lines: lines[0].__setitem__(1, "1.00"))
        assert verified(tmp_path, changed_).returncode == 1
        assert len(count) == len(lines)


class TestAsking:
    async def test_once_it_is_counted_and_by_whom_it_is_for(self, poll: Poll) -> None:
        await poll.opened()
        async with unchanged(poll.county, NotCounted):
            await asked(poll)
        await poll.closed()
        await poll.counted()
        for by in (poll.chair, poll.worker, poll.owners[0], poll.county.administrator):
            async with unchanged(poll.county, Denied):
                await asked(poll, by)
        for _ in range(vote_evidence.MOST_WAITING):
            await asked(poll)
        async with unchanged(poll.county, EvidenceWaiting):
            await asked(poll, poll.bureau)

    async def test_who_asked_opens_it_and_nobody_else(
        self, poll: Poll, served: Service, tmp_path: Path
    ) -> None:
        await held(poll)
        bearer = await token(poll.county, poll.bureau)
        made = (
            await served.ask(ASK, {"vote": f"Vote:{poll.vote}", "purpose": PURPOSE}, token=bearer)
        )["exportVoteEvidence"]
        assert (made["state"], made["url"]) == ("QUEUED", None)
        assert await work(poll.county) == 1
        assert await work(poll.county) == 0
        seen = (await served.ask(SEEN, {"id": made["id"]}, token=bearer))["node"]
        other = await token(poll.county, poll.county.founders["auditor"])
        theirs = (await served.ask(SEEN, {"id": made["id"]}, token=other))["node"]
        assert (theirs["state"], theirs["url"]) == ("DONE", None)
        got = await served.http.get(seen["url"])
        assert (got.status_code, got.headers["content-type"]) == (200, "application/zip")
        assert hashlib.sha256(got.content).hexdigest() == seen["sha256"]
        assert await poll.county.events("vote.evidence_fetched") == 1
        assert verified(tmp_path, got.content).returncode == 0

"""Addresses of files: each opens one file for one purpose until it ends; nothing else does."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from policies import Actor
from services import clients, clock, tenants
from services.passes import Purpose
from tests.county import County
from tests.infra import samples
from tests.infra.sender import SHOW, Sender, code, key, path, sending
from tests.infra.service import Service, token
from tests.services.unchanged import contents

LIST = "{ files { nodes { id url } } }"


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
async def sender(served: Service, county: County) -> Sender:
    return await sending(served, county)


class TestAddresses:
    """An address opens one file for one purpose until it ends; nothing else opens anything."""

    async def refuses(self, sender: Sender, method: str, address: str) -> str:
        before = await contents(sender.county)
        answer = await sender.served.http.request(method, address, content=samples.jpeg())
        assert (answer.status_code, code(answer)) == (404, "ADDRESS_REFUSED")
        assert await contents(sender.county) == before
        return answer.text

    async def test_whatever_is_wrong_the_answer_is_the_same(
        self, sender: Sender, other: County
    ) -> None:
        file, upload = await sender.prepare()
        stored = await sender.send(samples.jpeg())
        reading = path((await sender.show(stored))["url"])
        slug, _, pass_ = path(upload).removeprefix("/files/").partition("/")
        passes, unknown = sender.county.database.passes, uuid4()
        nowhere = passes.upload(sender.county.id, slug, unknown)[0]
        foreign = passes.upload(other.id, slug, key(file))[0]
        signing = passes.reading(sender.county.id, slug)
        inner = hashlib.sha256(signing.inner + str(key(file)).encode()).digest()
        signature = hashlib.sha256(signing.outer + inner).hexdigest()
        empty = f"{signing.before}{key(file)}{signing.after}{signature}"
        wrong = {
            ("GET", path(empty)),
            ("PUT", reading), ("GET", path(upload)),
            ("PUT", f"/files/{other.slug}/{pass_}"), ("PUT", f"/files/none/{pass_}"),
            ("PUT", path(nowhere)), ("PUT", path(foreign)),
            ("PUT", f"{path(upload)[:-1]}{'0' if upload[-1] != '0' else '1'}"),
            ("PUT", f"/files/{slug}/{key(stored)}.{pass_.partition('.')[2]}"),
            ("GET", f"/files/{slug}/x"),
            ("GET", f"/files/{slug}/%00"), ("GET", f"/files/%00/{pass_}"),
        }  # fmt: skip
        assert len({await self.refuses(sender, *one) for one in wrong}) == 1

    @pytest.mark.parametrize(
        "address", ["/files/../master.key", "/files/x/y/z", "/files//etc", "/files/x/..%2f..%2fy"]
    )
    async def test_no_path_leads_elsewhere(self, sender: Sender, address: str) -> None:
        assert (await sender.served.http.get(address)).status_code == 404

    async def test_both_end(self, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        _, upload = await sender.prepare()
        shown = await sender.show(await sender.send(samples.jpeg()))
        reading = path(shown["url"])
        ends = moment(int(reading.split(".")[1]))
        assert shown["urlUntil"] == f"{ends:%Y-%m-%dT%H:%M:%S.%f}Z"
        assert (await sender.served.http.get(reading)).status_code == 200
        now, passes = clock.now(), sender.county.database.passes
        for purpose, address in ((Purpose.upload, path(upload)), (Purpose.read, reading)):
            pass_ = address.rpartition("/")[2]
            until = int(pass_.split(".")[1])
            assert until - now.timestamp() <= (900 if purpose is Purpose.upload else 300)
            with monkeypatch.context() as later:
                later.setattr(clock, "now", lambda until=until: moment(until))
                assert passes.prove(sender.county.id, purpose, pass_) is None
                method = "PUT" if purpose is Purpose.upload else "GET"
                answer = await sender.served.http.request(method, address)
                assert code(answer) == "ADDRESS_REFUSED"

    async def test_a_suspended_countys_open_nothing(self, sender: Sender, platform: County) -> None:
        _, upload = await sender.prepare()
        reading = path((await sender.show(await sender.send(samples.jpeg())))["url"])
        async with platform.session() as session:
            operator = platform.founders["platform_operator"]
            await tenants.suspend(session, operator, tenant=sender.county.id, reason="试验")
        await self.refuses(sender, "PUT", path(upload))
        await self.refuses(sender, "GET", reading)


class TestReaders:
    """Whoever may read the file gets its address, and nobody else."""

    async def test_the_sender_and_those_in_charge_of_the_place_get_one(
        self, sender: Sender
    ) -> None:
        file, county, tree = await sender.send(samples.jpeg()), sender.county, sender.tree
        readers = {
            "secretary": await county.actor("community_secretary", tree.communities[0]),
            "elsewhere": await county.actor("community_secretary", tree.communities[1]),
            "neighbour": await county.actor("resident", tree.estate),
            "auditor": county.founders["auditor"],
            "security": county.security,
        }
        got = {}
        for name, reader in readers.items():
            answer = await sender.served.send(SHOW, {"id": file}, token=await token(county, reader))
            node = (answer.json().get("data") or {}).get("node")
            got[name] = bool(node and node["url"])
        assert got == {
            "secretary": True, "elsewhere": False, "neighbour": False, "auditor": True,
            "security": False,
        }  # fmt: skip

    async def test_nobody_of_another_county_gets_one_by_any_query(
        self, sender: Sender, other: County
    ) -> None:
        file = await sender.send(samples.jpeg())
        theirs = await token(other, other.founders["auditor"])
        assert await sender.show(file, as_=theirs) is None
        listed = await sender.served.ask(LIST, token=theirs)
        assert listed["files"]["nodes"] == []
        events = "{ events { nodes { object { ... on File { url } } } } }"
        found = await sender.served.ask(events, token=theirs)
        assert all(not (one["object"] or {}).get("url") for one in found["events"]["nodes"])
        public = await sender.served.send(SHOW, {"id": file}, county=sender.county)
        assert public.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    async def test_through_a_client_a_person_gets_what_both_may(self, sender: Sender) -> None:
        file, county = await sender.send(samples.jpeg()), sender.county
        for grants, is_shown in ((["files.read"], True), (["units.read"], False)):
            async with county.session() as session:
                made = await clients.register(
                    session, county.administrator, name="小程序", origins=[],
                    grants=[*grants, "people.read"],
                )  # fmt: skip
            through = Actor(county.id, county.slug, sender.by.person_id, client_id=made.id)
            ask = "query ($id: ID!) { node(id: $id) { ... on File { url } } }"
            answer = await sender.served.send(ask, {"id": file}, token=await token(county, through))
            assert bool((answer.json().get("data") or {}).get("node")) == is_shown

    async def test_a_client_by_itself_sees_none(self, sender: Sender) -> None:
        await sender.send(samples.jpeg())
        county = sender.county
        async with county.session() as session:
            made = await clients.register(
                session, county.administrator, name="大屏", origins=[], grants=["files.read"]
            )
        client = Actor(county.id, county.slug, client_id=made.id)
        listed = await sender.served.ask(LIST, token=await token(county, client))
        assert listed["files"]["nodes"] == []

    async def test_a_repeat_by_its_command_id_shows_no_address(self, sender: Sender) -> None:
        ask = (
            'mutation ($unit: ID!) { prepareFile(unit: $unit, name: "a", commandId: "1") {'
            " uploadUrl uploadUntil file { id } } }"
        )
        given: Mapping[str, str] = {"unit": f"Unit:{sender.tree.estate.id}"}
        first, again = [
            (await sender.served.ask(ask, given, token=sender.token))["prepareFile"]
            for _ in range(2)
        ]
        assert first["uploadUrl"]
        assert again == {"uploadUrl": None, "uploadUntil": None, "file": first["file"]}


class TestPages:
    """Browsers' pages: of registered origins, and those alone."""

    async def test_a_registered_origin_may_put_and_get(self, sender: Sender) -> None:
        origin, county = "https://m.example.com", sender.county
        async with county.session() as session:
            await clients.register(
                session, county.administrator, name="门户", origins=[origin], grants=[]
            )
        _, address = await sender.prepare()
        for asked, status in ((origin, 204), ("https://evil.example.com", 403)):
            headers = {"origin": asked, "access-control-request-method": "PUT"}
            preflight = await sender.served.http.options(path(address), headers=headers)
            allowed = "PUT" in preflight.headers.get("access-control-allow-methods", "")
            assert (preflight.status_code, allowed) == (status, status == 204)
        sent = await sender.put(address, samples.jpeg(), origin=origin)
        assert sent.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in sent.headers

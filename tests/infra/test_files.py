"""Files over HTTP: what goes in by a signed address, what comes out, and what opens nothing."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image

from infra.settings import Settings
from policies import Actor
from services import clients, clock, files, tenants
from services.passes import Purpose
from tests.county import County, Tree
from tests.infra import samples
from tests.infra.service import Service, service, token
from tests.services.unchanged import contents

PREPARE = (
    "mutation ($unit: ID!, $name: String!) { prepareFile(unit: $unit, name: $name) {"
    " uploadUrl uploadUntil file { id state url urlUntil } } }"
)
SHOW = (
    "query ($id: ID!) { node(id: $id) { ... on File { name state mediaType size sha256"
    " originalSha256 width height url urlUntil unit { name } person { name } } } }"
)
LIST = "{ files { nodes { id url } } }"


@dataclass(frozen=True)
class Sender:
    """A resident with a telephone."""

    served: Service
    county: County
    tree: Tree
    by: Actor
    token: str

    async def prepare(self, name: str = "墙面.jpg") -> tuple[str, str]:
        """A file's id and the address for its bytes."""
        given = {"unit": f"Unit:{self.tree.estate.id}", "name": name}
        made = (await self.served.ask(PREPARE, given, token=self.token))["prepareFile"]
        assert (made["file"]["state"], made["file"]["url"]) == ("PREPARED", None)
        assert made["file"]["urlUntil"] is None
        return made["file"]["id"], made["uploadUrl"]

    async def put(self, address: str, data: Any, **headers: str) -> httpx.Response:
        """Send bytes to an address."""
        return await self.served.http.put(path(address), content=data, headers=headers)

    async def send(self, data: bytes, name: str = "墙面.jpg") -> str:
        """Prepare and send; the file's id."""
        file, address = await self.prepare(name)
        answer = await self.put(address, data)
        assert answer.status_code == 200, answer.text
        return file

    async def show(self, file: str, as_: str | None = None) -> dict[str, Any]:
        """What GraphQL shows of a file."""
        found: dict[str, Any] = (
            await self.served.ask(SHOW, {"id": file}, token=as_ or self.token)
        )["node"]
        return found

    async def get(self, file: str) -> httpx.Response:
        """A stored file by the address that GraphQL shows."""
        return await self.served.http.get(path((await self.show(file))["url"]))


def path(address: str) -> str:
    return address[address.index("/files/") :]


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def key(file: str) -> UUID:
    return UUID(file.partition(":")[2])


def code(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    said: str = error["extensions"]["code"]
    return said


@pytest.fixture
async def sender(served: Service, county: County) -> Sender:
    return await sending(served, county)


async def sending(served: Service, county: County) -> Sender:
    tree = await county.tree()
    resident = await county.actor("resident", tree.estate)
    return Sender(served, county, tree, resident, await token(county, resident))


@pytest.fixture
async def narrow(settings: Settings, county: County) -> AsyncIterator[Sender]:
    """A service that takes 1,000 bytes, and one file at a time."""
    limits = {"max_file_bytes": 1_000, "max_uploads": 1}
    async with service(settings.model_copy(update=limits)) as running:
        yield await sending(running, county)


def kept(settings: Settings, county: County) -> list[Path]:
    """What stands in the county's folder."""
    return [
        one for one in (settings.data_dir / "files" / str(county.id)).rglob("*") if one.is_file()
    ]


class TestAll:
    """From the telephone to whoever looks at it."""

    async def test_a_photo_goes_in_with_its_place_and_comes_out_without(
        self, sender: Sender, settings: Settings
    ) -> None:
        sent = samples.jpeg((3000, 2000), orientation=6)
        file, address = await sender.prepare()
        answer = await sender.put(address, sent)
        shown = await sender.show(file)
        assert answer.json()["data"] == {
            "id": file, "mediaType": "image/jpeg", "size": shown["size"],
            "sha256": shown["sha256"], "originalSha256": hashlib.sha256(sent).hexdigest(),
            "width": 1707, "height": 2560,
        }  # fmt: skip
        assert (shown["state"], shown["unit"]["name"]) == ("STORED", "桂花园")
        came = await sender.get(file)
        assert hashlib.sha256(came.content).hexdigest() == shown["sha256"]
        assert not [secret for secret in samples.SECRETS if secret in came.content]
        picture = Image.open(BytesIO(came.content))
        assert (picture.format, picture.size) == ("JPEG", (1707, 2560))
        assert not picture.getexif()
        [bytes_] = kept(settings, sender.county)
        assert bytes_.read_bytes() == came.content

    async def test_a_picture_is_shown_and_can_do_nothing(self, sender: Sender) -> None:
        came = await sender.get(await sender.send(samples.png(), "裂缝 <b>.png"))
        assert came.status_code == 200
        expected = {
            "content-type": "image/jpeg", "content-length": str(len(came.content)),
            "cache-control": "private, no-store", "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "cross-origin-resource-policy": "cross-origin", "referrer-policy": "no-referrer",
            "content-disposition": "inline; filename=\"____b_.jpg\"; filename*=UTF-8''"
            "%E8%A3%82%E7%BC%9D%20%3Cb%3E.jpg",
        }  # fmt: skip
        assert {name: came.headers[name] for name in expected} == expected

    async def test_a_document_is_saved_and_never_shown(self, sender: Sender) -> None:
        came = await sender.get(await sender.send(samples.pdf(), 'x"\\a".html'))
        assert came.content == samples.pdf()
        assert came.headers["content-type"] == "application/pdf"
        disposition = "attachment; filename=\"a_.pdf\"; filename*=UTF-8''a%22.pdf"
        assert came.headers["content-disposition"] == disposition

    async def test_what_is_no_picture_is_refused_under_any_name(
        self, sender: Sender, settings: Settings
    ) -> None:
        _, address = await sender.prepare("photo.jpg")
        before = await contents(sender.county)
        for data, expected, status in (
            (b"hello", "FILE_KIND_REFUSED", 415),
            (b"", "FILE_KIND_REFUSED", 415),
            (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "FILE_KIND_REFUSED", 415),
            (samples.jpeg()[:500], "FILE_DAMAGED", 422),
            (samples.bomb(), "PICTURE_TOO_LARGE", 422),
            (samples.acting_pdfs()["a script on opening"], "DOCUMENT_ACTS", 422),
        ):
            answer = await sender.put(address, data, **{"content-type": "image/jpeg"})
            assert (code(answer), answer.status_code) == (expected, status)
        assert await contents(sender.county) == before
        assert kept(settings, sender.county) == []
        assert (await sender.put(address, samples.jpeg())).status_code == 200

    async def test_a_refusal_is_in_the_language_that_is_asked_for(self, sender: Sender) -> None:
        _, address = await sender.prepare()
        for language, word in (("zh-CN", "不接受"), ("en", "aren't taken")):
            answer = await sender.put(address, b"x", **{"accept-language": language})
            assert word in answer.json()["errors"][0]["message"]


class TestAgain:
    """The same bytes may be sent again, others may not."""

    async def test_the_same_bytes_are_answered_the_same(self, sender: Sender) -> None:
        _, address = await sender.prepare()
        first = await sender.put(address, samples.jpeg())
        before = await contents(sender.county)
        again = await sender.put(address, samples.jpeg())
        assert (again.status_code, again.json()) == (200, first.json())
        assert await contents(sender.county) == before

    async def test_others_are_refused(self, sender: Sender, settings: Settings) -> None:
        _, address = await sender.prepare()
        await sender.put(address, samples.jpeg())
        before = await contents(sender.county)
        answer = await sender.put(address, samples.png())
        assert (code(answer), answer.status_code) == ("FILE_STORED", 409)
        assert await contents(sender.county) == before
        assert len(kept(settings, sender.county)) == 1

    @pytest.mark.parametrize(
        "others",
        [samples.png(), samples.jpeg(orientation=1, optimize=True)],
        ids=["another picture", "what is kept the same"],
    )
    async def test_of_two_at_once_one_is_kept_with_its_bytes(
        self, sender: Sender, settings: Settings, others: bytes
    ) -> None:
        file, address = await sender.prepare()
        answers = await asyncio.gather(
            sender.put(address, samples.jpeg()), sender.put(address, others)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert len(kept(settings, sender.county)) == 1
        came = await sender.get(file)
        assert hashlib.sha256(came.content).hexdigest() == (await sender.show(file))["sha256"]

    async def test_ended_between_bytes_and_row_it_can_be_sent_again(
        self, sender: Sender, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fall(*_: Any, **__: Any) -> None:
            raise RuntimeError

        file, address = await sender.prepare()
        before = await contents(sender.county)
        with monkeypatch.context() as patched:
            patched.setattr(files, "store", fall)
            answer = await sender.put(address, samples.jpeg())
        assert (code(answer), answer.status_code) == ("INTERNAL", 500)
        assert await contents(sender.county) == before
        assert (await sender.show(file))["url"] is None
        assert (await sender.put(address, samples.jpeg())).status_code == 200
        assert len(kept(settings, sender.county)) == 1


class TestLimits:
    """How much comes in."""

    async def test_a_file_that_says_that_it_is_too_long_is_not_read(self, narrow: Sender) -> None:
        _, address = await narrow.prepare()
        answer = await narrow.put(address, bytes(1_001))
        assert (code(answer), answer.status_code) == ("FILE_TOO_LARGE", 413)
        assert answer.json()["errors"][0]["extensions"]["limit"] == 1_000

    async def test_one_that_does_not_say_is_read_no_further(self, narrow: Sender) -> None:
        read = []

        async def endless() -> AsyncIterator[bytes]:
            for number in range(100):
                read.append(number)
                yield bytes(300)

        _, address = await narrow.prepare()
        answer = await narrow.put(address, endless())
        assert (code(answer), answer.status_code) == ("FILE_TOO_LARGE", 413)
        assert len(read) <= 5

    async def test_so_many_come_in_at_a_time(self, narrow: Sender) -> None:
        begun, over = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            begun.set()
            yield samples.clear()
            await over.wait()

        _, address = await narrow.prepare()
        first = asyncio.create_task(narrow.put(address, slow()))
        await begun.wait()
        answer = await narrow.put((await narrow.prepare())[1], samples.clear())
        assert (code(answer), answer.status_code) == ("UPLOADS_BUSY", 503)
        assert answer.headers["retry-after"] == "10"
        over.set()
        assert (await first).status_code == 200
        again = await narrow.put((await narrow.prepare())[1], samples.clear())
        assert again.status_code == 200


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
        wrong = {
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

"""Files over HTTP: what goes in by a signed address, and what comes out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from infra.settings import Settings
from services import files
from tests.county import County
from tests.infra import samples
from tests.infra.live import live
from tests.infra.sender import Sender, code, path, sending
from tests.infra.service import Service, service
from tests.services.unchanged import contents


@pytest.fixture
async def sender(served: Service, county: County) -> Sender:
    return await sending(served, county)


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


class TestSocket:
    """Through a port, as `sanfang serve` listens."""

    async def test_a_photo_goes_in_and_comes_out(self, sender: Sender, settings: Settings) -> None:
        file, upload = await sender.prepare()
        async with (
            live(settings) as running,
            httpx.AsyncClient(base_url=f"http://{running.host}") as http,
        ):
            answer = await http.put(path(upload), content=samples.jpeg())
            assert answer.status_code == 200
            came = await http.get(path((await sender.show(file))["url"]))
        assert hashlib.sha256(came.content).hexdigest() == answer.json()["data"]["sha256"]

    async def test_one_that_is_too_long_is_answered(
        self, sender: Sender, settings: Settings
    ) -> None:
        limits = {"max_file_bytes": 100_000}
        _, upload = await sender.prepare()
        async with (
            live(settings.model_copy(update=limits)) as running,
            httpx.AsyncClient(base_url=f"http://{running.host}") as http,
        ):
            answer = await http.put(path(upload), content=bytes(2_000_000))
        assert (answer.status_code, code(answer)) == (413, "FILE_TOO_LARGE")


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
        assert len(kept(settings, sender.county)) == 1
        assert await contents(sender.county) == before
        assert (await sender.show(file))["url"] is None
        assert (await sender.put(address, samples.jpeg())).status_code == 200
        assert len(kept(settings, sender.county)) == 1


class TestLimits:
    """How much comes in."""

    async def test_a_file_that_says_that_it_is_too_long_is_not_read(self, narrow: Sender) -> None:
        read = []

        async def sent() -> AsyncIterator[bytes]:
            read.append(1)
            yield bytes(1_001)

        _, address = await narrow.prepare()
        answer = await narrow.put(address, sent(), **{"content-length": "1001"})
        assert not read
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

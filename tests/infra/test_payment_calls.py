"""Payments over HTTP: a provider's signed calls, each once and nothing told; a file of lines."""

import asyncio
import hmac
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from infra import payments as endpoint
from infra.allowances import Allowances
from infra.database import Database
from infra.settings import Settings
from policies import Actor, Denied
from services import clock, payment_channels, payments
from services.errors import StaleVersion
from services.ledger import FeeAccount
from services.payment_channels import (
    ChannelClosed,
    ChannelOpen,
    ChannelUnnameable,
    HmacSha256,
    OpenedChannel,
)
from services.payment_files import recording
from services.payment_files.tables import ChannelIsCounter
from services.payments import PaymentMethod
from services.resealing import reseal
from services.sealing import create_key
from tests.county import County
from tests.estate import Estate
from tests.infra import sheets
from tests.infra.clockwork import suspend
from tests.infra.live import live
from tests.infra.service import Service, token
from tests.services.test_payment_files import HEADINGS, NOW, PAID, lines, owing
from tests.services.unchanged import unchanged

ROOT = Path(__file__).parents[2]
START = """mutation ($estate: ID!, $firm: ID!, $channel: String!, $name: String!) {
  startPaymentFile(estate: $estate, firm: $firm, channel: $channel, name: $name) {
    paymentFile { id state } uploadUrl } }"""


@dataclass
class Provider:
    """A provider before a running service, with its channel's secret."""

    served: Service
    home: Estate
    account: FeeAccount
    number: str
    channel: UUID
    secret: str

    async def call(self, said: Any, **other: Any) -> httpx.Response:
        """One signed call; `other` is what is wrong with it."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        now = str(int(other.get("at", clock.now().timestamp())))
        secret = other.get("secret", self.secret).encode()
        signature = hmac.digest(secret, f"{now}.".encode() + body, "sha256").hex()
        path = f"/payments/{other.get('county', self.home.county.slug)}"
        return await self.served.http.post(
            f"{path}/{other.get('channel', 'pay-1')}", content=other.get("sent", body),
            headers={"content-type": "application/json", "x-sanfang-time": now}
            | {"x-sanfang-signature": signature}
            | other.get("headers", {}),
        )  # fmt: skip

    def told(self, id_: str, amount: Any, **other: Any) -> dict[str, Any]:
        """A payment of the unit's owner."""
        return {"id": id_, "amount": amount, "at": PAID, "reference": self.number} | other

    async def balance(self) -> int:
        """What the account owes."""
        return await self.home.balance(account_id=self.account.id)


async def do(home: Estate, command: Any, by: Actor | None = None, **said: Any) -> Any:
    """One of the commands of channels, by the security administrator."""
    async with home.county.session() as session:
        return await command(session, by or home.county.security, **said)


async def opened(home: Estate, by: Actor | None = None, **known: Any) -> OpenedChannel:
    """A channel."""
    said = {"estate": home.tree.estate.id, "firm": home.tree.firm.id, "name": "pay-1"} | known
    made: OpenedChannel = await do(home, payment_channels.open_, by, **said)
    return made


@pytest.fixture
async def provider(served: Service, county: County, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setattr(endpoint, "REFUSAL_SECONDS", 0)
    home = await Estate.of(county)
    await home.adopt()
    unit, account = await owing(home)
    made = await opened(home)
    return Provider(served, home, account, unit.number, made.id, made.secret)


class TestCalls:
    async def test_each_counts_once_however_often_and_from_both_sides_at_once(
        self, provider: Provider
    ) -> None:
        said = provider.told("p1", 1234)
        answers = await asyncio.gather(*(provider.call(said) for _ in range(4)))
        assert {one.status_code for one in answers} == {200}
        [told] = {one.text for one in answers}
        [line] = await lines(provider.home, "pay-1")
        assert json.loads(told)["data"] == {
            "line": f"PaymentLine:{line.id}", "state": "recorded",
            "payment": f"Payment:{line.payment_id}",
        }  # fmt: skip
        assert await provider.balance() == 20_000 - 1_234
        async with unchanged(provider.home.county, KeyError):
            assert (await provider.call(said)).status_code == 200
            raise KeyError
        # By hand at the same moment: whoever is second finds it there.
        with clock.at(NOW):
            both = await asyncio.gather(
                provider.call(provider.told("p2", 100), at=clock.now().timestamp()),
                provider.home.pay(provider.account, 100, channel="pay-1", external_id="p2"),
                return_exceptions=True,
            )
        assert not isinstance(both[0], BaseException)
        assert await provider.balance() == 20_000 - 1_234 - 100

    async def test_what_is_said_otherwise_is_kept_and_changes_nothing(
        self, provider: Provider
    ) -> None:
        for amount, status in ((500, 200), (600, 409), (600, 409), (500, 200)):
            assert (await provider.call(provider.told("p1", amount))).status_code == status
        assert (await provider.call(provider.told("p2", 100, reference="??"))).is_success
        found = [(one.external_id, one.amount, one.state)
                 for one in await lines(provider.home, "pay-1")]  # fmt: skip
        assert found == [
            ("p1", 500, "recorded"), ("p1", 600, "differing"), ("p2", 100, "unmatched")
        ]  # fmt: skip
        assert await provider.balance() == 19_500

    async def test_by_hand_for_another_account_meanwhile_it_is_found_there(
        self, provider: Provider
    ) -> None:
        home = provider.home
        _, other = await owing(home)
        async with home.county.session() as session:
            payment = await payments.record_(
                session, home.clerk, account=other.id, amount=100, channel="pay-1",
                method=PaymentMethod.transfer, external_id="p1",
            )  # fmt: skip
            await session.flush()
            calling = asyncio.create_task(provider.call(provider.told("p1", 100)))
            await asyncio.sleep(0.5)
            assert not calling.done()
        assert (await calling).json()["data"]["payment"] == f"Payment:{payment.id}"
        assert await provider.balance() == 20_000

    async def test_otherwise_and_often_at_once_is_kept_once(self, provider: Provider) -> None:
        await provider.call(provider.told("p1", 500))
        again = provider.told("p1", 600)
        answers = await asyncio.gather(*(provider.call(again) for _ in range(4)))
        assert {one.status_code for one in answers} == {409}
        assert [one.amount for one in await lines(provider.home, "pay-1")] == [500, 600]

    async def test_a_refund_goes_back(self, provider: Provider) -> None:
        await provider.call(provider.told("p1", 5000))
        back = provider.told("r1", 2000, kind="refund", original="p1")
        for _ in range(2):
            assert (await provider.call(back)).status_code == 200
        assert await provider.balance() == 17_000

    async def test_nothing_is_told_to_who_cannot_sign(self, provider: Provider) -> None:
        said = provider.told("p1", 100)
        now = clock.now().timestamp()
        async with unchanged(provider.home.county, KeyError):
            wrong: list[Mapping[str, Any]] = [
                {"secret": "another"}, {"county": "no-such"}, {"channel": "no-such"},
                {"county": "%00"}, {"channel": "%00"}, {"at": now - 301}, {"at": now + 302},
                {"sent": b"{}"}, {"headers": {"x-sanfang-signature": ""}},
                {"headers": {"x-sanfang-time": "x"}},
                {"headers": {"x-sanfang-time": str(int(now) + 60)}},
            ]  # fmt: skip
            answers = [await provider.call(said, **other) for other in wrong]
            assert {(one.status_code, one.text) for one in answers} == {(401, answers[0].text)}
            assert {*answers[0].headers} == {*answers[1].headers} == {*answers[2].headers}
            for part in (provider.home.county.slug, "pay-1", "signature", "channel"):
                assert part not in answers[0].text
            raise KeyError

    async def test_five_minutes_either_side_and_no_more(self, provider: Provider) -> None:
        now = int(clock.now().timestamp())
        with clock.at(datetime.fromtimestamp(now, UTC)):
            for off, status in ((-301, 401), (-300, 200), (300, 200), (301, 401)):
                answer = await provider.call(provider.told(f"p{off}", 100), at=now + off)
                assert answer.status_code == status, off

    async def test_as_much_is_reckoned_and_waited_for_whatever_is_wrong(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(endpoint, "REFUSAL_SECONDS", 0.2)
        reckoned: list[bytes] = []
        digest = hmac.digest

        def counted(key: bytes, msg: bytes, way: str) -> bytes:
            if way == "sha256" and msg.endswith(b"}"):
                reckoned.append(key)
            return digest(key, msg, way)

        monkeypatch.setattr("hmac.digest", counted)
        said = provider.told("p1", 100)
        for other in ({"county": "no-such"}, {"channel": "no-such"}, {"secret": "another"}):
            reckoned.clear()
            begun = time.monotonic()
            assert (await provider.call(said, **other)).status_code == 401
            assert time.monotonic() - begun >= 0.2
            # Once by who calls, once by who is called.
            assert len(reckoned) == 2, other

    async def test_sent_as_json_alone(self, provider: Provider) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = await provider.call(provider.told("p1", 100), headers={"content-type": kind})
            assert answer.status_code == 415

    async def test_of_a_foreign_county_its_secret_opens_nothing(
        self, provider: Provider, other: County
    ) -> None:
        elsewhere = await Estate.of(other)
        theirs = await opened(elsewhere)
        said = provider.told("p1", 100)
        assert (await provider.call(said, secret=theirs.secret)).status_code == 401
        # Their own call names our unit's number, and no account of ours is found by it.
        assert (await provider.call(said, secret=theirs.secret, county=other.slug)).is_success
        assert await provider.balance() == 20_000

    async def test_nothing_is_taken_for_a_suspended_county(
        self, provider: Provider, platform: County
    ) -> None:
        await suspend(platform, provider.home.county)
        async with unchanged(provider.home.county, KeyError):
            assert (await provider.call(provider.told("p1", 100))).status_code == 401
            raise KeyError

    async def test_what_is_signed_and_cannot_be_read_says_where(self, provider: Provider) -> None:
        for said, field in (
            (b"{", "JSON"), (b"[]", "JSON"), (provider.told("", 100), "id"),
            (provider.told("a\x00", 100), "id"), (provider.told("p", 1.5), "amount"),
            (provider.told("p", 100, at="2126-01-01T00:00:00Z"), "at"),
            (provider.told("p", 100, kind="x"), "kind"),
            (provider.told("p", 100, kind="refund"), "original"),
            (provider.told("p", 100, reference=7), "reference"),
            (provider.told("p", True), "amount"), (provider.told("p", "1.00"), "amount"),
            (provider.told("p", 0), "amount"), (provider.told("p", 10**18), "amount"),
            (provider.told("p", 100, currency="USD"), "currency"),
            (b"[" * 15_000, "JSON"), (b'{"amount":NaN}', "id"),
        ):  # fmt: skip
            answer = await provider.call(said)
            assert (answer.status_code, field in answer.text) == (422, True), said
        assert (await provider.call(b" " * (endpoint.MOST_BYTES + 1))).status_code == 413

    async def test_no_more_than_so_many_a_minute(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        route = next(one for one in provider.served.app.router.routes
                     if getattr(one, "path", "").startswith("/payments/"))  # fmt: skip
        endpoint_: endpoint.Payments = route.endpoint.__self__
        monkeypatch.setattr(endpoint_, "_allowances", Allowances(2))
        statuses = [
            (await provider.call(provider.told(f"p{n}", 100))).status_code for n in range(3)
        ]
        assert statuses == [200, 200, 429]


class TestChannels:
    async def test_the_secret_before_is_good_for_so_long_and_no_longer(
        self, provider: Provider
    ) -> None:
        home, begun = provider.home, clock.now()
        fresh = await do(home, payment_channels.rotate, channel=provider.channel, overlap_hours=2)
        for secret in (provider.secret, fresh.secret):
            said = provider.told(secret, 100)
            assert (await provider.call(said, secret=secret)).status_code == 200
        for hours, secret, status in ((1, provider.secret, 200), (3, provider.secret, 401),
                                      (3, fresh.secret, 200)):  # fmt: skip
            with clock.at(begun + timedelta(hours=hours)):
                answer = await provider.call(provider.told(f"{hours}{secret}", 100), secret=secret)
            assert answer.status_code == status
        # Of two that came before, the older is worth nothing; told so, neither is the newer.
        newer = await do(home, payment_channels.rotate, channel=provider.channel)
        newest = await do(home, payment_channels.rotate, channel=provider.channel, overlap_hours=0)
        for secret, status in ((fresh.secret, 401), (newer.secret, 401), (newest.secret, 200)):
            answer = await provider.call(provider.told("last", 100), secret=secret)
            assert answer.status_code == status

    async def test_the_secret_stands_nowhere_in_clear(self, provider: Provider) -> None:
        fresh = await do(provider.home, payment_channels.rotate, channel=provider.channel)
        async with provider.home.county.session(read_only=True) as session:
            connection = await session.connection()
            for table in ("payment_channel", "event", "event_value"):
                rows = (await connection.execute(text(f"select * from {table}"))).all()
                # What is sealed isn't kept a second time, where no new key would reach it.
                assert table == "payment_channel" or "cipher" not in str(rows)
                for secret in (provider.secret, fresh.secret):
                    assert secret not in str(rows), table
                    assert secret.encode() not in b"".join(
                        value for row in rows for value in row if isinstance(value, bytes)
                    )

    async def test_the_secret_is_rotated_sealed_and_moved_with_the_countys_key(
        self, provider: Provider
    ) -> None:
        home = provider.home
        for by in (home.manager, home.officer, home.county.administrator):
            for command in (payment_channels.rotate, payment_channels.close):
                more = {"reason": "试验"} if command is payment_channels.close else {}
                async with unchanged(home.county, Denied):
                    await do(home, command, by, channel=provider.channel, **more)
            async with unchanged(home.county, Denied):
                await opened(home, by, name="pay-2")
        async with unchanged(home.county, StaleVersion):
            await do(home, payment_channels.rotate, channel=provider.channel, expected_version=7)
        gone = await do(home, payment_channels.rotate, channel=provider.channel, overlap_hours=0)
        said = provider.told("p1", 100)
        assert (await provider.call(said)).status_code == 401
        fresh = await do(home, payment_channels.rotate, channel=provider.channel)
        async with home.county.session() as session:
            key = await create_key(session, home.county.id)
        async with home.county.session() as session:
            assert await reseal(session, home.county.security, key.number, 1_000)
        for secret in (gone.secret, fresh.secret):
            assert (await provider.call(said, secret=secret)).status_code == 200
        await do(home, payment_channels.close, channel=provider.channel, reason="停用")
        assert (await provider.call(said, secret=fresh.secret)).status_code == 401
        async with unchanged(home.county, ChannelClosed):
            await do(home, payment_channels.rotate, channel=provider.channel)

    async def test_one_of_a_name_that_stands_in_an_address(self, provider: Provider) -> None:
        for name, refusal in (
            ("pay-1", ChannelOpen), ("counter", ChannelIsCounter), ("a/b", ChannelUnnameable),
            ("支付", ChannelUnnameable),
        ):  # fmt: skip
            async with unchanged(provider.home.county, refusal):
                await opened(provider.home, name=name)

    def test_the_port_is_what_the_adapter_does(self) -> None:
        adapter: payment_channels.Adapter = HmacSha256()
        assert payment_channels.ADAPTERS["hmac_sha256"].__class__ is adapter.__class__


@pytest.mark.skipif(not all(map(which, ("curl", "openssl"))), reason="what the README runs")
@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
async def test_the_call_in_the_readme_is_taken(
    provider: Provider, settings: Settings, name: str
) -> None:
    blocks = (ROOT / name).read_text(encoding="utf-8").split("```")
    [block] = [one.removeprefix("sh\n") for one in blocks if "openssl dgst" in one]
    async with live(settings) as running:
        known = {"URL": f"http://{running.host}", "SECRET": provider.secret}
        run = await asyncio.create_subprocess_exec(
            "sh", "-c", block.replace("/yihuang/", f"/{provider.home.county.slug}/"),
            env=os.environ | known | {"no_proxy": "*"}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        answer, _ = await run.communicate()
    [line] = await lines(provider.home, "pay-1")
    assert json.loads(answer)["data"]["line"] == f"PaymentLine:{line.id}"
    assert (line.external_id, line.amount, line.reference) == ("420001", 35_600, "3-2-501")


async def test_a_file_is_sent_to_its_address_and_recorded(
    provider: Provider, database: Database
) -> None:
    home = provider.home
    asked = {"estate": f"Unit:{home.tree.estate.id}", "firm": f"Unit:{home.tree.firm.id}",
             "channel": "bank", "name": "对账.xlsx"}  # fmt: skip
    as_clerk = await token(home.county, home.clerk)
    begun = (await provider.served.ask(START, asked, token=as_clerk))["startPaymentFile"]
    book = sheets.workbook([
        ["银行对账单"], HEADINGS.split(","), ["k1", 12.5, PAID, provider.number],
        ["k2", 0.1 + 0.2, PAID, provider.number],
    ])  # fmt: skip
    put = provider.served.http.put
    for _ in range(2):
        answer = await put(begun["uploadUrl"], content=book)
        assert (answer.status_code, answer.json()["data"]["lines"]) == (200, 2), answer.text
    other = sheets.csv([HEADINGS.split(","), ["k9", "1.00", PAID, "x"]], "gb18030")
    assert (await put(begun["uploadUrl"], content=other)).status_code == 409
    assert (await put(begun["uploadUrl"][:-1] + "0", content=book)).status_code == 404
    await home.ring(recording.look, NOW)
    assert await provider.balance() == 20_000 - 1_250 - 30
    assert database is home.county.database

"""Payment channels (收款渠道): where a provider calls in what it took, signed with a secret.

The port is `Adapter`: it proves a call and says what it tells. One is built in: HMAC-SHA256 over
the time and the body. The secret is shown once to the security administrator and kept sealed; where
it is rotated, the one before is good for some hours more, or for none. What is told is recorded as
staff would.
"""

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NoReturn, Protocol
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, resealing, rows, sealing, units
from services.arguments import Length, Of, Reason, UnitId, Version, Whole
from services.errors import Refused
from services.events import record, state_of
from services.ledger import MOST_FEN
from services.payment_files import recording
from services.payment_files.reading import LONGEST, moment_of
from services.payment_files.tables import (
    ChannelIsCounter,
    LineKind,
    LineState,
    PaymentLine,
)
from services.payments import COUNTER
from services.rows import made
from services.sealing import Keys
from services.tables import Recorded, moment, one_of, within_tenant
from services.tree import HOLD
from services.units import UnitKind

SECRET_BYTES = 32
# A call is good for as long before and after its own time.
WINDOW_SECONDS = 300
TEXTS = ("id", "at", "kind", "reference", "original")
NEEDED = ("id", "at")
# ISO 4217; where a call names one, it is this.
CURRENCY = "CNY"
# A provider has so long to change its secret.
OVERLAP_HOURS, MOST_HOURS = 24, 168
# An address is made of it.
NAME = Length(1, 40)


class AdapterName(StrEnum):
    """How a provider signs."""

    hmac_sha256 = "hmac_sha256"


@dataclass(frozen=True, slots=True)
class Told:
    """What a call tells: of a payment, or of the refund of one."""

    external_id: str
    amount: int
    at: datetime
    reference: str | None = None
    kind: LineKind = LineKind.payment
    original_id: str | None = None


class PaymentChannel(Recorded, table=True):
    """A channel of an estate's firm; its secret is sealed, and `until` is when it was closed. The
    secret before is good until `former_until`.
    """

    __tablename__ = "payment_channel"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        one_of("adapter", AdapterName),
        CheckConstraint("(former_cipher is null) = (former_until is null)", name="former_secret"),
        Index("uq_payment_channel_open", "tenant_id", "name", unique=True,
              postgresql_where=text("until is null")),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "firm_id", "made_at", "id"),
    )  # fmt: skip
    unrecorded: ClassVar[frozenset[str]] = frozenset({"cipher", "former_cipher"})

    estate_id: UUID
    firm_id: UUID
    name: str = Field(max_length=40)
    adapter: str = AdapterName.hmac_sha256
    key_number: int
    cipher: bytes
    former_cipher: bytes | None = None
    former_until: datetime | None = moment(default=None)
    rotated_at: datetime = moment(default_factory=clock.now)
    until: datetime | None = moment(default=None)


class CallRefused(Refused, status=401):
    """收款通知未被接受。
    This notice of a payment was not accepted.
    """


class CallUnreadable(Refused, status=422):
    """收款通知签名正确，但内容无法识别：{field}。
    The notice is signed rightly, but can't be read: {field}.
    """


class CallDiffers(Refused, status=409):
    """这个单号已经有过，内容不同。已另行记下，账没有变。
    This id was told of before, and otherwise. It is noted, and the ledger is as it was.
    """


class ChannelOpen(Refused):
    """已有同名的收款渠道：{id}。
    There is a channel of this name already: {id}.
    """


class ChannelClosed(Refused):
    """这个收款渠道已经关闭：{id}。
    This channel is closed already: {id}.
    """


class ChannelUnnameable(Refused):
    """渠道名只能用小写字母、数字和连字符，因为地址里要写它：{name}。
    A channel's name is of small letters, digits and hyphens, as it stands in an address: {name}.
    """


class Adapter(Protocol):
    """How a provider's calls are proved and read: the port."""

    def verify(
        self, keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Told:
        """What the call tells, proved by one of the secrets; `CallRefused` where it isn't, whatever
        is wrong with it.
        """


class HmacSha256:
    """HMAC-SHA256, in hexadecimal digits, of the time in seconds, a point and the body."""

    def verify(
        self, keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Told:
        """Proved by X-Sanfang-Time and X-Sanfang-Signature; the body is JSON."""
        said, signature = headers.get("x-sanfang-time", ""), headers.get("x-sanfang-signature", "")
        signed = [hmac.digest(key, f"{said}.".encode() + body, "sha256").hex() for key in keys]
        is_right = any(hmac.compare_digest(one.encode(), signature.encode()) for one in signed)
        is_number = said.isascii() and said.isdecimal() and len(said) <= 12
        is_now = is_number and abs(int(said) - now.timestamp()) <= WINDOW_SECONDS
        if not (is_right and is_now):
            raise CallRefused()
        return _told(body, now)


ADAPTERS: dict[str, Adapter] = {AdapterName.hmac_sha256: HmacSha256()}
ChannelId = Annotated[UUID, Of("PaymentChannel")]


@dataclass(frozen=True, slots=True)
class OpenedChannel:
    """A channel with its new secret: shown this once."""

    id: UUID
    secret: str


async def open_(
    session: AsyncSession,
    by: Actor,
    *,
    estate: UnitId,
    firm: Annotated[UUID, Of("Unit"), "物业公司。 The property firm."],
    name: Annotated[str, NAME, "渠道名，写在地址里。 Its name, which stands in its address."],
    adapter: Annotated[AdapterName, "签名方式。 How it signs."] = AdapterName.hmac_sha256,
) -> OpenedChannel:
    """Open a channel by which a provider calls in what it took."""
    home = await units.find_fit(session, by, estate, kind=UnitKind.estate)
    company = await units.find_fit(session, by, firm, kind=UnitKind.firm)
    acting = authorize(by, "open", "payment_channels")
    if name == COUNTER:
        raise ChannelIsCounter(channel=name)
    if not all(one.isascii() and (one.islower() or one.isdecimal() or one == "-") for one in name):
        raise ChannelUnnameable(name=name)
    await HOLD.rows(session, name=f"payment_channels:{by.tenant_id}")
    for same in await rows.every(session, PaymentChannel, by, "id", name=name, until=None):
        raise ChannelOpen(id=f"PaymentChannel:{same.id}")
    row = PaymentChannel(
        **made(by, acting), estate_id=home.id, firm_id=company.id, name=name, adapter=adapter,
        key_number=0, cipher=b"",
    )  # fmt: skip
    secret = _renew(row, await sealing.keys(session, by.tenant_id))
    session.add(row)
    record(session, by, "payment_channel.opened", row, acting=acting)
    return OpenedChannel(row.id, secret)


async def rotate(
    session: AsyncSession,
    by: Actor,
    *,
    channel: ChannelId,
    overlap_hours: Annotated[
        int, Whole(0, MOST_HOURS), "旧密钥还可用几小时，0 为随即失效。 Hours the old one is good."
    ] = OVERLAP_HOURS,
    expected_version: Version = None,
) -> OpenedChannel:
    """Give a channel another secret; the one before is good for some hours more, or for none."""
    row = await _found(session, by, channel)
    acting = authorize(by, "rotate", "payment_channels")
    row.check_version(expected_version)
    before = state_of(row)
    keys, now = await sealing.keys(session, by.tenant_id), clock.now()
    former = keys.open(row.key_number, row.cipher, context=_context(row.id)) or ""
    secret = _renew(row, keys)
    row.former_cipher = row.former_until = None
    if overlap_hours:
        row.former_cipher = keys.seal(keys.number, former, context=_former(row.id))
        row.former_until = now + timedelta(hours=overlap_hours)
    row.rotated_at, row.version = now, row.version + 1
    record(session, by, "payment_channel.rotated", row, acting=acting, before=before)
    return OpenedChannel(row.id, secret)


async def close(
    session: AsyncSession,
    by: Actor,
    *,
    channel: ChannelId,
    reason: Reason,
    expected_version: Version = None,
) -> PaymentChannel:
    """Close a channel: nothing is taken from it any more."""
    row = await _found(session, by, channel)
    acting = authorize(by, "close", "payment_channels")
    row.check_version(expected_version)
    before = state_of(row)
    row.until, row.version = clock.now(), row.version + 1
    row.former_cipher = row.former_until = None
    record(
        session, by, "payment_channel.closed", row, acting=acting, before=before,
        note={"reason": reason},
    )  # fmt: skip
    return row


async def take(
    session: AsyncSession, by: Actor, *, name: str, headers: Mapping[str, str], body: bytes
) -> PaymentLine:
    """Take a call in: proved by its channel's secret, each external id once. The same call again
    has the same line; what differs from an earlier one is kept, for its line says so.

    Where there is no such channel the same is reckoned, and the same refused.
    """
    found = await rows.every(session, PaymentChannel, by, "id", name=name, until=None)
    if not found:
        refuse_after_all(headers, body)
    [row] = found
    now = clock.now()
    good = _secrets(row, await sealing.keys(session, by.tenant_id), now)
    told = ADAPTERS[row.adapter].verify(good, headers, body, now)
    await recording.hold(session, by, row.firm_id, row.name)
    return await _keep(session, by, row, told)


def refuse_after_all(headers: Mapping[str, str], body: bytes) -> NoReturn:
    """Refuse a call of nobody's with the work that a wrong signature takes."""
    HmacSha256().verify([secrets.token_bytes(SECRET_BYTES)], headers, body, clock.now())
    raise CallRefused()


async def _keep(session: AsyncSession, by: Actor, row: PaymentChannel, told: Told) -> PaymentLine:
    """The line that a call makes, or that is there already."""
    says = (told.kind.value, told.amount, told.original_id, row.estate_id)
    same = await rows.every(
        session, PaymentLine, by, "at", "id", firm_id=row.firm_id, channel=row.name,
        external_id=told.external_id,
    )  # fmt: skip
    readable = [one for one in same if one.state not in (LineState.bad, LineState.repeated)]
    for one in readable:
        if (one.kind, one.amount, one.original_id, one.estate_id) == says:
            return one
    line = PaymentLine(
        tenant_id=by.tenant_id, estate_id=row.estate_id, firm_id=row.firm_id, channel=row.name,
        kind=told.kind, external_id=told.external_id, original_id=told.original_id,
        amount=told.amount, paid_at=told.at, reference=told.reference,
        state=LineState.differing if readable else LineState.waiting,
    )  # fmt: skip
    session.add(line)
    await session.flush()
    if line.state == LineState.waiting:
        await recording.settle(session, by, [line])
    note = {"state": str(line.state), "line": str(line.id)}
    record(session, by, "payment_channel.called", row, acting=None, note=note)
    return line


def _told(body: bytes, now: datetime) -> Told:
    """The JSON of a call: id, amount in whole fen, at, reference, kind, original."""
    said = _object(body)
    amount, texts = said.get("amount"), _texts(said)
    at = moment_of(texts["at"])
    if said.get("currency", CURRENCY) != CURRENCY:
        raise CallUnreadable(field="currency")
    kind, original = texts["kind"] or LineKind.payment.value, texts["original"]
    if type(amount) is not int or not 0 < amount <= MOST_FEN:
        raise CallUnreadable(field="amount")
    if at is None or at.timestamp() > now.timestamp() + WINDOW_SECONDS:
        raise CallUnreadable(field="at")
    if kind not in {one.value for one in LineKind}:
        raise CallUnreadable(field="kind")
    if kind == LineKind.refund and original is None:
        raise CallUnreadable(field="original")
    return Told(
        str(texts["id"]), amount, min(at, now), texts["reference"], LineKind(kind), original
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise CallUnreadable(field="JSON")
    return said


def _texts(said: Mapping[str, Any]) -> dict[str, str | None]:
    """The texts of a call."""
    found = {name: said.get(name) for name in TEXTS}
    for name, value in found.items():
        is_text = isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()
        if not is_text and (value is not None or name in NEEDED):
            raise CallUnreadable(field=name)
    return found


async def _found(session: AsyncSession, by: Actor, channel: UUID) -> PaymentChannel:
    row = await rows.find(session, PaymentChannel, by, channel, for_update=True)
    if row.until is not None:
        raise ChannelClosed(id=f"PaymentChannel:{channel}")
    return row


def _renew(row: PaymentChannel, keys: Keys) -> str:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row.key_number = keys.number
    row.cipher = keys.seal(keys.number, secret, context=_context(row.id))
    return secret


def _secrets(row: PaymentChannel, keys: Keys, now: datetime) -> list[bytes]:
    """The secrets by which a call is proved at this moment."""
    found = [keys.open(row.key_number, row.cipher, context=_context(row.id))]
    if row.former_until is not None and now < row.former_until:
        found.append(keys.open(row.key_number, row.former_cipher, context=_former(row.id)))
    return [one.encode() for one in found if one]


def _reseal(row: PaymentChannel, keys: Keys) -> None:
    said = keys.open(row.key_number, row.cipher, context=_context(row.id)) or ""
    former = keys.open(row.key_number, row.former_cipher, context=_former(row.id))
    row.cipher = keys.seal(keys.number, said, context=_context(row.id))
    if former is not None:
        row.former_cipher = keys.seal(keys.number, former, context=_former(row.id))


def _context(row: UUID) -> str:
    return f"{row}:payment_channel"


def _former(row: UUID) -> str:
    return f"{row}:payment_channel_former"


resealing.SEALED[PaymentChannel] = _reseal

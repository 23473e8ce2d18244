"""Passes (凭条): addresses that let one file, or a meeting's minutes, in or out until a moment.

The installation signs them. Each key serves one county, one purpose and one moment, so that whoever
gets hold of one opens no more than that. The signature is an HMAC (RFC 2104), made here or by
PostgreSQL while it reads.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services import clock
from services.sealing import Master

BLOCK = 64
INNER, OUTER = bytes([0x36]) * BLOCK, bytes([0x5C]) * BLOCK
TOKEN = re.compile(r"([0-9a-f-]{36})\.([1-9][0-9]{0,10})\.([0-9a-f]{64})", re.ASCII)
UPLOAD_LASTS = timedelta(minutes=15)
# Reading addresses end with a whole minute, so that one key serves all that is read within it.
MINUTE, READ_MINUTES = 60, 5


class Purpose(StrEnum):
    """What a pass is good for."""

    upload = "upload"
    read = "read"
    minutes = "minutes"
    export = "export"
    evidence = "evidence"
    register_import = "register_import"
    register = "register"
    payment_file = "payment_file"


# Where each kind of pass is taken.
PATHS = {Purpose.upload: "files", Purpose.read: "files", Purpose.minutes: "minutes",
         Purpose.export: "audit", Purpose.evidence: "evidence",
         Purpose.register_import: "imports", Purpose.register: "registers",
         Purpose.payment_file: "payment-files"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signing:
    """What an address is made of around the row's id: HMAC's two keys, and the texts beside."""

    inner: bytes
    outer: bytes
    before: str
    after: str
    until: int

    def parts(self) -> list[bytes]:
        """All of it as one parameter of a statement, so that no two come of different moments."""
        texts = (self.before, self.after, str(self.until))
        return [self.inner, self.outer, *(text.encode() for text in texts)]


@dataclass(frozen=True, slots=True)
class Passes:
    """Makes passes and proves them; `url` is where the service is reached."""

    master: Master
    url: str

    def upload(
        self, tenant_id: UUID, slug: str, file: UUID, purpose: Purpose = Purpose.upload
    ) -> tuple[str, datetime]:
        """The address by which a file's bytes, or an import's, are put, and its end."""
        until = int((clock.now() + UPLOAD_LASTS).timestamp())
        signing = self._signing(tenant_id, slug, purpose, until)
        signature = self._sign(tenant_id, purpose, until, str(file))
        address = f"{signing.before}{file}{signing.after}{signature}"
        return address, datetime.fromtimestamp(until, UTC)

    def reading(self, tenant_id: UUID, slug: str, purpose: Purpose = Purpose.read) -> Signing:
        """What makes the addresses by which the county's files, or minutes, are read now."""
        minute = int(clock.now().timestamp()) // MINUTE
        return self._signing(tenant_id, slug, purpose, (minute + READ_MINUTES) * MINUTE)

    def prove(self, tenant_id: UUID, purpose: Purpose, token: str) -> UUID | None:
        """The row that this pass of the county is for; None where it isn't good or is over."""
        parts = TOKEN.fullmatch(token)
        if parts is None:
            return None
        id_, until, signature = parts[1], int(parts[2]), parts[3]
        expected = self._sign(tenant_id, purpose, until, id_)
        if not hmac.compare_digest(expected, signature) or clock.now().timestamp() >= until:
            return None
        return UUID(id_)

    def _signing(self, tenant_id: UUID, slug: str, purpose: Purpose, until: int) -> Signing:
        key = self._key(tenant_id, purpose, until).ljust(BLOCK, b"\0")
        before, after = f"{self.url}/{PATHS[purpose]}/{slug}/", f".{until}."
        return Signing(_mixed(key, INNER), _mixed(key, OUTER), before, after, until)

    def _sign(self, tenant_id: UUID, purpose: Purpose, until: int, id_: str) -> str:
        return hmac.digest(self._key(tenant_id, purpose, until), id_.encode(), "sha256").hex()

    def _key(self, tenant_id: UUID, purpose: Purpose, until: int) -> bytes:
        named = f"pass:{purpose}:{tenant_id}:{until}"
        return hmac.digest(self.master.secret, named.encode(), "sha256")


def passes_of(session: AsyncSession) -> Passes:
    """The maker of passes, as the door put it into the session."""
    passes: Passes = session.info["passes"]
    return passes


def _mixed(key: bytes, pad: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(key, pad, strict=True))

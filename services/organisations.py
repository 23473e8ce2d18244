"""Organisations (单位): companies and bodies that own property, builders with unsold stock too."""

import re
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import rows
from services.arguments import Length, Name, Of, Reason, Version
from services.errors import BadInput, Refused, Said
from services.events import record, state_of
from services.rows import made
from services.tables import NameType, Recorded

# GB 32100-2015: the digits and capitals of a unified social credit code, and their weights.
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE = re.compile(f"[{LETTERS}]{{18}}")
MODULUS, BASE = 31, 3


class Organisation(Recorded, table=True):
    """An organisation that may own property; `is_builder`: what it hasn't sold yet is its stock."""

    __tablename__ = "organisation"
    __table_args__: ClassVar[Any] = (
        Index("uq_organisation_code", "tenant_id", "code", unique=True),
        Index(None, "tenant_id", "name", "id"),
    )

    name: str = Field(max_length=80, sa_type=NameType)
    code: str = Field(max_length=18)
    is_builder: bool = False


class OrganisationKnown(Refused):
    """这个统一社会信用代码已登记为：{id}。
    An organisation with this code is registered already: {id}.
    """


OrganisationId = Annotated[UUID, Of("Organisation")]
Code = Annotated[
    str, Length(18, 18), "统一社会信用代码，18 位。 Its unified social credit code, 18 places."
]
IsBuilder = Annotated[bool, "是否建设单位。 Whether it built what it owns and hasn't sold."]


async def register(
    session: AsyncSession, by: Actor, *, name: Name, code: Code, is_builder: IsBuilder = False
) -> Organisation:
    """Register an organisation by its unified social credit code."""
    acting = may_register(by)
    code = checked(code)
    await _check_unknown(session, by, code)
    row = Organisation(**made(by, acting), name=name, code=code, is_builder=is_builder)
    session.add(row)
    record(session, by, "organisation.registered", row, acting=acting)
    return row


async def amend(
    session: AsyncSession,
    by: Actor,
    *,
    organisation: OrganisationId,
    reason: Reason,
    name: Name | None = None,
    is_builder: Annotated[bool | None, "是否建设单位。 Whether it is a builder."] = None,
    expected_version: Version = None,
) -> Organisation:
    """Correct an organisation's name, or whether it is a builder; its code never changes."""
    row = await rows.find(session, Organisation, by, organisation, for_update=True)
    acting = authorize(by, "amend", "organisations")
    row.check_version(expected_version)
    before = state_of(row)
    row.name = name or row.name
    row.is_builder = row.is_builder if is_builder is None else is_builder
    row.version += 1
    record(
        session, by, "organisation.amended", row, acting=acting, before=before,
        note={"reason": reason},
    )  # fmt: skip
    return row


def checked(code: str) -> str:
    """A code whose last place fits the others (GB 32100-2015, ISO 7064 modulus 31)."""
    given = code.upper()
    if not CODE.fullmatch(given):
        raise BadInput(
            argument="code",
            reason=Said("应是 18 位数字和大写字母，不含 I、O、S、V、Z",
                        "18 digits and capitals, without I, O, S, V and Z"),
        )  # fmt: skip
    total = sum(LETTERS.index(one) * pow(BASE, place, MODULUS) for place, one in
                enumerate(given[:-1]))  # fmt: skip
    if LETTERS[-total % MODULUS] != given[-1]:
        raise BadInput(
            argument="code",
            reason=Said("校验位不对，请核对", "its last place doesn't fit the others; check it"),
        )
    return given


async def _check_unknown(session: AsyncSession, by: Actor, code: str) -> None:
    same = await rows.every(session, Organisation, by, "id", code=code)
    if same:
        raise OrganisationKnown(id=f"Organisation:{same[0].id}")


def may_register(by: Actor) -> Held | None:
    """An organisation is of the whole county: whoever may register one anywhere may."""
    held_in = {post.unit_id for post in by.posts}
    return authorize(by, "register", "organisations", within=held_in)

"""Register exports (登记导出): the register of an estate as a table, for whoever keeps it.

Who had it made is on record, and for what purpose where numbers of people are in it in clear. The
table is written when it is fetched, as the register stands then, and only while whoever asked for
it may still have it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import authority, clock, rows, sealing, units
from services.arguments import Length, UnitId
from services.errors import Refused
from services.events import record
from services.ownerships import STATES, OwnershipState
from services.prepared import DRIVER
from services.property_units import USES, AreaSource, PropertyUse
from services.rows import made
from services.sealing import Keys
from services.tables import Recorded, moment, within_tenant
from services.units import UnitKind

LASTS = timedelta(hours=1)
SOME = 2_000
# What stands in the columns of the headings below, for some of the register's lines.
Lines: TypeAlias = Sequence[Sequence[str | float]]
SOURCES = {AreaSource.register: "登记", AreaSource.survey: "实测", AreaSource.contract: "合同"}
HEADINGS = (
    "房号", "建筑面积", "面积来源", "用途", "业主姓名", "身份证号", "联系电话", "单位名称",
    "统一社会信用代码", "共有份额", "产权证号", "取得日期", "核实",
)  # fmt: skip
LINES = """
select u.number, u.id as unit, u.area, u.area_source, u.use, o.id, o.numerator, o.denominator,
  o.ground, o.since, o.state, o.person_id, p.name, p.key_number, p.phone_cipher, p.identity_cipher,
  p.phone_masked, p.identity_masked, b.name as body, b.code
from (select * from property_unit
      where tenant_id = $1 and estate_id = $2 and until is null and (number, id) > ($3, $4)
      order by number, id limit $5) u
left join ownership o on o.tenant_id = $1 and o.property_unit_id = u.id and o.until is null
  and o.state <> 'rejected'
left join person p on p.tenant_id = $1 and p.id = o.person_id
left join organisation b on b.tenant_id = $1 and b.id = o.organisation_id
order by u.number, u.id, o.since, o.id"""


class RegisterExport(Recorded, table=True):
    """That somebody had an estate's register written out; with a purpose, in clear."""

    __tablename__ = "register_export"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "made_by", "made_at", "id"),
    )

    estate_id: UUID
    purpose: str | None = Field(default=None, max_length=500)
    good_until: datetime = moment()


class ExportOver(Refused, status=404):
    """这次导出已失效，请重新导出。
    This export is over. Ask for a new one.
    """


@dataclass(frozen=True, slots=True)
class Whose:
    """An export that may be fetched, by whom, and what its estate is called."""

    row: RegisterExport
    by: Actor
    estate: str


async def make(
    session: AsyncSession,
    by: Actor,
    *,
    estate: Annotated[UnitId, "小区。 The estate."],
    purpose: Annotated[
        str | None,
        Length(4, 500),
        "要证件号、电话原值的用途。 For what numbers are in clear.",
    ] = None,
) -> RegisterExport:
    """Have an estate's register written out as a table; numbers of people are masked, unless a
    purpose is given, which is put on record.
    """
    place = await units.find_fit(session, by, estate, kind=UnitKind.estate)
    path = await units.path_of(session, by, place.id)
    acting = authorize(by, "make", "register_exports", within=path)
    if purpose is not None:
        authorize(by, "reveal", "people", within=path)
    row = RegisterExport(
        **made(by, acting), estate_id=place.id, purpose=purpose, good_until=clock.now() + LASTS
    )
    session.add(row)
    record(session, by, "register_export.made", row, acting=acting)
    return row


async def fetch(session: AsyncSession, by: Actor, export: UUID) -> Whose:
    """An export that is about to be read: whoever had it made may have it still."""
    row = await rows.find(session, RegisterExport, by, export)
    if row.good_until <= clock.now():
        raise ExportOver()
    found = await authority.load(session, by.tenant_id, person_id=row.made_by, client_id=None)
    place = await units.find(session, by, row.estate_id)
    path = await units.path_of(session, by, place.id)
    acting = authorize(found.actor, "make", "register_exports", within=path)
    if row.purpose is not None:
        authorize(found.actor, "reveal", "people", within=path)
    record(session, found.actor, "register_export.fetched", row, acting=acting)
    return Whose(row, found.actor, place.name)


async def lines(session: AsyncSession, by: Actor, row: RegisterExport) -> AsyncIterator[Lines]:
    """The register's lines, some at a time: one for each owner, in the order of numbers."""
    keys = await sealing.keys(session, by.tenant_id)
    shown = replace(keys, by_number={}) if row.purpose is None else keys
    after: tuple[str, UUID] = ("", UUID(int=0))
    while True:
        found = await session.info[DRIVER].fetch(LINES, by.tenant_id, row.estate_id, *after, SOME)
        if not found:
            return
        after = found[-1]["number"], found[-1]["unit"]
        yield [_line(one, shown) for one in found]


def _line(row: Mapping[str, Any], keys: Keys) -> Sequence[str | float]:
    is_owned = row["id"] is not None
    share = f"{row['numerator']}/{row['denominator']}" if is_owned else ""
    since: date | None = row["since"]
    return (
        row["number"], float(row["area"]), SOURCES[AreaSource(row["area_source"])],
        USES[PropertyUse(row["use"])].zh, row["name"] or "", _number(row, keys, "identity"),
        _number(row, keys, "phone"), row["body"] or "", row["code"] or "", share,
        row["ground"] or "", since.isoformat() if since else "",
        STATES[OwnershipState(row["state"])].zh if is_owned else "",
    )  # fmt: skip


def _number(row: Mapping[str, Any], keys: Keys, of: str) -> str:
    """Someone's number: in clear by the keys, masked without."""
    if not keys.by_number or row[f"{of}_cipher"] is None:
        return row[f"{of}_masked"] or ""
    context = f"{row['person_id']}:{of}"
    return keys.open(row["key_number"], row[f"{of}_cipher"], context=context) or ""

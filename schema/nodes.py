"""What every type of the schema shares: the Node interface, and the language of a label."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Text, case, func, literal, select

from schema.reading.declare import Ask, Row, argument, computed, connection, identity, light
from schema.reading.pages import Connection
from services.errors import Label, Said
from services.events import Event as EventRow
from services.packs import Pack

if TYPE_CHECKING:
    from schema.events import Event

PACK = light(Pack)


@strawberry.enum(description="标签的语言。 The language of a label.")
class Language(Enum):
    """The language of a label."""

    ZH = "zh"
    EN = "en"


@strawberry.enum(description="经过按什么排序。 By what a history is ordered.")
class HistoryOrder(Enum):
    """By what a history is ordered."""

    AT = "at"


@strawberry.interface(description="有全局编号的对象。 Whatever has a global id.")
class Node:
    """Whatever has a global id."""

    id: strawberry.ID = identity()
    history: Connection[Annotated["Event", strawberry.lazy("schema.events")]] = connection(
        EventRow.object_id,
        HistoryOrder,
        "经过：对它做过的每一件事，审计员可见。 Everything that was done to it, for auditors.",
    )


def label(section: str, column: str, description: str, *keys: str) -> Any:
    """What the county's pack calls the value of a column, in the language asked for.

    It is looked for under each of the keys, `labels` if none is named; one with a dot is of another
    section.
    """

    def build(ask: Ask, row: Row) -> ColumnElement[Any]:
        language = ask.argument("language", Text())
        paths = [key.split(".") if "." in key else [section, key] for key in keys or ("labels",)]
        found = [_text(ask, path, row[column], language) for path in paths]
        return func.coalesce(*found, row[column])

    return computed(build, description, _in_language())


def county_name(section: str, key: str, otherwise: Label, description: str) -> Any:
    """What the county's pack calls things of this kind, in the language asked for."""

    def build(ask: Ask, row: Row) -> ColumnElement[Any]:
        language = ask.argument("language", Text())
        ours = case((language == "en", literal(otherwise.en)), else_=literal(otherwise.zh))
        return func.coalesce(_text(ask, [section, key], language), ours)

    return computed(build, description, _in_language())


def worded(column: str, said: Mapping[str, Said], description: str) -> Any:
    """What the product calls the value of a column, in the language asked for; the value itself
    where it has no word for it.
    """

    def build(ask: Ask, row: Row) -> ColumnElement[Any]:
        is_english = ask.argument("language", Text()) == "en"
        both = {
            str(value): case((is_english, literal(one.en)), else_=literal(one.zh))
            for value, one in said.items()
        }
        return case(both, value=row[column], else_=row[column])

    return computed(build, description, _in_language())


def spoken(name: str, description: str) -> Any:
    """Words of a service's answer, in the language asked for."""

    def build(ask: Ask, row: Row) -> ColumnElement[Any]:
        is_english = ask.argument("language", Text()) == "en"
        return case((is_english, row[f"{name}_en"]), else_=row[f"{name}_zh"])

    return computed(build, description, _in_language())


def _in_language() -> Any:
    return argument("language", Language, "语言，默认中文。 Language; Chinese.", Language.ZH)


def _text(ask: Ask, path: Sequence[str], *names: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text of the county's active pack; null where the pack has no word for it."""
    pack = PACK.alias()
    found = func.jsonb_extract_path_text(pack.c.document, *path, *names)
    active = select(found).where(pack.c.tenant_id == ask.tenant, pack.c.until.is_(None))
    return active.correlate_except(pack).scalar_subquery()

"""Mutations: each is one command of a service, and its arguments are the command's own.

A command's signature says names, types, lengths and what each argument is for; here it becomes
GraphQL arguments, and their coerced values become the command's keyword arguments again.
"""

import inspect
import types
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry
from strawberry.scalars import JSON
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from schema.reading.declare import Question, Subject, argument, given, source
from schema.reading.scalars import BigInt
from schema.reading.values import key_of, parse_id
from services.arguments import (
    Decimals,
    GraphQLText,
    Length,
    ObjectId,
    Of,
    Whole,
    WrongText,
    clean_text,
)
from services.errors import BadInput, Said

KEY = "command"
LONGEST = 20_000
FIRST_YEAR, LAST_YEAR = 1900, 2200
COMMAND_ID = "command_id"
ABOUT_COMMAND_ID = (
    "您自己的编号；同一编号重复提交不会再改一次。 Your own id: said again, it changes nothing."
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command: its type, and what else the command says of it."""

    name: str
    type_: Any
    is_list: bool
    is_optional: bool
    default: Any
    of: str | None
    length: Length | None
    decimals: Decimals | None
    whole: Whole | None
    is_document: bool
    description: str

    @property
    def graphql_name(self) -> str:
        """As a caller writes it."""
        return to_camel_case(self.name)

    @property
    def annotation(self) -> Any:
        """The type as Strawberry takes it."""
        known = {UUID: strawberry.ID, ObjectId: strawberry.ID, dict: JSON}
        one = BigInt if self.whole else known.get(self.type_, self.type_)
        many = list[one] if self.is_list else one  # type: ignore[valid-type]
        return many | None if self.is_optional else many

    def value(self, given: Any) -> Any:
        """A coerced GraphQL value as the command takes it; `BadInput` where it breaks a limit."""
        if given is None:
            return None
        return [self._one(each) for each in given] if self.is_list else self._one(given)

    def _one(self, given: Any) -> Any:
        if self.type_ is UUID:
            if self.of is None:
                return parse_id(given, self.graphql_name)[1]
            return key_of(given, self.graphql_name, self.of)
        if self.type_ is ObjectId:
            return ObjectId(*parse_id(given, self.graphql_name))
        if isinstance(given, str) and not isinstance(given, StrEnum):
            return self._text(given)
        if isinstance(given, date):
            return self._in_our_times(given)
        if isinstance(given, Decimal):
            return self._exact(given)
        if self.whole is not None:
            return self._whole(given, self.whole)
        return given

    def _whole(self, given: int, limits: Whole) -> int:
        if not limits.least <= given <= limits.most:
            least, most = limits.least, limits.most
            reason = Said(f"应在 {least} 到 {most} 之间", f"between {least} and {most}")
            raise BadInput(argument=self.graphql_name, reason=reason)
        return given

    def _exact(self, given: Decimal) -> Decimal:
        """A number as it can be kept, with nothing rounded away."""
        limits = self.decimals
        assert limits is not None  # noqa: S101 - every number says how exact it is
        is_kept = given.is_finite() and 0 < given <= limits.most
        kept = given.quantize(Decimal(1).scaleb(-limits.places)) if is_kept else None
        if kept is None or kept != given:
            most, places = limits.most, limits.places
            reason = Said(
                f"应大于 0、不超过 {most}，小数不超过 {places} 位",
                f"above nought, {most} at most, with {places} decimal places at most",
            )
            raise BadInput(argument=self.graphql_name, reason=reason)
        return kept

    def _in_our_times(self, given: date) -> date:
        """A day or moment that somebody could mean; a moment says how far from UTC its clock is."""
        if isinstance(given, datetime) and given.tzinfo is None:
            raise BadInput(
                argument=self.graphql_name,
                reason=Said("须带时区，如 +08:00", "needs an offset, as +08:00"),
            )
        if not FIRST_YEAR <= given.year <= LAST_YEAR:
            first, last = FIRST_YEAR, LAST_YEAR
            reason = Said(f"应在 {first} 到 {last} 年之间", f"between the years {first} and {last}")
            raise BadInput(argument=self.graphql_name, reason=reason)
        return given

    def _text(self, given: str) -> str:
        try:
            return clean_text(given, self.length or Length(0, LONGEST))
        except WrongText as refused:
            raise BadInput(argument=self.graphql_name, reason=refused.said) from None


@dataclass(frozen=True, slots=True)
class Command:
    """A service's command with its arguments read off its signature."""

    run: Callable[..., Awaitable[Any]]
    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, run: Callable[..., Awaitable[Any]]) -> "Command":
        """Read the signature: all that is keyword-only is an argument."""
        hints = get_type_hints(run, include_extras=True)
        named = inspect.signature(run).parameters.values()
        keyword_only = [p for p in named if p.kind is inspect.Parameter.KEYWORD_ONLY]
        return cls(run, tuple(_parameter(p, hints[p.name]) for p in keyword_only))

    @property
    def capability(self) -> str:
        """The service that it is of, as in the policies: `units`."""
        return self.run.__module__.split(".")[1]

    @property
    def verb(self) -> str:
        """What it does, as in the policies: `found`."""
        return self.run.__name__.rstrip("_")

    @property
    def name(self) -> str:
        """Both together: `units.found`."""
        return f"{self.capability}.{self.verb}"

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The command's keyword arguments from coerced GraphQL values; what is absent stays so."""
        return {
            p.name: p.value(given[p.graphql_name])
            for p in self.parameters
            if p.graphql_name in given
        }

    def documents(self, arguments: Mapping[str, Any]) -> list[str]:
        """Those of the arguments that are GraphQL documents."""
        return [arguments[p.name] for p in self.parameters if p.is_document and p.name in arguments]


def command(run: Callable[..., Awaitable[Any]], description: str) -> Any:
    """A mutation field that is a service's command."""
    declared = Command.of(run)
    field: StrawberryField = strawberry.field(description=description, metadata={KEY: declared})
    own = [_argument(parameter) for parameter in declared.parameters]
    said_again = argument(COMMAND_ID, strawberry.ID | None, ABOUT_COMMAND_ID)
    field.arguments = [*own, said_again]
    return field


def question(
    run: Callable[..., Awaitable[Any]], description: str, about: Subject | None = None
) -> Any:
    """A field of Query that a service answers: what can't be one statement and changes nothing.

    `about` says which object whoever asks must see, if any.
    """
    declared = Command.of(run)
    asked = Question(run, declared.arguments, about)
    field: StrawberryField = source(asked, description, *map(_argument, declared.parameters))
    field.metadata = MappingProxyType({**field.metadata, KEY: declared})
    return field


def made(name: str, description: str) -> Any:
    """A value that a command has just made and that is shown this once."""
    return given(lambda call: getattr(call.given, name, None), description)


def _argument(parameter: Parameter) -> StrawberryArgument:
    is_required = parameter.default is inspect.Parameter.empty
    default = strawberry.UNSET if is_required or parameter.default is None else parameter.default
    made_: StrawberryArgument = argument(
        parameter.name, parameter.annotation, parameter.description, default
    )
    return made_


def _parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    notes: list[Any] = []
    type_, is_list, is_optional = _unwrap(hint, notes)
    words = [note for note in notes if isinstance(note, str)]
    of = next((note.type_name for note in notes if isinstance(note, Of)), None)
    return Parameter(
        name=parameter.name,
        type_=type_,
        is_list=is_list,
        is_optional=is_optional,
        default=parameter.default,
        of=of,
        length=next((note for note in notes if isinstance(note, Length)), None),
        decimals=next((note for note in notes if isinstance(note, Decimals)), None),
        whole=next((note for note in notes if isinstance(note, Whole)), None),
        is_document=any(isinstance(note, GraphQLText) for note in notes),
        description=words[0] if words else _words_for(parameter.name, of),
    )


def _unwrap(hint: Any, notes: list[Any]) -> tuple[Any, bool, bool]:
    """The innermost type of a hint, whether it is a list, whether it may be left out."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *said = get_args(hint)
        notes.extend(said)
        return _unwrap(inner, notes)
    if origin in (Union, types.UnionType):
        inner = next(part for part in get_args(hint) if part is not type(None))
        type_, is_list, _ = _unwrap(inner, notes)
        return type_, is_list, True
    if origin is list:
        type_, _, _ = _unwrap(get_args(hint)[0], notes)
        return type_, True, False
    return (origin or hint), False, False


WORDS = {
    "unit": "组织单元。 The unit.",
    "person": "人员。 The person.",
    "post": "职务。 The post.",
    "appointment": "任职。 The appointment.",
    "name": "名称。 The name.",
    "title": "名称。 The title.",
    "text": "正文。 The text.",
    "parent": "上级单元。 The unit above it.",
    "property_unit": "专有部分。 The property unit.",
    "ownership": "产权。 The ownership.",
    "organisation": "单位。 The organisation.",
}


def _words_for(name: str, of: str | None) -> str:
    return WORDS.get(name, f"{of or name}。")

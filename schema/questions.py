"""Questions (询问): fields of Query that a service answers, before the statement that renders them.

For what can't be one statement and changes nothing; who may ask is the service's to say.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Denied
from schema.errors import refusal
from schema.reading.answer import Asked
from schema.reading.call import Call
from schema.reading.paths import placed
from schema.reading.values import as_json
from services.arguments import ObjectId
from services.errors import NotFound, Said

# The id of nothing.
NOTHING = UUID(int=0)
Sees = Callable[[str], Awaitable[bool]]


async def answer(asked: Asked, session: AsyncSession, call: Call, sees: Sees) -> str:
    """The answer to one question as JSON; who may not ask is refused at its place.

    `sees` says of a global id whether whoever asks sees that object: what they don't see is to them
    as if it weren't there; where the question is quiet about that, it is asked of nothing.
    """
    with placed(asked.path):
        arguments = asked.question.arguments(call.arguments(asked.field, asked.node))
        about = asked.question.about and asked.question.about(call.actor, arguments)
        if about is not None and not await sees(f"{about.type_name}:{about.id}"):
            if not about.is_quiet:
                raise NotFound(id=f"{about.type_name}:{about.id}")
            arguments = {**arguments, about.argument: ObjectId(about.type_name, NOTHING)}
        try:
            found = await asked.question.run(session, call.actor, **arguments)
        except Denied as denied:
            raise refusal(denied) from denied
    return json.dumps(_plain(found), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """What a service answers as JSON has it; words in both languages under `zh` and `en`."""
    match value:
        case Said():
            return {"zh": value.zh, "en": value.en}
        case UUID():
            return str(value)
        case datetime():
            return as_json(value)
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case tuple() if hasattr(value, "_asdict"):
            return _spread(value._asdict())
        case list() | tuple() | frozenset():
            return [_plain(one) for one in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _spread({name: getattr(value, name) for name in value.__dataclass_fields__})
        case _:
            return value


def _spread(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a record; those of its words stand beside the others."""
    found: dict[str, Any] = {}
    for name, member in members.items():
        plain = _plain(member)
        if isinstance(member, Said):
            found |= {f"{name}_{language}": text for language, text in plain.items()}
        else:
            found[name] = plain
    return found

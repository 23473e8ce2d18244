"""The one place that turns what was raised into what a caller reads: code, message, path."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from graphql import GraphQLError

from policies import Denied
from services.errors import Forbidden, ForbiddenHere, Internal, Refused, Said

log = logging.getLogger("sanfang")


def refusal(raised: Exception) -> Refused:
    """What was raised as a refusal; the unknown is logged under an id and shows nothing else."""
    if isinstance(raised, Refused):
        return raised
    if isinstance(raised, Denied):
        forbidden = ForbiddenHere if raised.is_elsewhere else Forbidden
        return forbidden(object=raised.object, action=raised.action)
    number = uuid4().hex[:12]
    log.error("unexpected error %s", number, exc_info=raised)
    return Internal(id=number)


def describe(
    refused: Refused, language: str, path: Sequence[str | int] | None = None
) -> dict[str, Any]:
    """A refusal as a member of `errors`."""
    described: dict[str, Any] = {"message": refused.message(language)}
    if path:
        described["path"] = list(path)
    facts = {
        name: _told(value, language)
        for name, value in refused.facts.items()
        if isinstance(value, str | int | datetime | Said) and name != "path"
    }
    return described | {"extensions": {"code": refused.code, **facts}}


def _told(fact: Any, language: str) -> Any:
    """A fact as JSON has it: its code or words in the language, a moment in its one form."""
    if isinstance(fact, Said):
        return fact.code or fact.to(language)
    return fact.isoformat() if isinstance(fact, datetime) else fact


def describe_graphql(error: GraphQLError, refused: Refused, language: str) -> dict[str, Any]:
    """An error of the document with the places that it is about."""
    described = describe(refused, language)
    if error.locations:
        described["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    return described


def listing() -> str:
    """Every code that a caller can meet, as a table in Markdown; of the classes loaded so far."""
    rows = sorted(
        f"| `{refused.code}` | {refused.text('zh')} | {refused.text('en')} |"
        for refused in _refusals(Refused)
    )
    heads = (
        "# Codes in `errors[].extensions.code`",
        "",
        "| code | 中文 | English |",
        "|---|---|---|",
    )
    return "\n".join((*heads, *rows, ""))


def _refusals(parent: type[Refused]) -> Iterator[type[Refused]]:
    for child in parent.__subclasses__():
        yield child
        yield from _refusals(child)


def language_of(accept_language: str | None) -> str:
    """`zh` or `en`, whichever the caller would rather read; Chinese where they don't say."""
    wishes: list[tuple[float, str]] = []
    for part in (accept_language or "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        if language in ("zh", "en"):
            wishes.append((_quality(quality), language))
    best = max(wishes, key=lambda wish: wish[0], default=(1.0, "zh"))
    return best[1] if best[0] > 0 else "zh"


def _quality(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0

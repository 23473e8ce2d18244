"""Where in an answer a refusal belongs: the keys from the root, as the executor would name them.

A read is refused whole, before any row is known: no index of a list stands in the path.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from schema.reading.call import Call
from services.errors import BadInput, Forbidden, VariablesRefused

Path: TypeAlias = tuple[str, ...]
REFUSALS = (BadInput, Forbidden, VariablesRefused)


@contextmanager
def placed(path: Sequence[str]) -> Iterator[None]:
    """What is refused inside is refused at this path, unless it came with one."""
    try:
        yield
    except REFUSALS as refused:
        refused.facts.setdefault("path", list(path))
        raise


def find(asked: Iterable[tuple[Path, Callable[[Call], Any]]], call: Call) -> None:
    """Ask one by one what was refused together, so that it is refused at its place."""
    for path, get in asked:
        with placed(path):
            get(call)

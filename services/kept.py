"""What a process keeps in memory (缓存): so many entries at most, the ones used last."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")
KEPT = 10_000


class Kept(Generic[KeyT, ValueT]):
    """The entries used last, so many at most."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._entries: OrderedDict[KeyT, ValueT] = OrderedDict()

    def get(self, key: KeyT) -> ValueT | None:
        """The entry, now the one used last."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: KeyT, value: ValueT) -> ValueT:
        """Keep an entry in place of the one that was used longest ago."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
        return value

    def drop(self, key: KeyT) -> None:
        """Keep it no longer."""
        self._entries.pop(key, None)

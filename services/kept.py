"""What a process keeps in memory (缓存): so many entries and bytes at most, the ones used last."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")
KEPT = 10_000


class Kept(Generic[KeyT, ValueT]):
    """The entries used last, so many at most, and of so many bytes where these are said."""

    def __init__(self, most: int = KEPT, most_bytes: int | None = None) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._entries: OrderedDict[KeyT, ValueT] = OrderedDict()
        self._weights: dict[KeyT, int] = {}
        self._bytes = 0

    def get(self, key: KeyT) -> ValueT | None:
        """The entry, now the one used last."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: KeyT, value: ValueT, weight: int = 0) -> ValueT:
        """Keep an entry of so many bytes in place of those that were used longest ago."""
        self.drop(key)
        self._entries[key] = value
        if self._most_bytes is not None:
            self._weights[key] = weight
            self._bytes += weight
        while len(self._entries) > self._most or self._is_too_heavy():
            self.drop(next(iter(self._entries)))
        return value

    def drop(self, key: KeyT) -> None:
        """Keep it no longer."""
        self._entries.pop(key, None)
        self._bytes -= self._weights.pop(key, 0)

    def _is_too_heavy(self) -> bool:
        return self._most_bytes is not None and self._bytes > self._most_bytes

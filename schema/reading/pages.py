"""Relay connections (分页): the types that every list shares."""

from enum import Enum
from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.enum(description="排序方向。 Which way a list is ordered.")
class Direction(Enum):
    """Which way a list is ordered."""

    ASC = "asc"
    DESC = "desc"


@strawberry.type(description="这一页在整个列表中的位置。 Where a page stands in its list.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="列表中的一项。 One place of a list.")
class Edge(Generic[T]):
    """One place of a list: the object, and the cursor to go on from."""

    cursor: str
    node: T


@strawberry.type(description="一页列表。 A page of a list.")
class Connection(Generic[T]):
    """A page of a list; `total_count` costs a count of its own and only when selected."""

    edges: list[Edge[T]]
    nodes: list[T]
    page_info: PageInfo
    total_count: int

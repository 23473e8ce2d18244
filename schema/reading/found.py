"""Finding (查得): rows by what a select finds, where a whole list is gathered from a reader's part.

PostgreSQL answers `column = any(array(...))` by an index, but not two of them joined by OR: then it
may read the whole county and compare each row with all that was found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, union_all

Finds: TypeAlias = "Select[Any] | CompoundSelect[Any]"


@dataclass(frozen=True, slots=True)
class Found:
    """The column is among what a select finds; SQLAlchemy takes it for that condition."""

    column: ColumnElement[Any]
    among: Finds

    def __clause_element__(self) -> ColumnElement[bool]:
        """The condition."""
        return self.column == func.any(func.array(self.among.scalar_subquery()))


Condition: TypeAlias = "ColumnElement[bool] | Found"


def either(conditions: Sequence[Condition]) -> Condition:
    """Any of at least one; what is found for the same column is one find."""
    others = [one for one in conditions if not isinstance(one, Found)]
    finds: dict[ColumnElement[Any], list[Finds]] = {}
    for one in conditions:
        if isinstance(one, Found):
            finds.setdefault(one.column, []).append(one.among)
    joined = [Found(column, union_all(*each)) for column, each in finds.items()]
    return joined[0] if len(joined) == 1 and not others else or_(*others, *joined)

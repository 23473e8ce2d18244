"""One running of a plan: who asks, the values of the variables, and what it may touch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, Node, VariableNode
from graphql.execution.values import VariableValues, get_argument_values

from policies import Actor
from schema.wording import said
from services.errors import VariablesRefused
from services.passes import Passes
from services.standing import Authority

Hashes = Callable[[str], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class PageLimits:
    """How many rows a page has if nobody says, and at most; and how many a query may touch."""

    default: int = 20
    most: int = 100
    cost: int = 20_000


@dataclass(slots=True)
class Call:
    """One running of a plan: who asks, the coerced variables, and what a mutation has just made.

    `origin` is where the caller sent it from; `answers` are what questions of the document were
    answered, by their places. `rows` is what its plans may touch so far, `objects` those of the
    policies that they read; `charge` takes them from the caller's allowance, of which
    `left` is what remains. `toil` is told of how many tables a plan was made anew. `passes` sign
    the addresses of files and minutes.
    """

    authority: Authority
    variables: VariableValues
    page: PageLimits
    given: Any = None
    answers: dict[int, str] = field(default_factory=dict)
    hashes: Hashes | None = None
    origin: str | None = None
    passes: Passes | None = None
    constants: dict[int, dict[str, Any] | None] = field(default_factory=dict)
    charge: Callable[[int], int | None] | None = None
    toil: Callable[[int], None] | None = None
    rows: int = 0
    objects: set[str] = field(default_factory=set)
    left: int | None = None
    _arguments: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.authority.actor

    def spend(self, rows: int) -> None:
        """Reckon with so many rows more, before the database is asked for them."""
        self.rows += rows
        if self.charge is not None:
            self.left = self.charge(rows)

    def arguments(self, definition: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """The coerced arguments at one place of the document, read once in a running.

        Those in which no variable stands are the same in every running: `constants`.
        """
        place = id(node)
        known = self.constants.get(place)
        if known is None:
            known = self._arguments.get(place)
        if known is None:
            try:
                known = get_argument_values(definition, node, self.variables)
            except GraphQLError as error:
                # A variable is null, and may be, where this argument may not.
                raise VariablesRefused(reason=said(error.message)) from None
            self._arguments[place] = known
            if place not in self.constants:
                self.constants[place] = None if _names_a_variable(node.arguments) else known
        return known


def _names_a_variable(arguments: Sequence[Node] | None) -> bool:
    waiting: list[Any] = list(arguments or ())
    while waiting:
        node = waiting.pop()
        if isinstance(node, VariableNode):
            return True
        for key in node.keys:
            inner = getattr(node, key)
            waiting += inner if isinstance(inner, tuple | list) else [inner]
        waiting = [node for node in waiting if isinstance(node, Node)]
    return False

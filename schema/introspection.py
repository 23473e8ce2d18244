"""The schema's description of itself: the one thing that graphql-core executes.

Whoever asks gets the same, so that it needs no county. What is read beside it isn't executed here.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    execute_sync,
)
from graphql.execution.values import VariableValues

from schema.limits import DESCRIBED
from schema.reading import Document, QueryTooCostly, Wanted
from schema.wording import said
from services.errors import DocumentRefused

# The types of variables that the description's arguments and the directives can take.
USABLE = ("Boolean", "String")
TYPENAME = "__typename"
VALUES_A_ROW = 4


class _Enough(BaseException):
    """Ends an execution at once: the executor takes every Exception for one field's."""


def is_described(want: Wanted) -> bool:
    """Whether this is of the schema's description."""
    return want.name in DESCRIBED


def needs_no_county(wanted: Sequence[Wanted]) -> bool:
    """Whether nothing of any county is asked for."""
    return all(want.name == TYPENAME or is_described(want) for want in wanted)


async def describe(
    schema: GraphQLSchema,
    document: Document,
    operation: OperationDefinitionNode,
    wanted: Sequence[Wanted],
    variables: VariableValues,
    most_rows: int,
) -> tuple[dict[str, Any], int]:
    """What is wanted of the schema, by its keys, and how many rows it stands for.

    It runs beside the loop, for it can take a while.
    """
    return await asyncio.to_thread(
        _executed,
        schema,
        _only(document.node, operation, wanted),
        dict(variables.coerced),
        most_rows * VALUES_A_ROW,
        most_rows,
    )


def _only(
    document: DocumentNode, operation: OperationDefinitionNode, wanted: Sequence[Wanted]
) -> DocumentNode:
    """A document of these fields alone, wherever in fragments they stand."""
    fields = tuple(node for want in wanted for node in want.nodes)
    alone = OperationDefinitionNode(
        operation=operation.operation,
        variable_definitions=tuple(
            defined for defined in operation.variable_definitions or () if _is_usable(defined)
        ),
        selection_set=SelectionSetNode(selections=fields),
    )
    fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    return DocumentNode(definitions=(alone, *fragments))


def _is_usable(defined: VariableDefinitionNode) -> bool:
    type_: Any = defined.type
    while hasattr(type_, "type"):
        type_ = type_.type
    return type_.name.value in USABLE


def _executed(
    schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any], most: int, limit: int
) -> tuple[dict[str, Any], int]:
    left = most

    def counted(resolve: Callable[..., Any], source: Any, info: Any, **given: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise _Enough
        return resolve(source, info, **given)

    try:
        found = execute_sync(schema, document, variable_values=variables, middleware=[counted])
    except _Enough:
        raise QueryTooCostly(cost=limit + 1, limit=limit) from None
    assert isinstance(found, ExecutionResult)  # noqa: S101
    if found.errors or found.data is None:
        reason = said(*(error.message for error in found.errors or ()))
        raise DocumentRefused(reason=reason, errors=found.errors)
    return found.data, (most - left) // VALUES_A_ROW

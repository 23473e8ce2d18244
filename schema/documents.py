"""Documents: parsed, checked against the schema and the limits, kept once seen twice."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.extensions.max_aliases import create_validator as most_aliases
from strawberry.extensions.query_depth_limiter import create_validator as most_depth

from schema.reading import Bounded, Document
from services.errors import DocumentRefused, DocumentTooLarge, MalformedRequest, VariablesRefused


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and deep a document may be."""

    depth: int = 12
    aliases: int = 60
    tokens: int = 4000


class Documents:
    """Turns a text into a validated document."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, size: int = 2048) -> None:
        self.schema, self.limits = schema, limits
        self._kept: Bounded[Document] = Bounded(size)
        self._limits = [most_depth(limits.depth, None), most_aliases(limits.aliases)]

    def read(self, text: str) -> Document:
        """The document of a text; `DocumentRefused` carries what is wrong and where."""
        kept = self._kept.get(text)
        if kept is None:
            kept = Document(text, self._checked(self._parsed(text)))
            self._kept.admit(text, kept)
        return kept

    def variables(
        self, operation: OperationDefinitionNode, given: dict[str, Any]
    ) -> VariableValues:
        """The coerced values of an operation's variables."""
        found = get_variable_values(self.schema, operation.variable_definitions or (), given)
        if isinstance(found, list):
            raise VariablesRefused(reason="; ".join(error.message for error in found[:5]))
        return found

    def _parsed(self, text: str) -> DocumentNode:
        try:
            return parse(text, max_tokens=self.limits.tokens)
        except GraphQLError as error:
            if "token limit" in error.message or "tokens" in error.message:
                reason = f"over {self.limits.tokens} tokens"
                raise DocumentTooLarge(reason=reason) from None
            raise DocumentRefused(reason=error.message, errors=[error]) from None
        except RecursionError:
            raise DocumentTooLarge(reason="nested too deep") from None

    def _checked(self, node: DocumentNode) -> DocumentNode:
        visit(node, _NoNul())
        errors = validate(self.schema, node, specified_rules, max_errors=20)
        if errors:
            reason = "; ".join(error.message for error in errors[:3])
            raise DocumentRefused(reason=reason, errors=errors)
        beyond = validate(self.schema, node, self._limits)
        if beyond:
            raise DocumentTooLarge(reason=beyond[0].message)
        return node


class _NoNul(Visitor):
    """PostgreSQL keeps no NUL in a text; an escaped one is refused here."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """Look at one text of the document."""
        if "\x00" in node.value:
            raise MalformedRequest(reason="a text holds the character NUL, which can't be stored")

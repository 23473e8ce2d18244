"""Documents: parsed, checked against the schema and the limits, kept once seen twice."""

from collections.abc import Sequence
from sys import getsizeof
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values

from schema import limits as limiting
from schema.limits import MOST_NESTED, NESTED, Limits
from schema.reading import Bounded, Document
from schema.wording import said
from services.errors import (
    DocumentRefused,
    DocumentTooLarge,
    MalformedRequest,
    Said,
    VariablesRefused,
)

# Compared each with each are only the fields of a document that is right in all else.
MERGING = [OverlappingFieldsCanBeMergedRule]
ALL_ELSE = [rule for rule in specified_rules if rule not in MERGING]
MOST_ERRORS = 10
MOST_WRONG_VALUES = 5
WORDS = Said("词数太多", "too many tokens")
# A token of a parsed document takes about so many bytes: its node, its place, its links.
BYTES_OF_A_TOKEN = 600


class Documents:
    """Turns a text into a validated document."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, size: int = 2048) -> None:
        self.schema, self.limits = schema, limits
        self._kept: Bounded[Document] = Bounded(size)

    def read(self, text: str, *, hide_suggestions: bool = False) -> Document:
        """The document of a text; `DocumentRefused` carries what is wrong and where.

        Suggestions name fields and types of the schema; they are for those who may ask for it.
        """
        kept = self._kept.get(text)
        if kept is None:
            kept = self._checked(text, hide_suggestions)
            self._kept.admit(text, kept, getsizeof(text) + kept.node.token_count * BYTES_OF_A_TOKEN)
        return kept

    def variables(
        self,
        operation: OperationDefinitionNode,
        given: dict[str, Any],
        *,
        hide_suggestions: bool = False,
    ) -> VariableValues:
        """The coerced values of an operation's variables."""
        limiting.check_values(given, self.limits)
        found = get_variable_values(
            self.schema,
            operation.variable_definitions or (),
            given,
            max_errors=MOST_WRONG_VALUES,
            hide_suggestions=hide_suggestions,
        )
        if isinstance(found, list):
            raise VariablesRefused(reason=said(*(error.message for error in found)))
        return found

    def _parsed(self, text: str) -> DocumentNode:
        if len(text) > self.limits.characters:
            what = Said(f"{len(text)} 个字符", f"{len(text)} characters")
            raise DocumentTooLarge(what=what, limit=self.limits.characters)
        try:
            return parse(text, max_tokens=self.limits.tokens)
        except GraphQLError as error:
            if "tokens" in error.message:
                raise DocumentTooLarge(what=WORDS, limit=self.limits.tokens) from None
            if "nested too deeply" in error.message:
                raise DocumentTooLarge(what=NESTED, limit=MOST_NESTED) from None
            raise DocumentRefused(reason=said(error.message), errors=[error]) from None

    def _checked(self, text: str, hide: bool) -> Document:
        node = self._parsed(text)
        visit(node, _NoNul())
        scales = limiting.check(node, self.limits)
        self._validate(node, ALL_ELSE, hide)
        limiting.check_pairs(node)
        self._validate(node, MERGING, hide)
        return Document(text, node, scales.describes)

    def _validate(
        self, node: DocumentNode, rules: Sequence[type[ASTValidationRule]], hide: bool
    ) -> None:
        errors = validate(self.schema, node, rules, max_errors=MOST_ERRORS, hide_suggestions=hide)
        if errors and errors[-1].message == "Validation aborted.":
            raise DocumentTooLarge(what=NESTED, limit=MOST_NESTED)
        if errors:
            reason = said(*(error.message for error in errors[:3]))
            raise DocumentRefused(reason=reason, errors=errors)


class _NoNul(Visitor):
    """PostgreSQL keeps no NUL in a text; an escaped one is refused here."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """Look at one text of the document."""
        if "\x00" in node.value:
            raise MalformedRequest(
                reason=Said(
                    "文字里有不能保存的空字符（NUL）",
                    "a text holds the character NUL, which can't be stored",
                )
            )

"""A document is weighed in one pass, whatever it is: valid or not, however its fragments meet."""

import pytest
from graphql import get_introspection_query, parse

import schema
from schema import documents, limits
from schema.documents import Documents
from schema.limits import Limits
from services.errors import DocumentRefused, DocumentTooLarge, Refused

BUILT = schema.build()._schema
LINKED = ("grid", "estate", "branch", "committee", "firm")


def read(text: str, **known: int) -> None:
    Documents(BUILT, Limits(**known)).read(text)


def chained(many: int, spreads: int, last: str = "__typename") -> str:
    """Fragments that each spread the next one so many times."""
    body = " ".join(
        f"fragment F{i} on Query {{ {' '.join([f'...F{i + 1}'] * spreads)} }}" for i in range(many)
    )
    return f"{{ ...F0 }} {body} fragment F{many} on Query {{ {last} }}"


def linked(levels: int) -> str:
    """Units of units of units: five times as many at each level."""
    body = " ".join(
        f"fragment F{i} on Unit {{ linkages(first: 0) {{ nodes {{"
        f" {' '.join(f'{name} {{ ...F{i + 1} }}' for name in LINKED)} }} }} }}"
        for i in range(levels)
    )
    return f"{{ units {{ nodes {{ ...F0 }} }} }} {body} fragment F{levels} on Unit {{ name }}"


class TestWork:
    """What it takes is counted, for a clock would say something else every day."""

    def test_a_hundred_fragments_that_double_are_weighed_once_each(self) -> None:
        document = parse(chained(100, 2))
        scales = limits.Scales.of(document)
        whole = limits.Weight()
        for operation in limits._operations(document):
            whole = whole.beside(scales.weigh(operation.selection_set))
        assert scales.steps == 1 + 2 * 100 + 1
        assert whole.fields > 2**100

    def test_they_are_refused_before_they_are_validated(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(*_: object, **__: object) -> None:
            raise AssertionError("validated")

        monkeypatch.setattr(documents, "validate", never)
        for text in (chained(100, 2), linked(8), f"{{ {'a: __typename ' * 41} }}"):
            with pytest.raises(DocumentTooLarge):
                read(text)

    def test_a_hundred_in_a_row_are_none_too_many(self) -> None:
        read(chained(100, 1))

    def test_fields_of_one_key_are_not_compared_by_the_million(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rules = []

        def noted(*arguments: object, **_: object) -> list[object]:
            rules.append(arguments[2])
            return []

        monkeypatch.setattr(documents, "validate", noted)
        for text in (
            f"{{ {'__typename ' * 500} }}",
            f"{{ {'county { slug } ' * 300} }}",
            f"{{ {'...F ' * 300} }} fragment F on Query {{ county {{ slug }} }}",
        ):
            with pytest.raises(DocumentTooLarge, match="pair by pair"):
                read(text)
        assert documents.MERGING not in rules


class TestLimits:
    def test_levels_are_counted_through_fragments(self) -> None:
        deep = "{ units { nodes { ...A } } } fragment A on Unit { parent { parent { name } } }"
        read(deep, depth=5)
        with pytest.raises(DocumentTooLarge, match="5 levels; the limit is 4"):
            read(deep, depth=4)

    @pytest.mark.parametrize(
        "text",
        [
            "{ county { name @skip(if: false) slug @include(if: true) @skip(if: false) } }",
            "{ ... @include(if: true) { county { ...C @skip(if: false) } } }"
            " fragment C on Tenant { name @skip(if: false) }",
            "query @a @b @c { __typename }",
            "query ($x: Int @a @b @c) { __typename }",
            "{ ...C } fragment C on Query @a @b @c { __typename }",
        ],
    )
    def test_directives_are_counted_wherever_they_stand(self, text: str) -> None:
        """Also those that there are none of: it is found out before the document is validated."""
        with pytest.raises(DocumentTooLarge, match="3 directives; the limit is 2"):
            read(text, directives=2)
        assert limits.check(parse(text), Limits(directives=3)).directives == 3

    def test_aliases_are_counted_as_they_are_written(self) -> None:
        text = "{ a: units { nodes { ...A } } b: units { nodes { ...A } } }"
        text += " fragment A on Unit { c: name }"
        read(text, aliases=3)
        with pytest.raises(DocumentTooLarge, match="3 aliases; the limit is 2"):
            read(text, aliases=2)

    def test_fields_are_counted_with_their_fragments_written_out(self) -> None:
        text = "{ ...A ...A } fragment A on Query { county { slug } }"
        read(text, fields=6)
        with pytest.raises(DocumentTooLarge, match="6 fields"):
            read(text, fields=5)

    def test_the_usual_question_for_the_schema_is_within_them(self) -> None:
        read(get_introspection_query(input_value_deprecation=True))


class TestInvalid:
    @pytest.mark.parametrize(
        "text",
        [
            "{ ...A } fragment A on Query { ...A }",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A ...A }",
            "{ ...Nowhere ...Nowhere }",
            "{ ...A } fragment A on Query { county { slug } } fragment A on Unit { name }",
            "fragment A on Query { __typename }",
            "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }",
            "subscription { nothing }",
            "type Query { a: Int }",
        ],
    )
    def test_it_is_refused_for_what_is_wrong(self, text: str) -> None:
        with pytest.raises(DocumentRefused):
            read(text)

    def test_everything_that_spreads_everything_ends(self) -> None:
        names = [f"F{i}" for i in range(40)]
        body = " ".join(
            f"fragment {name} on Query {{ {' '.join(f'...{one}' for one in names)} }}"
            for name in names
        )
        with pytest.raises(Refused):
            read(f"{{ ...F0 }} {body}")

    @pytest.mark.parametrize(
        "text",
        [
            "{ a" * 1300,
            "{ county" + " { ... " * 1000 + "{ slug }" + " }" * 1001,
            "{ units(filter: " + "[" * 1900 + "]" * 1900 + ") { totalCount } }",
            "query ($a: " + "[" * 1900 + "Int" + "]" * 1900 + ") { __typename }",
            chained(300, 1),
            "{ " + "... { " * 200 + "__typename" + " }" * 201,
        ],
    )
    def test_what_is_nested_too_deep_is_too_large(self, text: str) -> None:
        with pytest.raises(DocumentTooLarge):
            read(text)

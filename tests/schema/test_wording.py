"""What GraphQL's rules say of a wrong document is said in Chinese too."""

from typing import Any

import pytest
from graphql import GraphQLError, build_schema, parse, validate
from graphql.execution.values import get_variable_values

import schema
from schema.errors import describe
from schema.wording import said
from services.errors import DocumentRefused

PLAIN = build_schema(schema.sdl())
# What people get wrong, and a piece of what they are told.
DOCUMENTS = [
    ("{ mattters }", "类型 Query 没有字段 mattters。是不是 'matters'？"),
    ("{ matters(frist: 1) { totalCount } }", "Query.matters 没有参数 frist"),
    ("{ matters { nodes } }", "要写明取哪些下级字段"),
    ("{ county { name { x } } }", "字段 name（类型 String!）没有下级字段"),
    ("query ($x: Int) { matters { totalCount } }", "变量 $x 没有用到"),
    ("query Q ($x: Int) { matters { totalCount } }", "操作 Q 没有用到变量 $x"),
    ("{ matters(first: $n) { totalCount } }", "变量 $n 没有声明"),
    ("query Q { matters(first: $n) { totalCount } }", "操作 Q 没有声明变量 $n"),
    ("query ($n: String) { matters(first: $n) { totalCount } }", "类型是 String，这里需要 Int"),
    ('{ matters(first: "a") { totalCount } }', '"a" 不是 Int 类型的值'),
    ("{ matters(filter: {states: [OPEN]}) { totalCount } }", "MatterState 没有 OPEN 这个取值"),
    ("{ matters(filter: {status: [OPEN]}) { totalCount } }", "类型 MatterFilter 没有字段 status"),
    ("{ node { id } }", "必须给出参数 Query.node(id:)（类型 ID!）"),
    ("{ matters { ...F } }", "没有片段 F"),
    ("fragment F on Matter { id } { viewer { isSignedIn } }", "片段 F 没有用到"),
    ("{ ... on Nope { id } }", "没有类型 Nope"),
    ("{ viewer @foo { isSignedIn } }", "没有指令 @foo"),
    ("{ viewer { isSignedIn ", "语法错误：这里应是 Name，却是 <EOF>"),
    ('mutation { passOnMatter(matter: null) { id } }', "不能为空（类型 ID!）"),
    ("{ a: viewer { isSignedIn } a: county { name } }", "a 既是 viewer 又是 county"),
    ("query A { viewer { isSignedIn } } query A { county { name } }", "只能有一个操作叫 A"),
    ("{ matters(first: 1, first: 2) { totalCount } }", "参数 first 只能给一次"),
]  # fmt: skip
VARIABLES: list[tuple[dict[str, Any], str]] = [
    ({}, "变量 $n 不正确：必须给出（类型 Int!）"),
    ({"n": None}, "变量 $n 不正确：不能为空（类型 Int!）"),
    ({"n": "a"}, "变量 $n 不正确：'a' 不是 Int 类型的值"),
    ({"n": 1, "s": ["X"]}, "变量 $s 的 [0] 不正确：MatterState 没有 X 这个取值"),
    ({"n": 1, "s": 3}, "MatterState 没有 3 这个取值"),
    ({"n": 1, "f": {"foo": 1}}, "类型 MatterFilter 没有字段 foo"),
    ({"n": 1, "f": 3}, "应是一个 MatterFilter 对象"),
]


class TestChinese:
    @pytest.mark.parametrize(("document", "told"), DOCUMENTS)
    def test_of_a_document(self, document: str, told: str) -> None:
        try:
            messages = [error.message for error in validate(PLAIN, parse(document))]
        except GraphQLError as error:
            messages = [error.message]
        words = said(*messages)
        assert told in words.zh
        assert words.en == words.code == "; ".join(messages)

    @pytest.mark.parametrize(("given", "told"), VARIABLES)
    def test_of_variables(self, given: dict[str, Any], told: str) -> None:
        text = "query ($n: Int!, $s: [MatterState!], $f: MatterFilter) { matters { totalCount } }"
        operation: Any = parse(text).definitions[0]
        found = get_variable_values(PLAIN, operation.variable_definitions, given)
        assert isinstance(found, list)
        assert told in said(*(error.message for error in found)).zh

    def test_what_is_not_known_is_passed_on_as_it_is(self) -> None:
        assert said("Something new. Quite new.").zh == "Something new. Quite new."

    def test_programs_read_the_rules_own_words(self) -> None:
        told = describe(DocumentRefused(reason=said("Unknown type 'X'.")), "zh")
        assert told["message"] == "查询文档有误：没有类型 X。"
        assert told["extensions"]["reason"] == "Unknown type 'X'."

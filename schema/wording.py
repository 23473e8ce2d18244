"""Wording (说法): what GraphQL's own rules say of a wrong document, in Chinese too.

graphql-core speaks English. What a writer of documents meets most is said here in Chinese; the rest
is passed on as it is, and programs are always told its own words.
"""

import re
from collections.abc import Iterable, Iterator

from services.errors import Said

# From the longer to the shorter: one sentence may stand within another.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(english), chinese)
    for english, chinese in (
        (r"Variable '(\S+)' has invalid value at (\S+): ", r"变量 \1 的 \2 不正确："),
        (r"Variable '(\S+)' has invalid value: ", r"变量 \1 不正确："),
        (r"Variable '(\S+)' is never used in operation '(\S+)'", r"操作 \2 没有用到变量 \1"),
        (r"Variable '(\S+)' is never used", r"变量 \1 没有用到"),
        (r"Variable '(\S+)' is not defined by operation '(\S+)'", r"操作 \2 没有声明变量 \1"),
        (r"Variable '(\S+)' is not defined", r"变量 \1 没有声明"),
        (
            r"Variable '(\S+)' of type '(\S+)' used in position expecting type '(\S+)'",
            r"变量 \1 的类型是 \2，这里需要 \3",
        ),
        (r"Cannot query field '(\S+)' on type '(\S+)'", r"类型 \2 没有字段 \1"),
        (r"Unknown argument '(\S+)' on (?:field|directive) '(\S+)'", r"\2 没有参数 \1"),
        (
            r"Argument '(\S+)' of type '(\S+)' is required, but it was not provided",
            r"必须给出参数 \1（类型 \2）",
        ),
        (
            r"Field '(\S+)' of type '(\S+)' must have a selection of subfields",
            r"字段 \1（类型 \2）要写明取哪些下级字段",
        ),
        (
            r"Field '(\S+)' must not have a selection since type '(\S+)' has no subfields",
            r"字段 \1（类型 \2）没有下级字段",
        ),
        (
            r"Fields '(\S+)' conflict because '(\S+)' and '(\S+)' are different fields\. "
            r"Use different aliases on the fields to fetch both if this was intentional",
            r"\1 既是 \2 又是 \3，请各用一个别名",
        ),
        (r"Unknown type '(\S+)'", r"没有类型 \1"),
        (r"Unknown fragment '(\S+)'", r"没有片段 \1"),
        (r"Unknown directive '(\S+)'", r"没有指令 \1"),
        (r"Fragment '(\S+)' is never used", r"片段 \1 没有用到"),
        (r"There can be only one operation named '(\S+)'", r"只能有一个操作叫 \1"),
        (r"There can be only one argument named '(\S+)'", r"参数 \1 只能给一次"),
        (
            r"Expected a value of non-null type '(\S+)' to be provided",
            r"必须给出（类型 \1）",
        ),
        (r"Expected value of non-null type '(\S+)' not to be None", r"不能为空（类型 \1）"),
        (
            r"Expected value of type '(\S+)' not to include unknown field '(\S+)'",
            r"类型 \1 没有字段 \2",
        ),
        (r"Expected value of type '(\S+)' to be an object", r"应是一个 \1 对象"),
        (r"Value '(.+?)' does not exist in '(\S+)' enum", r"\2 没有 \1 这个取值"),
        (
            r"Enum '(\S+)' cannot represent [\w -]*value: (\S+?)(?=\.?(?: |$))",
            r"\1 没有 \2 这个取值",
        ),
        (r"\b(\w+) cannot represent [\w -]*value: (.+)", r"\2 不是 \1 类型的值"),
        (r"Syntax Error: Expected (.+), found (.+?)\.?$", r"语法错误：这里应是 \1，却是 \2"),
        (r"Syntax Error: ", r"语法错误："),
        (r"(?<='),? or (?=')", " 或 "),
        (r"(?<='), (?=')", "、"),
        (r"Did you mean (?:the enum value )?(.+?)\?", r"是不是 \1？"),
        (r"[,.] [Ff]ound: ", r"，给出的是 "),
    )
)


def said(*messages: str) -> Said:
    """What the rules say, one after the other; programs are told their own words."""
    english = "; ".join(messages)
    return Said("；".join(_in_chinese(messages)), english, english)


def _in_chinese(messages: Iterable[str]) -> Iterator[str]:
    for message in messages:
        words = message
        for english, chinese in PATTERNS:
            words = english.sub(chinese, words)
        is_known = words != message
        yield words.replace(". ", "。").removesuffix(".") if is_known else words

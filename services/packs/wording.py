"""Wording (说法): what pydantic finds wrong in a pack, said in both languages."""

from collections.abc import Mapping
from typing import Any

from services.errors import Said

# By the kind of error; `{…}` is filled from what pydantic says of it.
WORDS: dict[str, Said] = {
    "missing": Said("不能缺少", "is missing"),
    "extra_forbidden": Said("没有这一项", "there is no such thing"),
    "string_type": Said("应是文字", "a text is expected"),
    "string_too_short": Said("至少 {min_length} 个字", "{min_length} characters at least"),
    "string_too_long": Said("最多 {max_length} 个字", "{max_length} characters at most"),
    "string_pattern_mismatch": Said("不符合格式 {pattern}", "doesn't fit {pattern}"),
    "int_type": Said("应是整数", "a whole number is expected"),
    "int_parsing": Said("应是整数", "a whole number is expected"),
    "int_parsing_size": Said("数太大", "the number is too large"),
    "int_from_float": Said("应是整数", "a whole number is expected"),
    "greater_than_equal": Said("不能小于 {ge}", "{ge} at least"),
    "less_than_equal": Said("不能大于 {le}", "{le} at most"),
    "finite_number": Said("应是有限的数", "a finite number is expected"),
    "bool_type": Said("应是 true 或 false", "true or false is expected"),
    "bool_parsing": Said("应是 true 或 false", "true or false is expected"),
    "enum": Said("应是下列之一：{expected}", "one of these is expected: {expected}"),
    "literal_error": Said("应是下列之一：{expected}", "one of these is expected: {expected}"),
    "list_type": Said("应是一个列表", "a list is expected"),
    "tuple_type": Said("应是一个列表", "a list is expected"),
    "frozen_set_type": Said("应是一个列表", "a list is expected"),
    "dict_type": Said("应是一个对象", "an object is expected"),
    "model_type": Said("应是一个对象", "an object is expected"),
    "model_attributes_type": Said("应是一个对象", "an object is expected"),
    "too_short": Said("至少 {min_length} 项", "{min_length} entries at least"),
    "too_long": Said("最多 {max_length} 项", "{max_length} entries at most"),
    "date_type": Said("应是日期，如 2026-10-01", "a day is expected, as 2026-10-01"),
    "date_parsing": Said("应是日期，如 2026-10-01", "a day is expected, as 2026-10-01"),
    "date_from_datetime_parsing": Said(
        "应是日期，如 2026-10-01", "a day is expected, as 2026-10-01"
    ),
    "date_from_datetime_inexact": Said("只要日期，不要时刻", "a day is expected, without a time"),
}


def in_both(kind: str, message: str, about: Mapping[str, Any]) -> Said:
    """What is wrong in both languages; of a kind without words pydantic's own, which is English."""
    words = WORDS.get(kind)
    if words is None:
        return Said(f"不符合要求（{message}）", message)
    return Said(words.zh.format_map(about), words.en.format_map(about))

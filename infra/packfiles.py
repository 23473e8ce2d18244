"""Pack files (配置包文件): the county pack as people write and review it, in YAML.

What a file says twice is an error; each field is written with what it is, as a comment.
"""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from services.packs.sections import SECTIONS, TITLES, title_of

MOST_BYTES = 1 << 20
SCHEMA_FILE = "pack.schema.json"
HEAD = f"""\
# 县域配置包 County pack
# yaml-language-server: $schema={SCHEMA_FILE}
# 没写的按产品默认；sanfang pack check 检查，sanfang pack schema > {SCHEMA_FILE} 供编辑器提示。
# What isn't said is the product's default; check it with `sanfang pack check`.
"""


class NotAPack(Exception):
    """A file that can't be read as a pack: why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class _Loader(yaml.SafeLoader):
    """YAML without what says a key twice, or something by reference to elsewhere."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping; a key that was there already is an error at its line."""
        keys: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in keys:
                line = key_node.start_mark.line + 1
                raise NotAPack(f"第 {line} 行：{key} 写了两次", f"line {line}: {key} is said twice")
            keys.add(key)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Any node but an alias: a few lines of them can stand for gigabytes."""
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise NotAPack(f"第 {line} 行：不能用 YAML 别名", f"line {line}: no YAML aliases")
        return super().compose_node(parent, index)


def read(path: Path) -> dict[str, Any]:
    """The document in a file, YAML or JSON; `NotAPack` where it is neither."""
    try:
        text = path.read_bytes()[: MOST_BYTES + 1]
        if len(text) > MOST_BYTES:
            raise NotAPack(f"超过 {MOST_BYTES} 字节", f"it is over {MOST_BYTES} bytes")
        found = yaml.load(text.decode("utf-8-sig"), _Loader)  # noqa: S506 - a safe loader's child
    except NotAPack as wrong:
        raise NotAPack(f"{path}：{wrong.zh}", f"{path}: {wrong.en}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as wrong:
        raise NotAPack(f"{path} 读不了：{wrong}", f"{path} can't be read: {wrong}") from wrong
    if not isinstance(found, dict):
        raise NotAPack(f"{path} 不是一个对象", f"{path} is not one object")
    return {str(key): _plain(one) for key, one in found.items()}


def written(document: Mapping[str, Any]) -> str:
    """The document as YAML, section by section, each field with what it is."""
    return "\n".join([HEAD, *(_section(name, document[name]) for name in _named(document))])


def _named(document: Mapping[str, Any]) -> list[str]:
    return [name for name in SECTIONS if name in document]


def _section(name: str, content: Mapping[str, Any]) -> str:
    title, model = TITLES[name], SECTIONS[name]
    lines = [f"# {title.zh} {title.en}", f"{name}:"]
    for field in model.model_fields:
        if field in content:
            said = title_of(model, field)
            lines.append(f"  # {said.zh} {said.en}")
            lines += [f"  {line}" for line in _dumped({field: content[field]}).splitlines()]
    return "\n".join([*lines, ""])


def _dumped(field: Mapping[str, Any]) -> str:
    """A field, in one line what has no lines below it."""
    is_deep = all(isinstance(value, dict | list) for value in field.values())
    style = None if is_deep else False
    return yaml.safe_dump(
        dict(field), allow_unicode=True, sort_keys=False, default_flow_style=style, width=96
    )


def _plain(value: Any) -> Any:
    """Days are texts in the pack, as JSON has them; keys are texts."""
    match value:
        case dict():
            return {str(key): _plain(one) for key, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)

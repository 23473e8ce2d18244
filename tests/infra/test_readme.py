"""The settings tables of both READMEs are what the settings themselves say."""

from pathlib import Path

import pytest
from pydantic import AliasChoices, SecretStr

from infra.settings import Settings

ROOT = Path(__file__).parent.parent.parent
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def table(language: str) -> str:
    """Every setting: its variable, its default, and its sentence in one language."""
    heads = {
        "zh": "| 变量 | 默认 | 说明 |\n|---|---|---|\n",
        "en": "| variable | default | what it is |\n|---|---|---|\n",
    }
    rows = []
    for name, field in Settings.model_fields.items():
        chinese, _, english = (field.description or "").partition("。 ")
        sentence = {"zh": f"{chinese}。", "en": english}[language]
        alias = field.validation_alias
        own = f"SANFANG_{name.upper()}"
        variable = alias.choices[0] if isinstance(alias, AliasChoices) else own
        default = field.default
        shown = "" if default is None or isinstance(default, SecretStr) else f"`{default}`"
        rows.append(f"| `{variable}` | {shown} | {sentence} |\n")
    return heads[language] + "".join(rows)


@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_settings_stand_in_the_readme(name: str, language: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    written = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert written == table(language)

"""`sanfang pack`: the county pack as a file: checked, compared with a county's, proposed to it.

What concerns a county goes over HTTP with the caller's own token, as any front end would send it:
nobody proposes by having this machine.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.asking import HERE, LANGUAGE, ask
from infra.speech import fail, say

if TYPE_CHECKING:
    from services.packs import Problem
    from services.packs.comparing import Change

PROBLEMS = f"problems {{ path message(language: {LANGUAGE}) }}"
CHECK = f"query ($document: JSON!) {{ checkPack(document: $document) {{ isValid {PROBLEMS} }} }}"
COMPARE = f"""query ($document: JSON!) {{ comparePack(document: $document) {{ isValid {PROBLEMS}
  needsSecurity base {{ edition }} changes {{ path sentence(language: {LANGUAGE}) }}
  touches {{ what(language: {LANGUAGE}) number keeps }} }} }}"""
PROPOSE = """mutation ($document: JSON!, $reason: String!) {
  proposePack(document: $document, reason: $reason) { id } }"""
EXPORT = """query ($first: Int!) { packs(first: $first, direction: DESC) {
  nodes { edition document } } }"""
MOST_EDITIONS = 100

app = typer.Typer(
    help=say("县域配置包：起步、检查、比对、导出、提交。",
             "The county pack: begin, check, compare, export, propose."),
    no_args_is_help=True,
)  # fmt: skip

File = Annotated[Path, typer.Argument(help=say("配置包文件（YAML）。", "The pack's file (YAML)."))]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="SANFANG_TOKEN",
        help=say("您在本县的令牌；给了就与本县实情比对。", "Your token in the county it is for."),
    ),
]
Url = Annotated[str, typer.Option(help=say("服务的地址。", "Where the service is."))]


Communities = Annotated[
    int,
    typer.Option(prompt=say("有几个社区", "How many communities"), min=1, max=1000,
                 help=say("社区数。", "How many communities.")),
]  # fmt: skip
Stairwells = Annotated[
    bool,
    typer.Option(prompt=say("楼栋下分单元吗", "Are buildings divided into stairwells"),
                 help=say("楼栋下分单元。", "Buildings are divided into stairwells.")),
]  # fmt: skip
Partners = Annotated[
    bool,
    typer.Option(prompt=say("有共建单位吗", "Are there co-building units"),
                 help=say("有共建单位。", "There are co-building units.")),
]  # fmt: skip
Departments = Annotated[
    bool,
    typer.Option(prompt=say("职能部门参加圆桌会吗", "Do departments sit at the round table"),
                 help=say("职能部门参加圆桌会。", "Departments sit at the round table.")),
]  # fmt: skip
Named = Annotated[str, typer.Option(help=say("圆桌会的名称。", "The round table, in Chinese."))]
NamedEn = Annotated[str, typer.Option(help=say("圆桌会的英文名称。", "The same in English."))]
MeetBy = Annotated[
    int, typer.Option(min=1, max=28, help=say("每月几日前开会。", "By which day it meets."))
]


@app.command(help=say("问几个问题，写出一份起步的配置包。", "Ask a few questions, write a pack."))
def new(
    file: Annotated[Path, typer.Argument(help=say("写到哪里。", "Where to write it."))],
    communities: Communities,
    stairwells: Stairwells,
    partners: Partners,
    departments: Departments,
    council: Named = "圆桌议事会",
    council_en: NamedEn = "Round table",
    meet_by: MeetBy = 25,
) -> None:
    """Write a starter pack; nothing that is there is overwritten."""
    from infra import packfiles
    from services.packs.starter import Shape, starter

    _load()
    if file.exists():
        fail(f"{file} 已经有了，请换一个名字。", f"{file} is there already; choose another name.")
    shape = Shape(communities, stairwells, partners, departments, council, council_en, meet_by)
    file.write_text(packfiles.written(_right(lambda: starter(shape))), encoding="utf-8")
    typer.echo(say(f"已写到 {file}。改好后：sanfang pack check {file}",
                   f"written to {file}. Edit it, then: sanfang pack check {file}"))  # fmt: skip


@app.command(
    help=say(
        "检查一份配置包；给了令牌，也与本县实情核对。",
        "Check a pack, or with a token also against a county.",
    )
)
def check(file: File, token: Token = None, url: Url = HERE) -> None:
    """Say every problem with its path; exit code 1 where there is one."""
    document = _read(file)
    if token is None:
        from services.packs.sections import examine

        problems = [(one.path, _said(one)) for one in examine(document)[1]]
    else:
        found = ask(url, token, CHECK, document=document)["checkPack"]
        problems = [(one["path"], one["message"]) for one in found["problems"]]
    _refuse(problems)
    typer.echo(say(f"{file} 没有错误", f"{file} is right"))


@app.command(
    help=say(
        "与另一份，或与本县现行版本（给令牌）比对。",
        "Compare with another file, or by token with a county.",
    )
)
def diff(
    file: File,
    other: Annotated[
        Path | None, typer.Argument(help=say("另一份；没有就是产品默认。", "Another; the default."))
    ] = None,
    token: Token = None,
    url: Url = HERE,
) -> None:
    """Print what `file` changes of the other, of the county's active edition, or of the default."""
    document = _read(file)
    if token is not None and other is None:
        found = ask(url, token, COMPARE, document=document)["comparePack"]
        _refuse([(one["path"], one["message"]) for one in found["problems"]])
        _show(found)
        return
    from services.packs import comparing, sections

    after = _right(lambda: sections.check(document))
    before = _right(lambda: sections.check(_read(other) if other else {}))
    for change in comparing.differences(before, after):
        typer.echo(_sentence(change))


@app.command(
    help=say(
        "导出本县现行（或某一版）配置包为 YAML。", "Export an edition of a county's pack as YAML."
    )
)
def export(
    token: Annotated[
        str, typer.Option(envvar="SANFANG_TOKEN", help=say("您的令牌。", "Your token."))
    ],
    edition: Annotated[
        int | None, typer.Option(help=say("第几版，默认现行。", "Which edition; the active one."))
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help=say("写到文件；默认打印。", "Write it there; else print."))
    ] = None,
    url: Url = HERE,
) -> None:
    """Print an edition, or write it to a file."""
    from infra import packfiles

    _load()
    found = ask(url, token, EXPORT, first=MOST_EDITIONS)["packs"]["nodes"]
    wanted = [one for one in found if edition in (None, one["edition"])]
    if not wanted:
        fail(f"没有第 {edition} 版", f"there is no edition {edition}")
    text = packfiles.written(wanted[0]["document"])
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@app.command(
    "import",
    help=say("把文件提交为配置草案，由别人批准。", "Propose a file's pack; another approves it."),
)
def import_(
    file: File,
    token: Annotated[
        str, typer.Option(envvar="SANFANG_TOKEN", help=say("您的令牌。", "Your token."))
    ],
    reason: Annotated[str, typer.Option(help=say("理由，写入记录。", "Why; recorded."))],
    url: Url = HERE,
) -> None:
    """Show the difference, then propose."""
    document = _read(file)
    found = ask(url, token, COMPARE, document=document)["comparePack"]
    _refuse([(one["path"], one["message"]) for one in found["problems"]])
    _show(found)
    made = ask(url, token, PROPOSE, document=document, reason=reason)["proposePack"]["id"]
    typer.echo(say(f"已提出 {made}，等待批准", f"proposed {made}; another person approves it"))


@app.command(
    help=say("打印配置包的 JSON Schema，供编辑器用。", "Print the pack's JSON Schema, for editors.")
)
def schema() -> None:
    """Print the JSON Schema."""
    from services.packs import json_schema

    _load()
    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _load() -> None:
    """Every capability's section."""
    from infra.database import tables

    tables()


def _read(path: Path) -> dict[str, Any]:
    from infra import packfiles

    _load()
    try:
        return packfiles.read(path)
    except packfiles.NotAPack as wrong:
        fail(wrong.zh, wrong.en)


def _right(make: Any) -> Any:
    from services.packs import PackRefused

    try:
        return make()
    except PackRefused as refused:
        fail(refused.message("zh"), refused.message("en"))


def _said(problem: "Problem") -> str:
    return say(problem.said.zh, problem.said.en)


def _sentence(change: "Change") -> str:
    return say(change.said.zh, change.said.en)


def _refuse(problems: list[tuple[str, str]]) -> None:
    if problems:
        for path, message in problems:
            typer.echo(f"{path}: {message}", err=True)
        raise typer.Exit(1)


def _show(found: dict[str, Any]) -> None:
    edition = found["base"]["edition"]
    typer.echo(say(f"与第 {edition} 版相比：", f"compared with edition {edition}:"))
    for change in found["changes"]:
        typer.echo(f"  {change['sentence']}")
    for touch in found["touches"]:
        keeps = say("（按原版本办完）", " (go on by the old edition)") if touch["keeps"] else ""
        typer.echo(say(f"  涉及 {touch['what']}：{touch['number']}{keeps}",
                       f"  touches {touch['what']}: {touch['number']}{keeps}"))  # fmt: skip
    if found["needsSecurity"]:
        zh = "  改动了角色授权，须由安全管理员批准"
        typer.echo(say(zh, "  it changes role grants: the security administrator approves"))

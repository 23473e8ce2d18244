"""`sanfang import`: a file of an estate's owners sent, looked at, decided on.

It goes over HTTP with the caller's own token, as any front end would send it. The exit code is 0
where everything of the file stands on the register, 3 where rows of it don't, 1 where it failed.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.asking import HERE, LANGUAGE, ask
from infra.speech import fail, say

ESTATES = """query ($name: String!) { units(filter: {kinds: [ESTATE], name: $name, open: true}) {
  nodes { id name parent { name } } } }"""
START = """mutation ($estate: ID!, $name: String!, $since: Date) { startRegisterImport(
  estate: $estate, name: $name, since: $since) { registerImport { id } uploadUrl } }"""
SEEN = f"""query ($id: ID!) {{ node(id: $id) {{ ... on RegisterImport {{ state percent total good
  unchanged bad done version ignored halt halted: haltLabel(language: {LANGUAGE}) }} }} }}"""
PROBLEMS = f"""query ($id: ID!, $after: String) {{ node(id: $id) {{ ... on RegisterImport {{
  problems(first: 100, after: $after) {{ totalCount pageInfo {{ hasNextPage endCursor }}
  nodes {{ cell isBlocking code message(language: {LANGUAGE}) }} }} }} }} }}"""
APPLY = """mutation ($id: ID!, $mode: RegisterImportMode!, $version: Int) { applyRegisterImport(
  registerImport: $id, mode: $mode, expectedVersion: $version) { id } }"""
PAUSE, PATIENCE = 0.5, 90
LEFT_OUT = 3
ON_ITS_WAY = ("PREPARED", "READING", "APPLYING")


class Mode(StrEnum):
    """What is recorded of a file in which something is wrong."""

    all = "all"
    good = "good"


MODES = {Mode.all: "ALL_OR_NOTHING", Mode.good: "GOOD_ROWS"}


File = Annotated[Path, typer.Argument(help=say("xlsx、xls 或 csv。", "xlsx, xls or csv."))]
Estate = Annotated[
    str, typer.Option("--estate", "-e", help=say("小区：名称或编号。", "Its name or id."))
]
Token = Annotated[str, typer.Option(envvar="SANFANG_TOKEN", help=say("您的令牌。", "Your token."))]
Chosen = Annotated[
    Mode | None,
    typer.Option(help=say("all：有一行不对就都不登记；good：只登记好的行。不写就先问。",
                          "all: nothing if a row is wrong; good: the good rows. Else you are"
                          " asked.")),
]  # fmt: skip
Preview = Annotated[
    bool, typer.Option("--preview", help=say("只看，不登记。", "Look at it, record nothing."))
]
Since = Annotated[
    str | None, typer.Option(help=say("没写取得日期的按此。", "Where no day is given."))
]
Most = Annotated[
    int, typer.Option(min=1, help=say("最多列出几个问题。", "How many problems to list."))
]
Url = Annotated[str, typer.Option(help=say("服务的地址。", "Where the service is."))]
Ask = Callable[..., dict[str, Any]]


def import_(
    file: File,
    estate: Estate,
    token: Token,
    mode: Chosen = None,
    preview: Preview = False,
    since: Since = None,
    problems: Most = 200,
    url: Url = HERE,
) -> None:
    """Send a file, show what each row comes to, and have it recorded."""

    def asked(query: str, **variables: Any) -> dict[str, Any]:
        return ask(url, token, query, **variables)

    begun = asked(START, estate=_estate(asked, estate), name=file.name, since=since)
    id_ = _sent(url, file, begun["startRegisterImport"])
    seen = _followed(asked, id_, say("核对", "comparing"))
    _show(asked, id_, seen, problems)
    chosen = mode or (None if preview else _chosen(seen))
    if chosen is None:
        en = f"nothing recorded; decide later by applyRegisterImport: {id_}"
        typer.echo(say(f"没有登记，以后可用 applyRegisterImport 决定：{id_}", en))
        raise typer.Exit(LEFT_OUT if seen["bad"] else 0)
    asked(APPLY, id=id_, mode=MODES[chosen], version=seen["version"])
    done = _followed(asked, id_, say("登记", "recording"))
    if done["halt"] is not None:
        _show(asked, id_, done, problems)
        fail(done["halted"], done["halted"])
    said, was, bad = done["done"], done["unchanged"], done["bad"]
    typer.echo(say(f"已登记 {said} 行，册上已有 {was} 行，有问题 {bad} 行",
                   f"{said} rows recorded, {was} were there, {bad} have problems"))  # fmt: skip
    raise typer.Exit(LEFT_OUT if done["bad"] else 0)


def _estate(asked: Ask, named: str) -> str:
    """The estate's id; by its name, if no other has it."""
    if named.startswith("Unit:"):
        return named
    found = [one for one in asked(ESTATES, name=named)["units"]["nodes"] if one["name"] == named]
    if not found:
        fail(f"没有叫“{named}”的小区", f"there is no estate called {named}")
    if len(found) > 1:
        listed = "\n  ".join(f"{one['id']}  {one['parent']['name']}" for one in found)
        fail(f"有几个小区都叫“{named}”，请用编号：\n  {listed}",
             f"several estates are called {named}; name its id:\n  {listed}")  # fmt: skip
    id_: str = found[0]["id"]
    return id_


def _sent(url: str, file: Path, begun: dict[str, Any]) -> str:
    """Send an import's file to where the service was found; the import's id."""
    from urllib.parse import urlsplit

    import httpx

    try:
        data = file.read_bytes()
    except OSError as failed:
        fail(f"{file} 读不了：{failed}", f"{file} can't be read: {failed}")
    address = url.rstrip("/") + urlsplit(begun["uploadUrl"]).path
    language = {"accept-language": LANGUAGE.lower()}
    try:
        answer = httpx.put(address, content=data, headers=language, timeout=600)
        found = answer.json()
    except (httpx.HTTPError, ValueError) as failed:
        fail(f"文件没有送到：{failed}", f"the file was not sent: {failed}")
    for error in found.get("errors", ()):
        fail(error["message"], error["message"])
    id_: str = begun["registerImport"]["id"]
    return id_


def _followed(asked: Ask, id_: str, doing: str) -> dict[str, Any]:
    """How an import stands once the clock has done its part, its progress shown until then."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%"),
               TimeElapsedColumn())  # fmt: skip
    moved = time.monotonic()
    with Progress(*columns, transient=True) as progress:
        task, last = progress.add_task(doing, total=100), None
        while True:
            seen: dict[str, Any] = asked(SEEN, id=id_)["node"]
            if seen["state"] not in ON_ITS_WAY:
                return seen
            progress.update(task, completed=seen["percent"])
            if seen["percent"] != last:
                last, moved = seen["percent"], time.monotonic()
            if time.monotonic() - moved > PATIENCE:
                fail(f"{PATIENCE} 秒没有进展，后台（sanfang worker）在运行吗？",
                     f"nothing moved for {PATIENCE} s; does sanfang worker run?")  # fmt: skip
            time.sleep(PAUSE)


def _show(asked: Ask, id_: str, seen: dict[str, Any], most: int) -> None:
    """What the file comes to, and what is wrong with it, cell by cell."""
    from rich.console import Console
    from rich.table import Table

    if seen["ignored"]:
        listed = "、".join(seen["ignored"])
        typer.echo(say(f"没有用到的列：{listed}", f"columns that aren't used: {listed}"))
    table = Table(box=None, pad_edge=False)
    for title in (say("单元格", "Cell"), say("问题", "Problem")):
        table.add_column(title, overflow="fold")
    found, after, total = 0, None, 0
    while found < most:
        page = asked(PROBLEMS, id=id_, after=after)["node"]["problems"]
        total, after = page["totalCount"], page["pageInfo"]["endCursor"]
        for one in page["nodes"][: most - found]:
            colour = "red" if one["isBlocking"] else "yellow"
            table.add_row(f"[{colour}]{one['cell']}[/]", one["message"].replace("[", "\\["))
            found += 1
        if not page["pageInfo"]["hasNextPage"]:
            break
    if found:
        Console(highlight=False).print(table)
    if total > found:
        more = total - found
        typer.echo(say(f"…还有 {more} 个问题", f"… and {more} more problems"))
    typer.echo(say(f"共 {seen['total']} 行：可登记 {seen['good']}，册上已有或重复"
                   f" {seen['unchanged']}，有问题 {seen['bad']}",
                   f"{seen['total']} rows: {seen['good']} to record, {seen['unchanged']} there"
                   f" already or repeated, {seen['bad']} with problems"))  # fmt: skip


def _chosen(seen: dict[str, Any]) -> Mode | None:
    """What whoever sits before it chooses; all, where nothing is wrong and nobody does."""
    import sys

    if not seen["good"] + seen["unchanged"]:
        return None
    if not sys.stdin.isatty():
        return None if seen["bad"] else Mode.all
    if not seen["bad"]:
        return Mode.all if typer.confirm(say("登记吗", "Record it")) else None
    question = say("只登记没有问题的行吗", "Record the rows without problems")
    return Mode.good if typer.confirm(question) else None

"""The command `sanfang`: serve, show, migrate, look after counties, and say how all of it is.

Heavy modules are loaded by the command that needs them, so that each begins at once.
"""

from typing import Annotated

import typer
from typer import rich_utils

from infra import cli_audit, cli_imports, cli_packs, cli_tenants
from infra.speech import IS_ENGLISH, fail, load_settings, run, say, settled

if not IS_ENGLISH:
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.ERRORS_PANEL_TITLE = "错误"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"

app = typer.Typer(
    name="sanfang",
    help=say(
        "三方：多县共用的小区治理 GraphQL 服务。",
        "Sanfang: residential governance for many counties, by GraphQL.",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(cli_tenants.app, name="tenant")
app.add_typer(cli_packs.app, name="pack")
app.add_typer(cli_audit.app, name="audit")
app.command(
    "import",
    help=say("导入一个小区的业主台账：逐格列出问题，确认后登记。",
             "Import an estate's owners: every problem with its cell, recorded once you agree."),
)(cli_imports.import_)  # fmt: skip


@app.command(help=say("启动服务，直到 Ctrl-C。", "Serve until Ctrl-C."))
def serve() -> None:
    """Serve what there is."""
    from infra.serving import serve

    serve(load_settings())


@app.command(help=say("载入两个示范县并启动服务。", "Load two demo counties and serve them."))
def demo(
    history: Annotated[
        bool,
        typer.Option(help=say("载入两年半的办事经过。", "Load two and a half years of history.")),
    ] = True,
    scale: Annotated[
        bool,
        typer.Option(
            "--scale",
            help=say(
                "另载入二百个县，首县十万件事项；由 SQL 直接写成，只供量快慢。",
                "Load two hundred more counties, a hundred thousand matters in the first: written"
                " by SQL, to measure by.",
            ),
        ),
    ] = False,
) -> None:
    """Serve the demo counties."""
    from infra.demo.loading import Wanted
    from infra.serving import serve

    serve(load_settings(), Wanted(history, scale))


@app.command(
    help=say("办理到点的事，直到 Ctrl-C；不对外服务。",
             "Do what comes due by the clock until Ctrl-C; serves nothing.")
)  # fmt: skip
def worker() -> None:
    """Run the clock's worker apart."""
    from infra.serving import work

    work(load_settings())


@app.command(help=say("把数据库迁移到最新。", "Bring the database up to date."))
def migrate() -> None:
    """Migrate."""
    from infra.migrate import head, upgrade

    changed = run(upgrade(load_settings()))
    done = say("已迁移到", "migrated to"), say("已经是最新：", "already at")
    typer.echo(f"{done[0] if changed else done[1]} {head()}")


@app.command(help=say("打印某县某角色任职者的令牌。", "Print the token of who holds a role."))
def token(
    tenant: Annotated[str, typer.Option("--tenant", "-t", help=say("县的代号。", "The county."))],
    role: Annotated[str, typer.Option("--role", "-r", help=say("角色代号。", "The role."))],
) -> None:
    """Print a bearer token alone on a line."""
    import policies

    if role not in policies.roles():
        known = ", ".join(policies.roles())
        fail(f"没有角色 {role}；有：{known}", f"no role {role}; there are: {known}")
    if role == policies.PUBLIC:
        fail(
            f"公众不需要令牌：不带令牌访问 /graphql/{tenant} 即可",
            f"the public needs no token: ask /graphql/{tenant} without one",
        )
    typer.echo(run(_token(tenant, role)))


@app.command(
    help=say("在运行中的示范县上走一遍：一件事项的六步，逐步打印。",
             "Walk through a running demo: a matter's six steps, each printed.")
)  # fmt: skip
def walk(
    url: Annotated[
        str, typer.Option(help=say("服务的地址。", "Where it runs."))
    ] = "http://127.0.0.1:8000",
) -> None:
    """Carry a matter through its six steps; exit code 1 where an answer isn't as it should be."""
    from infra import demo
    from infra.demo import steps
    from infra.demo.description import descriptions
    from infra.demo.walk import Walk, WalkEnded

    walking = Walk(url.rstrip("/"), descriptions()[0].slug, demo.PASSWORD, typer.echo)
    try:
        steps.whole(walking)
    except WalkEnded as ended:
        fail(f"没有走完。{ended}", f"not walked through: {ended}")
    typer.echo(say(f"走完了，共 {walking.number} 步", f"walked through, {walking.number} steps"))


@app.command(help=say("打印 GraphQL 模式。", "Print the GraphQL schema."))
def schema() -> None:
    """Print the SDL."""
    from schema import sdl

    typer.echo(sdl(), nl=False)


@app.command(help=say("打印全部错误代码。", "Print every code of a refusal."))
def codes() -> None:
    """Print the codes."""
    import pkgutil
    from importlib import import_module

    import infra
    import services
    from schema.errors import listing

    for package in (services, infra):
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
    typer.echo(listing(), nl=False)


@app.command(help=say("打印谁可以做什么。", "Print who may do what."))
def matrix() -> None:
    """Print the matrix of roles, objects and actions."""
    from policies.matrix import policies_matrix

    typer.echo(policies_matrix(), nl=False)


@app.command(
    help=say("检查设置、数据库、角色、行级安全、迁移；有问题则退出码为 1。",
             "Check settings, database, roles, row-level security, migrations; exit code 1 if ill.")
)  # fmt: skip
def doctor() -> None:
    """Say how the installation is."""
    from rich.console import Console
    from rich.table import Table

    from infra.doctor import examine

    findings = run(examine(load_settings()))
    table = Table(box=None, pad_edge=False)
    for title in (say("检查", "Check"), say("结果", "Result"), say("所见", "Seen")):
        table.add_column(title, overflow="fold")
    well, ill = say("正常", "well"), say("有问题", "ill")
    for one in findings:
        result = f"[green]{well}[/]" if one.is_well else f"[bold red]{ill}[/]"
        table.add_row(say(one.zh, one.en), result, one.seen.replace("[", "\\["))
    Console(highlight=False).print(table)
    if not all(one.is_well for one in findings):
        raise typer.Exit(1)


async def _token(tenant: str, role: str) -> str:
    from infra.auth import issue_for
    from infra.database import Database

    settings = settled()
    async with await Database.open(settings) as database:
        return await issue_for(database, settings, tenant, role)


if __name__ == "__main__":
    app(prog_name="sanfang")

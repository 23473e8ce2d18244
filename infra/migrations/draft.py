"""Drafting a revision (`make migration`): what the tables say now against what the revisions made.

With a name it adds the next revision; without one it writes the newest again, for as long as nobody
has run it. It works on a database of its own, made for the purpose and thrown away.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Connection, NullPool

from infra import migrate
from infra.database import address_of
from infra.embedded import Embedded
from infra.settings import Settings

VERSIONS = migrate.HERE / "versions"


def main(name: str | None) -> None:
    """Write the revision and format it."""
    newest = max(VERSIONS.glob("[0-9]*.py"), default=None)
    number, words = ("0001", "first") if newest is None else newest.stem.split("_", 1)
    if name is None and newest is not None:
        newest.unlink()
    elif newest is not None:
        number = f"{int(number) + 1:04}"
    message = (name or words).replace("_", " ").capitalize()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        embedded = Embedded.start(Path(folder), durable=False)
        try:
            asyncio.run(_draft(Path(folder), embedded.dsn, number, message))
        finally:
            embedded.release()
    for path in VERSIONS.glob(f"{number}_*.py"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.strip().startswith("# ###")]
        path.write_text("".join(kept), encoding="utf-8")
    for step in ("check --select I,F401 --fix", "format"):
        subprocess.run(  # noqa: S603
            [Path(sys.executable).with_name("ruff"), *step.split(), "-q", VERSIONS], check=True
        )


async def _draft(folder: Path, dsn: str, number: str, message: str) -> None:
    engine = address_of(Settings(data_dir=folder, database_url=None), dsn).engine(
        poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(_write, number, message)
    await engine.dispose()


def _write(connection: Connection, number: str, message: str) -> None:
    from alembic import command

    config = migrate.config(connection)
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    command.upgrade(config, "head")
    command.revision(config, message=message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] and sys.argv[1] else None)

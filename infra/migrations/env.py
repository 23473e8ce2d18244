"""What alembic runs: on the connection that it was handed, over every capability's tables.

A drafted revision gets the walls of each table that it makes; a type of sqlmodel's own is written
as SQLAlchemy's, so that a revision reads without either.
"""

from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlmodel.sql.sqltypes import AutoString

from infra.database import tables


class Wall(ops.MigrateOperation):
    """A line of `walls` in a drafted revision."""

    def __init__(self, line: str) -> None:
        self.line = line


@renderers.dispatch_for(Wall)
def _render_wall(autogen: AutogenContext, wall: Wall) -> str:
    autogen.imports.add("from infra.migrations import walls")
    return f"walls.{wall.line}"


def _wall_in(
    _: MigrationContext,
    __: str | Iterable[str | None] | Iterable[str],
    scripts: list[ops.MigrationScript],
) -> None:
    for script in scripts:
        drafted = script.upgrade_ops
        if drafted is None:
            continue
        made = [step.table_name for step in drafted.ops if isinstance(step, ops.CreateTableOp)]
        roles = [Wall("make_roles()")] if "tenant" in made else []
        drafted.ops = [*roles, *drafted.ops, *(Wall(f'guard("{table}")') for table in made)]


def _render_type(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables(),
    compare_type=True,
    render_item=_render_type,
    process_revision_directives=_wall_in,
)
with context.begin_transaction():
    context.run_migrations()

"""What every refusal must leave behind: the named error, no event, and no row changed anywhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from tests.county import County

# One statement that asks every table, made of the catalogue the first time.
STATEMENT = """
    select string_agg(format(
        $$select %L as name, count(*), md5(string_agg(r::text, '|' order by r::text)) from %I r$$,
        table_name, table_name
    ), ' union all ')
    from information_schema.columns where column_name = 'tenant_id' and table_schema = 'public'
"""
MADE: list[str] = []


@asynccontextmanager
async def unchanged(
    county: County, refusal: type[Exception]
) -> AsyncIterator[pytest.ExceptionInfo[Any]]:
    """The block is refused with this error, and every table of the county is as it was before."""
    before = await contents(county)
    with pytest.raises(refusal) as refused:
        yield refused
    assert await contents(county) == before


async def contents(county: County) -> dict[str, tuple[Any, ...]]:
    """A digest of what each table holds of the county, its events among them."""
    async with county.session(read_only=True) as session:
        connection = await session.connection()
        if not MADE:
            MADE.append((await connection.execute(text(STATEMENT))).scalar_one())
        found = await connection.exec_driver_sql(MADE[0])
        return {row[0]: tuple(row[1:]) for row in found}

"""What every refusal must leave behind: the named error, no event, and no row changed anywhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from tests.county import County

TABLES = "select table_name from information_schema.columns where column_name = 'tenant_id'"
DIGEST = "select count(*), md5(string_agg(r::text, '|' order by r::text)) from \"{table}\" r"


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
        tables = (await connection.execute(text(TABLES))).scalars().all()
        return {
            name: tuple((await connection.execute(text(DIGEST.format(table=name)))).one())
            for name in tables
        }

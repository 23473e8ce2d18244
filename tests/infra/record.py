"""What a county's record holds."""

from typing import Any

from tests.county import County


async def found(county: County, name: str) -> list[dict[str, Any]]:
    """The events of this name, the oldest first."""
    async with county.session(read_only=True) as session:
        rows = await session.info["driver"].fetch(
            "select * from event where name = $1 order by id", name
        )
    return [dict(row) for row in rows]

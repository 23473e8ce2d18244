"""Moves of very large subtrees: their paths are written by one statement, whatever their number."""

from sqlalchemy import text

from services import units
from tests.county import County
from tests.services.test_units import closure, paths

BUILDINGS = 9_000
# More paths than a statement can have parameters for: many buildings in one estate.
MANY_BELOW = (
    f"""insert into unit
        (tenant_id, id, version, made_at, kind, name, parent_id, since, is_public, decision)
    select tenant_id, gen_random_uuid(), 1, now(), 'building', n || '栋', id, since, true, 'many'
    from unit, generate_series(1, {BUILDINGS}) n where id = :estate""",
    """insert into unit_path (tenant_id, ancestor_id, unit_id, depth)
    select u.tenant_id, p.ancestor_id, u.id, p.depth + 1
    from unit u join unit_path p on p.tenant_id = u.tenant_id and p.unit_id = u.parent_id
    where u.parent_id = :estate and u.decision = 'many'
    union all
    select tenant_id, id, id, 0 from unit where parent_id = :estate and decision = 'many'""",
)


async def test_all_of_it_moves_along(county: County) -> None:
    tree = await county.tree()
    async with county.session() as session:
        for statement in MANY_BELOW:
            await session.exec(text(statement).bindparams(estate=tree.estate.id))  # type: ignore[call-overload]
    before = await paths(county)
    async with county.session() as session:
        await units.move(
            session, county.administrator, unit=tree.estate.id, parent=tree.grids[1].id
        )
    found = await paths(county)
    assert len(found) == len(before) > 32_767
    assert found == await closure(county)

"""The clock at another moment: for the block, for its own tasks, and for nobody else."""

import ast
import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from services import clock

MOMENT = datetime(2025, 3, 1, 23, 30, tzinfo=UTC)
ROOT = Path(__file__).parent.parent.parent


class TestAt:
    def test_it_is_that_moment_and_time_stands_still(self) -> None:
        with clock.at(MOMENT):
            assert clock.now() == clock.now() == MOMENT
            assert clock.today() == date(2025, 3, 2)

    def test_it_is_said_in_utc(self) -> None:
        with clock.at(MOMENT.astimezone(clock.CHINA)):
            assert clock.now().tzinfo is UTC
            assert clock.now() == MOMENT

    def test_after_the_block_time_goes_on(self) -> None:
        before = clock.now()
        with pytest.raises(ZeroDivisionError), clock.at(MOMENT):
            _ = 1 / 0
        assert clock.now() >= before

    def test_of_two_the_inner_one_holds(self) -> None:
        with clock.at(MOMENT):
            with clock.at(MOMENT + timedelta(days=1)):
                assert clock.now() == MOMENT + timedelta(days=1)
            assert clock.now() == MOMENT

    def test_a_naive_moment_is_refused(self) -> None:
        with pytest.raises(ValueError, match="aware"), clock.at(MOMENT.replace(tzinfo=None)):
            pass

    async def test_what_runs_beside_it_has_its_own_time(self) -> None:
        is_set, is_read = asyncio.Event(), asyncio.Event()

        async def beside() -> datetime:
            await is_set.wait()
            found = clock.now()
            is_read.set()
            return found

        async def inside() -> datetime:
            with clock.at(MOMENT):
                is_set.set()
                await is_read.wait()
                return await asyncio.create_task(_asked())

        other, own = await asyncio.gather(beside(), inside())
        assert (own, other > MOMENT) == (MOMENT, True)

    def test_nothing_that_answers_a_request_sets_it(self) -> None:
        """Only the demo's history may; no resolver, no service, no route."""
        found = {
            str(path.relative_to(ROOT))
            for layer in ("policies", "services", "schema", "infra")
            for path in (ROOT / layer).rglob("*.py")
            if _sets(path) and path != ROOT / "services" / "clock.py"
        }
        assert all(name.startswith("infra/demo/") for name in found), found


async def _asked() -> datetime:
    return clock.now()


def _sets(path: Path) -> bool:
    """Whether a module calls `clock.at`, or takes `at` or the variable itself from the clock."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="clock"), attr="at" | "_standing"):
                return True
            case ast.ImportFrom(module="services.clock", names=names):
                if {name.name for name in names} & {"at", "_standing", "*"}:
                    return True
    return False

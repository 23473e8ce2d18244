"""The committed matrix is what the policies say; the expansion says what Casbin itself would."""

from pathlib import Path

import pytest

import policies
from policies import Permission, lines
from policies.matrix import policies_matrix

COMMITTED = Path(__file__).with_name("matrix.txt")


class TestMatrix:
    def test_it_is_current(self) -> None:
        assert COMMITTED.read_text(encoding="utf-8") == policies_matrix(), "run `make matrix`"

    def test_every_role_stands_in_every_section(self) -> None:
        *sections, appointers, ceiling = policies_matrix().split("\n[")[1:]
        assert "county_administrator" in appointers
        assert "people.reveal" in ceiling
        for section in sections:
            found = [line.split()[0] for line in section.splitlines()[2:] if line.strip()]
            assert found == list(policies.roles())


@pytest.mark.parametrize("role", policies.roles())
class TestGrants:
    def test_they_are_what_the_enforcer_enforces(self, role: str) -> None:
        table = policies.grants("yihuang")[role]
        enforced = {
            permission for permission in policies.permissions() if _enforces(role, permission)
        }
        assert enforced == set(table)


class TestUnknown:
    def test_an_unlisted_action_is_nobodys(self) -> None:
        assert not any(_enforces(role, ("units", "burn")) for role in policies.roles())


def _enforces(role: str, permission: Permission) -> bool:
    object_, action = permission
    return bool(lines._enforcer().enforce(role, "yihuang", object_, action))

"""Role grants: what a county may change of them, and that nothing it may write goes any further."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policies
from policies import Scope
from services.grants import RoleRules
from services.grants.rules import MOST_LINES, MOST_OWN
from services.packs import Problem
from services.packs.sections import examine

APART = ("auditor", "security_administrator", "county_administrator", "platform_operator")
FIXED = (*APART, "public", "client")
ROLES = [*policies.roles()]
PERMISSIONS = [f"{object_}.{action}" for object_, action in policies.permissions()]
WIDE = (Scope.own, Scope.unit, Scope.county)
GRANT = st.fixed_dictionaries(
    {
        "permission": st.sampled_from(PERMISSIONS),
        "scope": st.sampled_from(["own", "unit", "county"]),
    }
)
ROLE = st.sampled_from(ROLES)
DOCUMENT = st.fixed_dictionaries(
    {
        "takes": st.lists(
            st.fixed_dictionaries({"role": ROLE, "permission": st.sampled_from(PERMISSIONS)}),
            max_size=3,
        ),
        "gives": st.lists(st.builds(lambda g, r: g | {"role": r}, GRANT, ROLE), max_size=3),
        "own": st.dictionaries(
            st.sampled_from(["lead", "volunteer_lead", "auditor"]),
            st.fixed_dictionaries(
                {"zh": st.just("队长"), "en": st.just("Lead"), "like": ROLE,
                 "grants": st.lists(GRANT, max_size=3)}
            ),
            max_size=1,
        ),
    }
)  # fmt: skip


def problems(roles: dict[str, Any]) -> list[Problem]:
    return examine({"roles": roles})[1]


def accepted(roles: dict[str, Any]) -> RoleRules | None:
    """The section, without whatever of it is refused."""
    kept: dict[str, Any] = {"takes": [], "gives": [], "own": {}}
    for name in ("takes", "gives"):
        for one in roles[name]:
            if not problems({name: [one]}):
                kept[name].append(one)
    for name, own in roles["own"].items():
        if not problems({"own": {name: own}}):
            kept["own"][name] = own
    return RoleRules.model_validate(kept)


class TestBounds:
    """To expand a county's policies takes no longer than a request may."""

    def test_so_many_roles_and_lines_and_no_more(self) -> None:
        own = {
            f"helper_{chr(97 + n // 26)}{chr(97 + n % 26)}": {
                "zh": f"帮手{n}", "en": f"Helper {n}", "like": "grid_worker", "grants": [],
            }
            for n in range(MOST_OWN + 1)
        }  # fmt: skip
        assert [one.path for one in problems({"own": own})] == ["roles.own"]
        own.popitem()
        assert not problems({"own": own})
        gift = {"role": "grid_worker", "permission": "units.rename", "scope": "unit"}
        assert "roles.gives" in {one.path for one in problems({"gives": [gift] * (MOST_LINES + 1)})}


class TestCeiling:
    @settings(deadline=None, max_examples=25)
    @given(DOCUMENT)
    def test_whatever_is_accepted_stays_below_it(self, roles: dict[str, Any]) -> None:
        rules = accepted(roles)
        assert rules is not None
        was, then = policies.policy("*"), policies.policy("*", rules.changes)
        for fixed in FIXED:
            assert then.grants[fixed] == was.grants[fixed], fixed
        for name, role in then.roles.items():
            most = policies.beyond(role.peers)
            for permission, scopes in then.grants[name].items():
                before = was.grants.get(name, was.grants["resident"]).get(permission, frozenset())
                for scope in scopes - before:
                    assert scope in most.get(permission, frozenset()), (name, permission, scope)

    def test_no_group_may_be_given_what_belongs_to_the_three_administrators_alone(self) -> None:
        own = {
            permission
            for permission in policies.permissions()
            if {name for name, held in policies.policy("*").grants.items() if permission in held}
            <= set(APART)
        }
        assert ("packs", "approve") in own
        for role in policies.roles().values():
            if role.peers:
                assert not own & set(policies.beyond(role.peers))

    @pytest.mark.parametrize(
        ("roles", "path", "en"),
        [
            ({"takes": [{"role": "auditor", "permission": "events.read"}]},
             "roles.takes.0.role", "the product's to say"),
            ({"takes": [{"role": "county_administrator", "permission": "packs.propose"}]},
             "roles.takes.0.role", "the product's to say"),
            ({"takes": [{"role": "public", "permission": "board.read"}]},
             "roles.takes.0.role", "the product's to say"),
            ({"takes": [{"role": "king", "permission": "units.read"}]},
             "roles.takes.0.role", "no such role"),
            ({"takes": [{"role": "grid_worker", "permission": "packs.propose"}]},
             "roles.takes.0.permission", "grid_worker hasn't packs.propose"),
            ({"takes": [{"role": "firm_manager", "permission": "matters.complete"}]},
             "roles.takes.0.role", "firm_manager has it from firm_staff: take it there"),
            ({"gives": [{"role": "auditor", "permission": "units.rename", "scope": "county"}]},
             "roles.gives.0.role", "the product's to say"),
            ({"gives": [{"role": "client", "permission": "units.rename", "scope": "county"}]},
             "roles.gives.0.role", "the product's to say"),
            ({"gives": [{"role": "building_head", "permission": "people.reveal", "scope": "unit"}]},
             "roles.gives.0.scope", "beyond the ceiling"),
            ({"gives": [{"role": "grid_worker", "permission": "units.rename", "scope": "county"}]},
             "roles.gives.0.scope", "beyond the ceiling"),
            ({"gives": [{"role": "grid_worker", "permission": "units.burn", "scope": "unit"}]},
             "roles.gives.0.permission", "no such action"),
            ({"own": {"auditor": {"zh": "审", "en": "A", "like": "grid_worker"}}},
             "roles.own.auditor", "the product has this role"),
            ({"own": {"boss": {"zh": "头", "en": "Boss", "like": "county_administrator"}}},
             "roles.own.boss.like", "the product's to say"),
            ({"own": {"boss": {"zh": "头", "en": "Boss", "like": "resident",
                               "grants": [{"permission": "people.reveal", "scope": "county"}]}}},
             "roles.own.boss.grants.0.scope", "beyond the ceiling"),
            ({"own": {"Boss": {"zh": "头", "en": "Boss", "like": "resident"}}},
             "roles.own.Boss", "doesn't fit"),
        ],
    )  # fmt: skip
    def test_what_goes_beyond_it_is_refused_at_its_place(
        self, roles: dict[str, Any], path: str, en: str
    ) -> None:
        [problem] = problems(roles)
        assert problem.path == path
        assert en in problem.said.en


class TestTaking:
    def test_who_has_it_from_that_role_loses_it_too(self) -> None:
        taken = {"takes": [{"role": "firm_staff", "permission": "matters.complete"}]}
        rules = RoleRules.model_validate(taken)
        then = policies.policy("*", rules.changes).grants
        for role in ("firm_staff", "firm_manager"):
            assert ("matters", "complete") in policies.policy("*").grants[role]
            assert ("matters", "complete") not in then[role]

    def test_other_counties_keep_it(self) -> None:
        taken = {"takes": [{"role": "firm_staff", "permission": "matters.complete"}]}
        policies.policy("one", RoleRules.model_validate(taken).changes)
        assert ("matters", "complete") in policies.policy("other").grants["firm_staff"]

"""A county administrator at work, through GraphQL alone: look, compare, propose, approve, activate.

Two processes serve; what one activates holds in the other at its next request.
"""

from typing import Any

from services import appointments, councils
from services.matters.tables import Visibility
from tests.county import County
from tests.infra.service import Service, token
from tests.way import Way

COMPARE = """query ($changes: JSON!) { comparePack(changes: $changes) { isValid needsSecurity
  base { edition } problems { path message en: message(language: EN) }
  changes { path kind before after sentence en: sentence(language: EN) }
  touches { what number keeps } } }"""
PROPOSE = """mutation ($changes: JSON!) { proposePack(changes: $changes, reason: "年度调整") {
  id state stateLabel base { edition } proposedBy { name } } }"""
APPROVE = "mutation ($id: ID!) { approvePack(proposal: $id) { state approvedBy { name } } }"
ACTIVATE = "mutation ($id: ID!) { activatePack(proposal: $id) { state pack { edition } } }"
REVERT = 'mutation ($id: ID!) { revertPack(pack: $id, reason: "有误") { edition restores { id } } }'
CHECK = """query ($document: JSON!) { checkPack(document: $document) {
  problems { path en: message(language: EN) } } }"""
WHO = """query ($action: String!, $object: ID) { whoCan(action: $action, object: $object) {
  edition own public isCut holders { role lineRole scope source person { name } unit { name }
  appointment { id } } } }"""
WHY = """query ($action: String!, $person: ID, $object: ID) { why(action: $action, person: $person,
  object: $object) { isAllowed sentence en: sentence(language: EN) edition grantedTo
  grounds { role lineRole scope source reaches unit { name } } } }"""
RENAME = 'mutation ($id: ID!) { renameUnit(unit: $id, name: "新名") { name } }'
CHANGES = {
    "councils": {"name": {"zh": "院落议事会", "en": "Courtyard council"}},
    "matters": {"days": {"inquiring": 5}},
    "roles": {
        "takes": [{"role": "community_secretary", "permission": "units.rename"}],
        "gives": [{"role": "branch_secretary", "permission": "units.rename", "scope": "unit"}],
    },
}


async def adopted(served: Service, county: County, changes: dict[str, Any]) -> str:
    """The founders make the changes the county's pack; the proposal's id."""
    administrator = await token(county, county.administrator)
    security = await token(county, county.security)
    made = await served.ask(PROPOSE, {"changes": changes}, token=administrator)
    proposal: str = made["proposePack"]["id"]
    await served.ask(APPROVE, {"id": proposal}, token=security)
    await served.ask(ACTIVATE, {"id": proposal}, token=administrator)
    return proposal


class TestTheWalk:
    async def test_the_difference_is_seen_before(self, served: Service, county: County) -> None:
        tree = await county.tree()
        for role, unit in (
            ("community_secretary", tree.communities[0]),
            ("branch_secretary", tree.grids[0]),
        ):
            await county.appoint(await county.person(), role, unit)
        administrator = await token(county, county.administrator)
        answer = await served.ask(COMPARE, {"changes": CHANGES}, token=administrator)
        found = answer["comparePack"]
        assert found["isValid"]
        assert found["needsSecurity"]
        told = {one["path"]: one["sentence"] for one in found["changes"]}
        assert told["councils.name.zh"] == "圆桌议事会 · 名称 · zh：圆桌议事会 → 院落议事会"
        assert told["matters.days.inquiring"].endswith("3 → 5")
        assert told["roles.takes"].startswith("角色授权 · 收回：加上")
        assert {one["what"]: one["number"] for one in found["touches"]} == {
            "现任社区党组织书记的人": 1, "现任网格党支部书记的人": 1,
        }  # fmt: skip

    async def test_the_effect_is_seen_after(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        tree = await county.tree()
        community = await county.actor("community_secretary", tree.communities[0])
        branch = await county.actor("branch_secretary", tree.grids[0])
        above, below = await token(county, community), await token(county, branch)
        unit = {"id": f"Unit:{tree.grids[0].id}"}
        async with county.session() as session:
            await councils.form(session, county.administrator, grid=tree.grids[0].id, name="一号桌")
        await served.ask(RENAME, unit, token=above)
        assert await served_beside.code(RENAME, unit, token=below) == "FORBIDDEN"

        await adopted(served, county, CHANGES)

        assert await served_beside.code(RENAME, unit, token=above) == "FORBIDDEN"
        assert await served.code(RENAME, unit, token=above) == "FORBIDDEN"
        await served_beside.ask(RENAME, unit, token=below)
        active = "{ packs(filter: {active: true}) { nodes { edition document } } }"
        administrator = await token(county, county.administrator)
        [pack] = (await served_beside.ask(active, token=administrator))["packs"]["nodes"]
        assert pack["edition"] == 2
        assert pack["document"]["councils"]["name"]["zh"] == "院落议事会"
        tables = "{ councils { nodes { name kindLabel en: kindLabel(language: EN) } } }"
        assert (await served_beside.ask(tables, token=administrator))["councils"]["nodes"] == [
            {"name": "一号桌", "kindLabel": "院落议事会", "en": "Courtyard council"}
        ]

    async def test_an_auditor_finds_who_did_it(self, served: Service, county: County) -> None:
        await adopted(served, county, CHANGES)
        auditor = await token(county, county.founders["auditor"])
        done = await served.ask(
            '{ events(filter: {name: "pack.activated"}) { nodes { person { name } object { id }'
            " before after } } }",
            token=auditor,
        )
        [event] = done["events"]["nodes"]
        assert event["person"]["name"] == "管理员甲"
        proposed = await served.ask(
            '{ events(filter: {name: "pack.proposed"}) { nodes { after } } }', token=auditor
        )
        [event] = proposed["events"]["nodes"]
        assert event["after"]["changes"]["matters.days.inquiring"] == [3, 5]

    async def test_a_bad_pack_is_refused_in_both_languages_with_each_path(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        bad = {"councils": {"quorum": 9}, "stars": {}}
        found = (await served.ask(COMPARE, {"changes": bad}, token=bearer))["comparePack"]
        assert not found["isValid"]
        assert not found["changes"]
        assert [(one["path"], one["message"], one["en"]) for one in found["problems"]] == [
            ("stars", "没有这个章节", "unknown section"),
            ("councils.quorum", "不能大于 6", "6 at most"),
        ]
        answer = await served.send(PROPOSE, {"changes": bad}, token=bearer, accept_language="en")
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "PACK_REFUSED"
        assert "councils.quorum: 6 at most" in error["message"]

    async def test_reverting_takes_effect_in_the_other_process_too(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        tree = await county.tree()
        unit = {"id": f"Unit:{tree.grids[0].id}"}
        bearer = await token(county, await county.actor("branch_secretary", tree.grids[0]))
        await adopted(served, county, CHANGES)
        await served_beside.ask(RENAME, unit, token=bearer)
        security = await token(county, county.security)
        active = "{ packs(filter: {active: true}) { nodes { id } } }"
        [pack] = (await served.ask(active, token=security))["packs"]["nodes"]
        reverted = await served.ask(REVERT, {"id": pack["id"]}, token=security)
        assert reverted["revertPack"]["edition"] == 3
        assert await served_beside.code(RENAME, unit, token=bearer) == "FORBIDDEN"

    async def test_refusals_call_things_as_the_county_does(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        await adopted(
            served, county, {"units": {"labels": {"grid": {"zh": "片区", "en": "Block"}}}}
        )
        found = 'mutation ($id: ID!) { foundUnit(kind: GRID, name: "一", parent: $id) { id } }'
        bearer = await token(county, county.administrator)
        answer = await served.send(found, {"id": f"Unit:{tree.estate.id}"}, token=bearer)
        [error] = answer.json()["errors"]
        assert "片区" in error["message"]
        assert error["extensions"]["kind"] == "grid"


class TestOwnRoles:
    """A role that the county made: appointed, seen, and as far as it was given."""

    OWN = {
        "roles": {
            "own": {
                "volunteer_lead": {
                    "zh": "志愿队长", "en": "Volunteer lead", "like": "grid_worker",
                    "grants": [{"permission": "units.rename", "scope": "unit"}],
                }
            }
        }
    }  # fmt: skip

    async def test_it_is_appointed_and_acts(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        tree = await county.tree()
        await adopted(served, county, self.OWN)
        county.founders = {
            role: await county.reload(actor.person_id) for role, actor in county.founders.items()
        }
        lead = await county.actor("volunteer_lead", tree.grids[0])
        bearer = await token(county, lead)
        mine = {"id": f"Unit:{tree.estate.id}"}
        await served_beside.ask(RENAME, mine, token=bearer)
        beyond = {"id": f"Unit:{tree.communities[0].id}"}
        assert await served.code(RENAME, beyond, token=bearer) == "FORBIDDEN"
        seen = await served.ask("{ viewer { roles { name zh } } }", token=bearer)
        assert {"name": "volunteer_lead", "zh": "志愿队长"} in seen["viewer"]["roles"]
        posts = "{ posts { nodes { role roleLabel } } }"
        listed = await served.ask(posts, token=await token(county, county.administrator))
        labels = {post["role"]: post["roleLabel"] for post in listed["posts"]["nodes"]}
        assert labels["volunteer_lead"] == "志愿队长"

    async def test_it_stays_for_as_long_as_it_has_posts(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        await adopted(served, county, self.OWN)
        county.founders = {
            role: await county.reload(actor.person_id) for role, actor in county.founders.items()
        }
        await county.actor("volunteer_lead", tree.grids[0])
        bearer = await token(county, county.administrator)
        like = self.OWN["roles"]["own"]["volunteer_lead"] | {"like": "community_secretary"}
        for own in (None, {"volunteer_lead": like}):
            document = {} if own is None else {"roles": {"own": own}}
            found = await served.ask(CHECK, {"document": document}, token=bearer)
            [problem] = found["checkPack"]["problems"]
            assert problem == {
                "path": "roles.own.volunteer_lead", "en": "1 posts have it: it stays as it is",
            }  # fmt: skip


class TestWhoCan:
    async def test_by_role_unit_and_who_wrote_the_line(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        await adopted(served, county, CHANGES)
        for role, unit in (
            ("branch_secretary", tree.grids[0]),
            ("branch_secretary", tree.grids[1]),
            ("community_secretary", tree.communities[0]),
        ):
            await county.appoint(await county.person(f"{role}-{unit.name}"), role, unit)
        bearer = await token(county, county.founders["auditor"])
        asked = {"action": "units.rename", "object": f"Unit:{tree.estate.id}"}
        found = (await served.ask(WHO, asked, token=bearer))["whoCan"]
        holders = {(one["role"], one["unit"]["name"], one["source"]) for one in found["holders"]}
        assert ("branch_secretary", "第一网格", "COUNTY") in holders
        assert ("county_administrator", "试验县", "PRODUCT") in holders
        assert not {role for role, *_ in holders} & {"community_secretary"}
        assert "第二网格" not in {name for _, name, _ in holders}
        assert found["edition"] == 2
        assert not found["own"]

    async def test_not_for_everybody(self, served: Service, county: County) -> None:
        bearer = await token(county, county.founders["working_officer"])
        assert await served.code(WHO, {"action": "units.rename"}, token=bearer) == "FORBIDDEN"

    async def test_of_no_such_action_or_object(self, served: Service, county: County) -> None:
        bearer = await token(county, county.administrator)
        for given in ({"action": "units.burn"}, {"action": "rename"},
                      {"action": "units.rename", "object": "Moon:1"}):  # fmt: skip
            assert await served.code(WHO, given, token=bearer) == "BAD_INPUT"
        other = {"action": "units.rename", "object": f"Unit:{county.tenant.id}"}
        assert await served.code(WHO, other, token=bearer) == "NOT_FOUND"


class TestWhy:
    async def why(self, served: Service, bearer: str, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await served.ask(WHY, given, token=bearer))["why"]
        return found

    async def test_each_reason(self, served: Service, county: County) -> None:
        tree = await county.tree()
        await adopted(served, county, CHANGES)
        bearer = await token(county, county.administrator)
        branch, community = await county.person("甲书记"), await county.person("乙书记")
        await county.appoint(branch, "branch_secretary", tree.grids[0])
        await county.appoint(community, "community_secretary", tree.communities[0])
        asked = {"action": "units.rename", "object": f"Unit:{tree.estate.id}"}

        found = await self.why(served, bearer, person=f"Person:{branch.id}", **asked)
        assert found["isAllowed"]
        assert found["en"] == (
            "yes: Grid branch secretary has units.rename, in the post's unit and below"
            " (given by the county's pack)"
        )
        beyond = asked | {"object": f"Unit:{tree.communities[0].id}"}
        found = await self.why(served, bearer, person=f"Person:{branch.id}", **beyond)
        assert not found["isAllowed"]
        assert "out of the posts' reach" in found["en"]
        found = await self.why(served, bearer, person=f"Person:{community.id}", **asked)
        assert found["en"] == "the county's pack took units.rename from Community secretary"
        stranger = await county.person("路人")
        found = await self.why(served, bearer, person=f"Person:{stranger.id}", **asked)
        assert found["en"].startswith("no post held now has units.rename; these roles have:")
        assert "branch_secretary" in found["grantedTo"]

    async def test_of_an_appointment_that_is_not_confirmed(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        person = await county.person("候任")
        post = await county.post("community_secretary", tree.communities[0])
        async with county.session() as session:
            await appointments.propose(
                session, county.administrator, person=person.id, post=post.id, ground="拟任"
            )
        bearer = await token(county, county.administrator)
        found = await self.why(served, bearer, action="units.rename", person=f"Person:{person.id}")
        assert found["en"] == "the appointment as Community secretary has not been confirmed"

    async def test_anybody_may_ask_about_themselves_and_nobody_else(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        resident = await county.actor("resident", tree.estate)
        bearer = await token(county, resident)
        found = await self.why(served, bearer, action="matters.raise")
        assert found["isAllowed"]
        pack = '{ why(action: "matters.raise") { edition pack { edition } } }'
        seen = (await served.ask(pack, token=bearer))["why"]
        assert seen == {"edition": 1, "pack": None}
        other = {"action": "matters.raise", "person": f"Person:{county.administrator.person_id}"}
        assert await served.code(WHY, other, token=bearer) == "FORBIDDEN"

    async def test_of_what_one_does_not_see_no_more_is_said_than_of_nothing(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        bearer = await token(county, await county.actor("resident", tree.estate))
        told = [
            await self.why(served, bearer, action="matters.read", object=object_)
            for object_ in (f"Account:{county.id}", f"Matter:{county.id}")
        ]
        assert told[0] == told[1]

    async def test_a_matter_kept_from_ones_own_post_is_as_none_at_all(
        self, served: Service, county: County
    ) -> None:
        way = await Way.of(county)
        matter = await way.raised(visibility=Visibility.confidential)
        bearer = await token(county, way.building_head)
        told = [
            await self.why(served, bearer, action="matters.read", object=f"Matter:{id_}")
            for id_ in (matter.id, county.id)
        ]
        assert told[0] == told[1]
        assert not told[0]["isAllowed"]

    async def test_of_events_the_security_administrator_is_told_what_they_see(
        self, served: Service, county: County
    ) -> None:
        way = await Way.of(county)
        matter = await way.raised()
        auditor = await token(county, county.founders["auditor"])
        asked = "query ($f: EventFilter) { events(filter: $f, last: 1) { nodes { id } } }"
        of_both = [
            (await served.ask(asked, {"f": {"object": id_}}, token=auditor))["events"]["nodes"][0]
            for id_ in (f"Matter:{matter.id}", f"Unit:{way.tree.estate.id}")
        ]
        security = await token(county, county.security)
        may = []
        for event in of_both:
            given = {"action": "events.read", "object": event["id"]}
            may.append((await self.why(served, security, **given))["isAllowed"])
            holders = (await served.ask(WHO, given, token=auditor))["whoCan"]["holders"]
            may.append("security_administrator" in {one["role"] for one in holders})
        assert may == [False, False, True, True]

    async def test_of_others_only_with_an_object_that_one_sees(
        self, served: Service, county: County
    ) -> None:
        """Or whoever may ask could find out whose own a confidential matter is."""
        way = await Way.of(county)
        matter = await way.raised(visibility=Visibility.confidential)
        raiser = f"Person:{way.resident.person_id}"
        asked = {"action": "matters.read", "object": f"Matter:{matter.id}", "person": raiser}
        who = {name: asked[name] for name in ("action", "object")}
        security = await token(county, county.security)
        assert await served.code(WHY, asked, token=security) == "NOT_FOUND"
        assert await served.code(WHO, who, token=security) == "NOT_FOUND"
        found = await self.why(served, await token(county, county.administrator), **asked)
        assert found["isAllowed"]
        own = {"action": "matters.read", "object": f"Matter:{matter.id}"}
        assert (await self.why(served, await token(county, way.resident), **own))["isAllowed"]

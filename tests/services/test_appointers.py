"""Who may fill which post: the county's own roles are not for whoever appoints in a community."""

import pytest

from policies import Denied
from services import appointments
from tests.county import County


class TestAppointers:
    """The county's own roles are filled by its administrators alone."""

    async def test_a_secretary_makes_no_administrator_in_her_own_community(
        self, county: County
    ) -> None:
        tree = await county.tree()
        secretary = await county.actor("community_secretary", tree.communities[0])
        for role in (
            "county_administrator",
            "security_administrator",
            "auditor",
            "working_officer",
        ):
            with pytest.raises(Denied):
                async with county.session() as session:
                    await appointments.create_post(
                        session, secretary, unit=tree.communities[0].id, role=role, title="假"
                    )

    async def test_a_working_officer_neither_fills_nor_ends_an_administrators_post(
        self, county: County
    ) -> None:
        officer = county.founders["working_officer"]
        held = county.administrator.posts[0].appointment_id
        post = await county.post("auditor", county.root)
        person = await county.person()
        async with county.session() as session:
            with pytest.raises(Denied):
                await appointments.propose(
                    session, officer, person=person.id, post=post.id, ground="试验"
                )
            for command in (appointments.revoke, appointments.end):
                with pytest.raises(Denied):
                    await command(session, officer, appointment=held, reason="试验")

"""Scans and letters of a vote: opened by who is to confirm them, while they wait."""

from typing import Any

import pytest

from policies import Actor
from services.ballots import proxies
from tests.county import County
from tests.infra.service import Service, token
from tests.polls import Poll

SCAN = "query ($id: ID!) { node(id: $id) { ... on Ballot { scanUrl } } }"
LETTER = "query ($id: ID!) { node(id: $id) { ... on VoteProxy { letterUrl } } }"


@pytest.fixture
async def poll(county: County) -> Poll:
    """An open vote of four flats with an owner each."""
    poll = await Poll.of(county)
    await poll.opened()
    return poll


async def seen(poll: Poll, served: Service, document: str, id_: str, by: Actor) -> Any:
    """What somebody is told of it."""
    bearer = await token(poll.county, by)
    return (await served.ask(document, {"id": id_}, token=bearer))["node"]


async def test_a_scan_is_opened_by_who_is_to_confirm_it(poll: Poll, served: Service) -> None:
    row = await poll.enter(await poll.holder(poll.owners[0]))
    id_ = f"Ballot:{row.id}"
    for by in (poll.worker, poll.bureau):
        assert await seen(poll, served, SCAN, id_, by) == {"scanUrl": None}
    url = (await seen(poll, served, SCAN, id_, poll.community))["scanUrl"]
    assert (await served.http.get(url)).status_code == 200
    await poll.confirm(row)
    assert await seen(poll, served, SCAN, id_, poll.community) == {"scanUrl": None}


async def test_a_letter_is_read_by_who_is_to_confirm_it(poll: Poll, served: Service) -> None:
    row = await poll.do(
        proxies.appoint, poll.worker, holder=await poll.holder(poll.owners[0]),
        person=poll.member.person_id, file=await poll.file(poll.worker),
    )  # fmt: skip
    id_ = f"VoteProxy:{row.id}"
    for by in (poll.worker, poll.bureau, poll.member):
        assert await seen(poll, served, LETTER, id_, by) == {"letterUrl": None}
    url = (await seen(poll, served, LETTER, id_, poll.community))["letterUrl"]
    assert (await served.http.get(url)).status_code == 200
    await poll.do(proxies.confirm_proxy, poll.community, proxy=row.id)
    assert await seen(poll, served, LETTER, id_, poll.community) == {"letterUrl": None}

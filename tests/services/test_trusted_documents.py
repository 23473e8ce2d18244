"""Trusted documents: registered once to the letter, withdrawn at once, and whose they are."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

import policies
from policies import Actor, Denied
from services import authority, clients, trusted_documents
from services.errors import NotFound, StaleVersion
from services.packs import PackRefused
from services.standing import holds
from services.trusted_documents import (
    AlreadyWithdrawn,
    Caller,
    Demand,
    DocumentWithdrawn,
    TooManyDocuments,
    TrustedDocument,
)
from tests.county import County, adopt
from tests.services.unchanged import unchanged

TEXT = "{ county { name } }\n"


async def client_of(county: County) -> Actor:
    """A client with all that it can be granted."""
    grants = [f"{object_}.{action}" for object_, action in policies.ceiling()]
    async with county.session() as session:
        made = await clients.register(
            session, county.administrator, name="小程序", origins=[], grants=grants
        )
    limits = policies.ceiling()
    return Actor(county.id, county.slug, client_id=made.id, limits=limits)


async def registered(county: County, text: str = TEXT, by: Actor | None = None) -> TrustedDocument:
    async with county.session() as session:
        return await trusted_documents.register(session, by or county.administrator, text=text)


async def withdrawn(
    county: County, document: TrustedDocument, by: Actor | None = None
) -> TrustedDocument:
    async with county.session() as session:
        return await trusted_documents.withdraw(
            session, by or county.administrator, document=document.id, reason="不再使用"
        )


async def known(county: County, text: str = TEXT) -> str | None:
    async with county.session(read_only=True) as session:
        return await trusted_documents.text_of(session, county.id, digest(text))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class TestRegister:
    async def test_it_is_kept_to_the_letter_under_its_hash(self, county: County) -> None:
        document = await registered(county)
        assert (document.text, document.digest) == (TEXT, digest(TEXT))
        assert await known(county) == TEXT
        assert await county.events("trusted_document.registered") == 1

    async def test_a_second_time_it_stays_as_it_is(self, county: County) -> None:
        first = await registered(county)
        again = await registered(county)
        assert again.id == first.id
        assert await county.events("trusted_document.registered") == 1

    async def test_at_once_it_is_registered_once(self, county: County) -> None:
        made = await asyncio.gather(*(registered(county) for _ in range(6)))
        assert len({document.id for document in made}) == 1
        assert await county.events("trusted_document.registered") == 1

    async def test_another_county_doesnt_know_it(self, county: County, other: County) -> None:
        await registered(county)
        assert await known(other) is None

    async def test_a_client_registers_its_own_if_that_was_granted(self, county: County) -> None:
        client = await client_of(county)
        document = await registered(county, by=client)
        assert document.client_id == client.client_id
        none = replace(client, limits=frozenset())
        async with unchanged(county, Denied):
            await registered(county, "{ units { totalCount } }", by=none)

    async def test_a_client_has_so_many_and_no_more(
        self, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(trusted_documents, "MOST_OF_ONE", 2)
        client = await client_of(county)
        for number in range(2):
            await registered(county, TEXT * (number + 1), by=client)
        async with unchanged(county, TooManyDocuments):
            await registered(county, TEXT * 3, by=client)
        await registered(county, TEXT * 3)


class TestWithdraw:
    async def test_it_is_no_longer_known_and_every_authority_is_out_of_date(
        self, county: County
    ) -> None:
        document = await registered(county)
        async with county.session(read_only=True) as session:
            before = await authority.load(session, county.id, person_id=None, client_id=None)
        await withdrawn(county, document)
        assert await known(county) is None
        async with county.session(read_only=True) as session:
            assert not await holds(session, before)
        assert await county.events("trusted_document.withdrawn") == 1

    async def test_twice_is_refused(self, county: County) -> None:
        document = await registered(county)
        await withdrawn(county, document)
        async with unchanged(county, AlreadyWithdrawn):
            await withdrawn(county, document)

    async def test_of_an_older_version_it_is_refused(self, county: County) -> None:
        document = await registered(county)
        async with unchanged(county, StaleVersion), county.session() as session:
            await trusted_documents.withdraw(
                session, county.administrator, document=document.id, reason="x", expected_version=9
            )

    async def test_what_the_county_withdrew_a_client_doesnt_bring_back(
        self, county: County
    ) -> None:
        client = await client_of(county)
        await withdrawn(county, await registered(county, by=client))
        async with unchanged(county, DocumentWithdrawn):
            await registered(county, by=client)
        assert (await registered(county)).withdrawn_at is None
        assert await known(county) == TEXT

    async def test_a_client_withdraws_its_own_and_no_other(self, county: County) -> None:
        one, two = await client_of(county), await client_of(county)
        document = await registered(county, by=one)
        async with unchanged(county, Denied):
            await withdrawn(county, document, by=two)
        assert (await withdrawn(county, document, by=one)).withdrawn_at is not None

    async def test_another_countys_is_as_none(self, county: County, other: County) -> None:
        document = await registered(other)
        async with unchanged(county, NotFound):
            await withdrawn(county, document)


class TestDemand:
    @pytest.mark.parametrize(
        ("demanded", "public", "client", "person", "person_through_client"),
        [
            ((), False, False, False, False),
            ((Caller.public,), True, False, False, False),
            ((Caller.clients,), False, True, False, True),
            ((Caller.people,), False, False, True, False),
            (tuple(Caller), True, True, True, True),
        ],
    )
    async def test_it_binds_those_whom_the_pack_names(
        self,
        county: County,
        demanded: tuple[Caller, ...],
        public: bool,
        client: bool,
        person: bool,
        person_through_client: bool,
    ) -> None:
        document = {
            "trusted_documents": {"demanded_of": [str(one) for one in demanded]},
            "councils": {"meet_by": 20},
        }
        async with county.session() as session:
            await adopt(session, county, document)
        by = await client_of(county)
        who = county.founders["auditor"].person_id
        asked = {
            (None, None): public,
            (None, by.client_id): client,
            (who, None): person,
            (who, by.client_id): person_through_client,
        }
        async with county.session(read_only=True) as session:
            for (person_id, client_id), expected in asked.items():
                found = await authority.load(
                    session, county.id, person_id=person_id, client_id=client_id
                )
                assert found.is_bound is expected

    async def test_who_may_register_any_document_is_never_bound(self, county: County) -> None:
        document = {"trusted_documents": {"demanded_of": [str(one) for one in Caller]}}
        async with county.session() as session:
            await adopt(session, county, document)
            found = await authority.load(
                session, county.id, person_id=county.administrator.person_id, client_id=None
            )
            assert not found.is_bound
            await adopt(session, county, {})

    async def test_a_word_that_it_doesnt_know_refuses_the_pack(self, county: County) -> None:
        async with unchanged(county, PackRefused), county.session() as session:
            document = {"trusted_documents": {"demanded_of": ["everyone"]}}
            await adopt(session, county, document)

    def test_nobody_is_bound_unless_the_county_says_so(self) -> None:
        assert Demand().demanded_of == frozenset()

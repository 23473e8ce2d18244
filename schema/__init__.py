"""How it is asked: the GraphQL types, inputs and mutations of each capability."""

from importlib import import_module

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.tools import merge_types
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from schema.reading.scalars import SCALARS

CAPABILITIES = (
    "viewer",
    "tenants",
    "units",
    "people",
    "appointments",
    "linkages",
    "coverage",
    "duties",
    "rulebooks",
    "stations",
    "organisations",
    "ownerships",
    "property_units",
    "votes",
    "ballots",
    "vote_evidence",
    "committees",
    "register_imports",
    "register_exports",
    "contracts",
    "fee_standards",
    "ledger",
    "bills",
    "payments",
    "payment_files",
    "payment_channels",
    "disputes",
    "instalment_plans",
    "demands",
    "fee_notices",
    "fees",
    "reconciliations",
    "files",
    "packs",
    "grants",
    "clients",
    "trusted_documents",
    "accounts",
    "matters",
    "publications",
    "objections",
    "board",
    "notices",
    "councils",
    "meetings",
    "resolutions",
    "extensions",
    "supervisions",
    "guarantees",
    "reports",
    "events",
    "audits",
)


class Names(NameConverter):
    """Members of an enum in capitals, as GraphQL writes them; the database keeps them small."""

    def from_enum_value(self, enum: StrawberryEnumDefinition, enum_value: EnumValue) -> str:
        """The member's name in capitals."""
        return enum_value.name.upper()


def build() -> strawberry.Schema:
    """The whole schema: what each capability lets be asked and done."""
    modules = [import_module(f"schema.{name}") for name in CAPABILITIES]
    queries = tuple(module.Queries for module in modules if hasattr(module, "Queries"))
    mutations = tuple(module.Mutations for module in modules if hasattr(module, "Mutations"))
    watched = tuple(module.Subscriptions for module in modules if hasattr(module, "Subscriptions"))
    return strawberry.Schema(
        query=merge_types("Query", queries),
        mutation=merge_types("Mutation", mutations),
        subscription=merge_types("Subscription", watched),
        config=StrawberryConfig(name_converter=Names(), scalar_map=SCALARS),
    )


def sdl() -> str:
    """The schema in GraphQL's own language, as schema/schema.graphql holds it."""
    return f"{build().as_str()}\n"

"""Walls ask once."""

from infra.migrations import walls

revision = "0002"
down_revision = "0001"

TABLES = (
    "client",
    "command",
    "event",
    "issuer",
    "pack",
    "signing_key",
    "standing",
    "tenant_key",
    "unit",
    "duty",
    "linkage",
    "person",
    "post",
    "rule_book",
    "station",
    "trusted_document",
    "unit_path",
    "account",
    "appointment",
    "subject_link",
    "refresh_token",
)


def upgrade() -> None:
    """Bring the database here from the revision before."""
    walls.ask_once(TABLES)

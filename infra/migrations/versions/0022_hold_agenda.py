"""The agenda of a signed meeting: nothing is moved out of it either."""

from infra.migrations import holds

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    holds.hold(holds.HOLD_AGENDA)

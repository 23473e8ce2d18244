"""${message}."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op
${imports}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Bring the database here from the revision before."""
    ${upgrades}

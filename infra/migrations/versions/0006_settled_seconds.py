"""Settled seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.add_column(
        "matter",
        sa.Column(
            "raised_seconds",
            sa.Integer(),
            sa.Computed("date_part('epoch', accepted_at - raised_at)::integer", persisted=True),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "inquiring_seconds",
            sa.Integer(),
            sa.Computed("date_part('epoch', inquired_at - accepted_at)::integer", persisted=True),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "preliminary_seconds",
            sa.Integer(),
            sa.Computed(
                "date_part('epoch', deliberated_at - inquired_at)::integer", persisted=True
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "tabled_seconds",
            sa.Integer(),
            sa.Computed("date_part('epoch', decided_at - tabled_at)::integer", persisted=True),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "handling_seconds",
            sa.Integer(),
            sa.Computed("date_part('epoch', completed_at - decided_at)::integer", persisted=True),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "published_seconds",
            sa.Integer(),
            sa.Computed("date_part('epoch', closed_at - completed_at)::integer", persisted=True),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "whole_seconds",
            sa.Integer(),
            sa.Computed("date_part('epoch', closed_at - raised_at)::integer", persisted=True),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_matter_settled",
        "matter",
        ["tenant_id", "grid_id", "closed_at"],
        unique=False,
        postgresql_include=[
            "handling_class",
            "satisfaction",
            "raised_seconds",
            "inquiring_seconds",
            "preliminary_seconds",
            "tabled_seconds",
            "handling_seconds",
            "published_seconds",
            "whole_seconds",
        ],
        postgresql_where=sa.text("closed_at is not null"),
    )
    op.create_index(
        "ix_meeting_published",
        "meeting",
        ["tenant_id", "planned_at", "id", "council_id"],
        unique=False,
        postgresql_where=sa.text("state = 'published'"),
    )

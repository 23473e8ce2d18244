"""Settled seconds."""
# ruff: noqa: E501

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
            sa.Computed(
                "(sign(date_part('epoch', accepted_at - raised_at)) * least(abs(date_part('epoch', accepted_at - raised_at)), 2147483647))::integer",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "inquiring_seconds",
            sa.Integer(),
            sa.Computed(
                "(sign(date_part('epoch', inquired_at - accepted_at)) * least(abs(date_part('epoch', inquired_at - accepted_at)), 2147483647))::integer",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "preliminary_seconds",
            sa.Integer(),
            sa.Computed(
                "(sign(date_part('epoch', deliberated_at - inquired_at)) * least(abs(date_part('epoch', deliberated_at - inquired_at)), 2147483647))::integer",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "tabled_seconds",
            sa.Integer(),
            sa.Computed(
                "(sign(date_part('epoch', decided_at - tabled_at)) * least(abs(date_part('epoch', decided_at - tabled_at)), 2147483647))::integer",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "handling_seconds",
            sa.Integer(),
            sa.Computed(
                "(sign(date_part('epoch', completed_at - decided_at)) * least(abs(date_part('epoch', completed_at - decided_at)), 2147483647))::integer",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "published_seconds",
            sa.Integer(),
            sa.Computed(
                "(sign(date_part('epoch', closed_at - completed_at)) * least(abs(date_part('epoch', closed_at - completed_at)), 2147483647))::integer",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "matter",
        sa.Column(
            "whole_seconds",
            sa.Integer(),
            sa.Computed(
                "(sign(date_part('epoch', closed_at - raised_at)) * least(abs(date_part('epoch', closed_at - raised_at)), 2147483647))::integer",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.drop_index(op.f("ix_matter_tenant_id_merged_into_id"), table_name="matter")
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
        "ix_matter_taken_down",
        "matter",
        ["tenant_id", "made_by"],
        unique=False,
        postgresql_where=sa.text("version = 1"),
    )
    op.create_index(
        op.f("ix_matter_tenant_id_holder_id_raised_at_id"),
        "matter",
        ["tenant_id", "holder_id", "raised_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_matter_tenant_id_merged_into_id_raised_at_id"),
        "matter",
        ["tenant_id", "merged_into_id", "raised_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_matter_tenant_id_state_raised_at_id"),
        "matter",
        ["tenant_id", "state", "raised_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_meeting_published",
        "meeting",
        ["tenant_id", "planned_at", "id", "council_id"],
        unique=False,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.drop_index(op.f("ix_publication_tenant_id_grid_id_approved_at_id"), table_name="publication")
    op.create_index(
        "ix_publication_shown",
        "publication",
        ["tenant_id", "approved_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_index(
        "ix_publication_shown_by_category",
        "publication",
        ["tenant_id", "category", "approved_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_index(
        "ix_publication_shown_by_grid",
        "publication",
        ["tenant_id", "grid_id", "approved_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'approved'"),
    )

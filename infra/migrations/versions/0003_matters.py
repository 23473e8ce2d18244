"""Matters."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "matter",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("place_detail", sa.String(length=200), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("raiser_id", sa.Uuid(), nullable=True),
        sa.Column("contact_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("contact_name", sa.String(), nullable=True),
        sa.Column("contact_phone", sa.String(), nullable=True),
        sa.Column("key_number", sa.Integer(), nullable=True),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung", sa.String(), nullable=True),
        sa.Column("workdays_left", sa.Integer(), nullable=True),
        sa.Column("seconds_left", sa.Integer(), nullable=True),
        sa.Column("handling_class", sa.String(), nullable=True),
        sa.Column("handler_id", sa.Uuid(), nullable=True),
        sa.Column("result", sa.String(length=4000), nullable=True),
        sa.Column("completed_by", sa.Uuid(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("satisfaction_word", sa.String(length=500), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inquired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deliberated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id is not null)", name=op.f("ck_matter_merged")
        ),
        sa.CheckConstraint("channel in ('own', 'phone', 'visit')", name=op.f("ck_matter_channel")),
        sa.CheckConstraint(
            "due_at is null or state not in ('closed', 'merged', 'refused', 'upheld', 'withdrawn')",
            name=op.f("ck_matter_nothing_is_due_at_an_end"),
        ),
        sa.CheckConstraint(
            "handling_class in ('own', 'firm', 'department', 'owners_vote')",
            name=op.f("ck_matter_handling_class"),
        ),
        sa.CheckConstraint(
            "state <> 'closed' or verified_at is not null", name=op.f("ck_matter_closed_verified")
        ),
        sa.CheckConstraint(
            "state = 'suspended' or (workdays_left is null and seconds_left is null)",
            name=op.f("ck_matter_time_is_left_while_suspended"),
        ),
        sa.CheckConstraint(
            "state in ('raised', 'inquiring', 'preliminary', 'tabled', 'handling', 'published', 'closed', 'returned', 'suspended', 'merged', 'withdrawn', 'refused', 'appealed', 'upheld')",
            name=op.f("ck_matter_state"),
        ),
        sa.CheckConstraint(
            "state not in ('raised', 'inquiring', 'preliminary', 'tabled', 'handling', 'published') or state = step",
            name=op.f("ck_matter_state_is_its_step"),
        ),
        sa.CheckConstraint(
            "step in ('raised', 'inquiring', 'preliminary', 'tabled', 'handling', 'published')",
            name=op.f("ck_matter_step"),
        ),
        sa.CheckConstraint(
            "visibility in ('public', 'parties', 'confidential')", name=op.f("ck_matter_visibility")
        ),
        sa.CheckConstraint(
            "alarm_at is null or due_at is not null", name=op.f("ck_matter_alarm_of_something_due")
        ),
        sa.CheckConstraint("isfinite(accepted_at)", name=op.f("ck_matter_accepted_at_is_finite")),
        sa.CheckConstraint("isfinite(alarm_at)", name=op.f("ck_matter_alarm_at_is_finite")),
        sa.CheckConstraint("isfinite(closed_at)", name=op.f("ck_matter_closed_at_is_finite")),
        sa.CheckConstraint("isfinite(completed_at)", name=op.f("ck_matter_completed_at_is_finite")),
        sa.CheckConstraint("isfinite(decided_at)", name=op.f("ck_matter_decided_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(deliberated_at)", name=op.f("ck_matter_deliberated_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(due_at)", name=op.f("ck_matter_due_at_is_finite")),
        sa.CheckConstraint("isfinite(inquired_at)", name=op.f("ck_matter_inquired_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_matter_made_at_is_finite")),
        sa.CheckConstraint("isfinite(raised_at)", name=op.f("ck_matter_raised_at_is_finite")),
        sa.CheckConstraint("isfinite(tabled_at)", name=op.f("ck_matter_tabled_at_is_finite")),
        sa.CheckConstraint("isfinite(verified_at)", name=op.f("ck_matter_verified_at_is_finite")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_matter_not_into_itself")),
        sa.CheckConstraint("satisfaction between 1 and 5", name=op.f("ck_matter_satisfaction")),
        sa.CheckConstraint(
            "verified_by <> completed_by", name=op.f("ck_matter_verified_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "grid_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_matter_tenant_id_grid_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "handler_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_matter_tenant_id_handler_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "holder_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_matter_tenant_id_holder_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "merged_into_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_matter_tenant_id_merged_into_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pack_id"],
            ["pack.tenant_id", "pack.id"],
            name=op.f("fk_matter_tenant_id_pack_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "place_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_matter_tenant_id_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "raiser_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_matter_tenant_id_raiser_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "scope_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_matter_tenant_id_scope_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_matter_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_matter")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_matter_tenant_id_code")),
    )
    op.create_index(
        "ix_matter_alarm",
        "matter",
        ["tenant_id", "alarm_at", "id"],
        unique=False,
        postgresql_where=sa.text("alarm_at is not null"),
    )
    op.create_index(
        "ix_matter_due",
        "matter",
        ["tenant_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_index(
        op.f("ix_matter_tenant_id_grid_id_state_raised_at_id"),
        "matter",
        ["tenant_id", "grid_id", "state", "raised_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_matter_tenant_id_handler_id_raised_at_id"),
        "matter",
        ["tenant_id", "handler_id", "raised_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_matter_tenant_id_merged_into_id"),
        "matter",
        ["tenant_id", "merged_into_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_matter_tenant_id_place_id"), "matter", ["tenant_id", "place_id"], unique=False
    )
    op.create_index(
        op.f("ix_matter_tenant_id_raised_at_id"),
        "matter",
        ["tenant_id", "raised_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_matter_tenant_id_raiser_id_raised_at_id"),
        "matter",
        ["tenant_id", "raiser_id", "raised_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_matter_tenant_id_scope_id_raised_at_id"),
        "matter",
        ["tenant_id", "scope_id", "raised_at", "id"],
        unique=False,
    )
    op.create_table(
        "matter_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("to_unit_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.String(length=4000), nullable=True),
        sa.Column("head", sa.String(length=40), nullable=True),
        sa.Column("recommends", sa.String(), nullable=True),
        sa.CheckConstraint(
            "from_state in ('raised', 'inquiring', 'preliminary', 'tabled', 'handling', 'published', 'closed', 'returned', 'suspended', 'merged', 'withdrawn', 'refused', 'appealed', 'upheld')",
            name=op.f("ck_matter_entry_from_state"),
        ),
        sa.CheckConstraint(
            "recommends in ('settle', 'table')", name=op.f("ck_matter_entry_recommends")
        ),
        sa.CheckConstraint(
            "to_state in ('raised', 'inquiring', 'preliminary', 'tabled', 'handling', 'published', 'closed', 'returned', 'suspended', 'merged', 'withdrawn', 'refused', 'appealed', 'upheld')",
            name=op.f("ck_matter_entry_to_state"),
        ),
        sa.CheckConstraint(
            "(seq = 1) = (from_state is null)", name=op.f("ck_matter_entry_begins_once")
        ),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_matter_entry_at_is_finite")),
        sa.CheckConstraint("isfinite(due_at)", name=op.f("ck_matter_entry_due_at_is_finite")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_matter_entry_numbered_from_one")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "made_as"],
            ["appointment.tenant_id", "appointment.id"],
            name=op.f("fk_matter_entry_tenant_id_made_as"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "made_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_matter_entry_tenant_id_made_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_matter_entry_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "to_unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_matter_entry_tenant_id_to_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_matter_entry_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_matter_entry_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_matter_entry")),
        sa.UniqueConstraint(
            "tenant_id", "matter_id", "seq", name=op.f("uq_matter_entry_tenant_id_matter_id_seq")
        ),
    )
    op.create_index(
        op.f("ix_matter_entry_tenant_id_made_by_at"),
        "matter_entry",
        ["tenant_id", "made_by", "at"],
        unique=False,
    )
    op.create_table(
        "matter_watcher",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_matter_watcher_since_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_matter_watcher_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_matter_watcher_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_matter_watcher_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_matter_watcher")),
        sa.UniqueConstraint(
            "tenant_id",
            "matter_id",
            "person_id",
            name=op.f("uq_matter_watcher_tenant_id_matter_id_person_id"),
        ),
    )
    op.create_index(
        op.f("ix_matter_watcher_tenant_id_person_id_matter_id"),
        "matter_watcher",
        ["tenant_id", "person_id", "matter_id"],
        unique=False,
    )
    op.create_table(
        "notice",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_notice_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_notice_made_at_is_finite")),
        sa.CheckConstraint("isfinite(seen_at)", name=op.f("ck_notice_seen_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_notice_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_notice_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_notice_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notice")),
    )
    op.create_index(
        op.f("ix_notice_tenant_id_matter_id"), "notice", ["tenant_id", "matter_id"], unique=False
    )
    op.create_index(
        op.f("ix_notice_tenant_id_person_id_at_id"),
        "notice",
        ["tenant_id", "person_id", "at", "id"],
        unique=False,
    )
    walls.guard("matter")
    walls.guard("matter_entry")
    walls.guard("matter_watcher")
    walls.guard("notice")

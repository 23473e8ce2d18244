"""Votes of owners, and their rolls."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import holds, walls

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "vote",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("convener_id", sa.Uuid(), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=8000), nullable=False),
        sa.Column("secrecy", sa.String(), nullable=False),
        sa.Column("clause", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text_sha256", sa.String(length=64), nullable=True),
        sa.Column("first_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_electronic", sa.Boolean(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roll_sha256", sa.String(length=64), nullable=True),
        sa.Column("roll_units", sa.Integer(), nullable=True),
        sa.Column("roll_heads", sa.Integer(), nullable=True),
        sa.Column("roll_area", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ballots_sha256", sa.String(length=64), nullable=True),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("objections_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", sa.String(length=2000), nullable=True),
        sa.Column("void_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "clause !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'", name=op.f("ck_vote_no_number_in_clause")
        ),
        sa.CheckConstraint(
            "report !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'", name=op.f("ck_vote_no_number_in_report")
        ),
        sa.CheckConstraint("secrecy in ('open', 'secret')", name=op.f("ck_vote_secrecy")),
        sa.CheckConstraint(
            "state in ('draft', 'reviewed', 'noticed', 'frozen', 'open', 'extended', 'closed', "
            "'preliminary', 'disputed', 'final', 'failed', 'executed', 'void')",
            name=op.f("ck_vote_state"),
        ),
        sa.CheckConstraint(
            "state not in ('open', 'extended', 'closed', 'preliminary', 'disputed', 'final', "
            "'failed', 'executed') or roll_sha256 is not null",
            name=op.f("ck_vote_is_held_on_a_roll"),
        ),
        sa.CheckConstraint(
            "text !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'", name=op.f("ck_vote_no_number_in_text")
        ),
        sa.CheckConstraint(
            "title !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'", name=op.f("ck_vote_no_number_in_title")
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_vote_closes_after_it_opens")),
        sa.CheckConstraint("isfinite(closes_at)", name=op.f("ck_vote_closes_at_is_finite")),
        sa.CheckConstraint("isfinite(counted_at)", name=op.f("ck_vote_counted_at_is_finite")),
        sa.CheckConstraint("isfinite(executed_at)", name=op.f("ck_vote_executed_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(first_closes_at)", name=op.f("ck_vote_first_closes_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(frozen_at)", name=op.f("ck_vote_frozen_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_vote_made_at_is_finite")),
        sa.CheckConstraint("isfinite(noticed_at)", name=op.f("ck_vote_noticed_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(objections_until)", name=op.f("ck_vote_objections_until_is_finite")
        ),
        sa.CheckConstraint("isfinite(opens_at)", name=op.f("ck_vote_opens_at_is_finite")),
        sa.CheckConstraint("isfinite(reviewed_at)", name=op.f("ck_vote_reviewed_at_is_finite")),
        sa.CheckConstraint("isfinite(settled_at)", name=op.f("ck_vote_settled_at_is_finite")),
        sa.CheckConstraint(
            "num_nonnulls(frozen_at, roll_sha256, roll_units, roll_heads, roll_area) in (0, 5)",
            name=op.f("ck_vote_roll"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(noticed_at, text_sha256, first_closes_at) in (0, 3)",
            name=op.f("ck_vote_noticed"),
        ),
        sa.CheckConstraint("reviewed_by <> made_by", name=op.f("ck_vote_reviewed_by_another")),
        sa.CheckConstraint(
            "reviewed_by <> written_by", name=op.f("ck_vote_not_reviewed_by_who_wrote_it_last")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "convener_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_vote_tenant_id_convener_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_vote_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pack_id"],
            ["pack.tenant_id", "pack.id"],
            name=op.f("fk_vote_tenant_id_pack_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "scope_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_vote_tenant_id_scope_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_vote_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vote")),
    )
    op.create_index(
        op.f("ix_vote_tenant_id_convener_id_opens_at_id"),
        "vote",
        ["tenant_id", "convener_id", "opens_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_tenant_id_estate_id_opens_at_id"),
        "vote",
        ["tenant_id", "estate_id", "opens_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_tenant_id_made_at_id"), "vote", ["tenant_id", "made_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_vote_tenant_id_opens_at_id"), "vote", ["tenant_id", "opens_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_vote_tenant_id_scope_id"), "vote", ["tenant_id", "scope_id"], unique=False
    )
    op.create_index(
        op.f("ix_vote_tenant_id_state_closes_at_id"),
        "vote",
        ["tenant_id", "state", "closes_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_tenant_id_state_opens_at_id"),
        "vote",
        ["tenant_id", "state", "opens_at", "id"],
        unique=False,
    )
    op.create_table(
        "vote_question",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=True),
        sa.Column("is_recall", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("part_area", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("part_heads", sa.Integer(), nullable=True),
        sa.Column("consent_area", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("consent_heads", sa.Integer(), nullable=True),
        sa.Column("against_area", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("against_heads", sa.Integer(), nullable=True),
        sa.Column("abstain_area", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("abstain_heads", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "not is_recall or item = 'election'", name=op.f("ck_vote_question_recall")
        ),
        sa.CheckConstraint(
            "candidate_id is null or item = 'election'", name=op.f("ck_vote_question_candidate")
        ),
        sa.CheckConstraint(
            "item in ('procedure', 'covenant', 'election', 'firm', 'use_of_funds', "
            "'raising_funds', 'rebuilding', 'common_use', 'other')",
            name=op.f("ck_vote_question_item"),
        ),
        sa.CheckConstraint("kind in ('ordinary', 'special')", name=op.f("ck_vote_question_kind")),
        sa.CheckConstraint(
            "text !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_vote_question_no_number_in_text"),
        ),
        sa.CheckConstraint(
            "verdict in ('passed', 'not_passed', 'no_quorum')",
            name=op.f("ck_vote_question_verdict"),
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_vote_question_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "candidate_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_vote_question_tenant_id_candidate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_vote_question_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_vote_question_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vote_question")),
        sa.UniqueConstraint(
            "tenant_id", "vote_id", "number", name=op.f("uq_vote_question_tenant_id_vote_id_number")
        ),
    )
    op.create_index(
        op.f("ix_vote_question_tenant_id_candidate_id"),
        "vote_question",
        ["tenant_id", "candidate_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_question_tenant_id_vote_id_number_id"),
        "vote_question",
        ["tenant_id", "vote_id", "number", "id"],
        unique=False,
    )
    op.create_table(
        "vote_delivery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("property_unit_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "method = 'electronic' or file_id is not null", name=op.f("ck_vote_delivery_is_proven")
        ),
        sa.CheckConstraint(
            "method in ('in_person', 'post', 'electronic', 'left_there')",
            name=op.f("ck_vote_delivery_method"),
        ),
        sa.CheckConstraint(
            "isfinite(delivered_at)", name=op.f("ck_vote_delivery_delivered_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_vote_delivery_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["file.tenant_id", "file.id"],
            name=op.f("fk_vote_delivery_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_unit_id"],
            ["property_unit.tenant_id", "property_unit.id"],
            name=op.f("fk_vote_delivery_tenant_id_property_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_vote_delivery_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_vote_delivery_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vote_delivery")),
        sa.UniqueConstraint(
            "tenant_id",
            "vote_id",
            "property_unit_id",
            name=op.f("uq_vote_delivery_tenant_id_vote_id_property_unit_id"),
        ),
    )
    op.create_index(
        op.f("ix_vote_delivery_tenant_id_delivered_at_id"),
        "vote_delivery",
        ["tenant_id", "delivered_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_delivery_tenant_id_file_id"),
        "vote_delivery",
        ["tenant_id", "file_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_delivery_tenant_id_property_unit_id"),
        "vote_delivery",
        ["tenant_id", "property_unit_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_delivery_tenant_id_vote_id_delivered_at_id"),
        "vote_delivery",
        ["tenant_id", "vote_id", "delivered_at", "id"],
        unique=False,
    )
    op.create_table(
        "vote_objection",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("is_upheld", sa.Boolean(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answer !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_vote_objection_no_number_in_answer"),
        ),
        sa.CheckConstraint(
            "text !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_vote_objection_no_number_in_text"),
        ),
        sa.CheckConstraint(
            "(answer is null) = (answered_at is null)", name=op.f("ck_vote_objection_answered")
        ),
        sa.CheckConstraint(
            "(answer is null) = (is_upheld is null)", name=op.f("ck_vote_objection_answered_so")
        ),
        sa.CheckConstraint(
            "answered_by <> person_id", name=op.f("ck_vote_objection_answered_by_another")
        ),
        sa.CheckConstraint(
            "isfinite(answered_at)", name=op.f("ck_vote_objection_answered_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_vote_objection_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_vote_objection_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_vote_objection_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_vote_objection_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vote_objection")),
    )
    op.create_index(
        op.f("ix_vote_objection_tenant_id_made_at_id"),
        "vote_objection",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_objection_tenant_id_person_id_made_at_id"),
        "vote_objection",
        ["tenant_id", "person_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_objection_tenant_id_vote_id_made_at_id"),
        "vote_objection",
        ["tenant_id", "vote_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_vote_objection_open",
        "vote_objection",
        ["tenant_id", "vote_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("answer is null"),
    )
    walls.guard("vote")
    walls.guard("vote_question")
    walls.guard("vote_delivery")
    walls.guard("vote_objection")
    holds.hold(holds.HOLD_VOTES)

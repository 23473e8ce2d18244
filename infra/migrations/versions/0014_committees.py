"""Owners' committees: terms, preparers, candidates, alarms."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "committee_term",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=True),
        sa.Column("elected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_by", sa.Date(), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filing_number", sa.String(length=80), nullable=True),
        sa.Column("committee_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_why", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state <> 'filed' or filed_at is not null",
            name=op.f("ck_committee_term_filed_in_office"),
        ),
        sa.CheckConstraint(
            "state in ('preparing', 'voting', 'abandoned') or elected_at is not null",
            name=op.f("ck_committee_term_elected"),
        ),
        sa.CheckConstraint(
            "state in ('preparing', 'voting', 'elected', 'filed', 'ended', 'abandoned')",
            name=op.f("ck_committee_term_state"),
        ),
        sa.CheckConstraint(
            "isfinite(elected_at)", name=op.f("ck_committee_term_elected_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(ended_on)", name=op.f("ck_committee_term_ended_on_is_finite")),
        sa.CheckConstraint("isfinite(file_by)", name=op.f("ck_committee_term_file_by_is_finite")),
        sa.CheckConstraint("isfinite(filed_at)", name=op.f("ck_committee_term_filed_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_committee_term_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_committee_term_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_committee_term_until_is_finite")),
        sa.CheckConstraint(
            "num_nonnulls(filed_at, filing_number, committee_id, since, until) in (0, 5)",
            name=op.f("ck_committee_term_filed"),
        ),
        sa.CheckConstraint("seats > 0 and seats % 2 = 1", name=op.f("ck_committee_term_odd")),
        sa.CheckConstraint("until > since", name=op.f("ck_committee_term_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "committee_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_committee_term_tenant_id_committee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_committee_term_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pack_id"],
            ["pack.tenant_id", "pack.id"],
            name=op.f("fk_committee_term_tenant_id_pack_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_committee_term_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_committee_term_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_committee_term")),
        sa.UniqueConstraint(
            "tenant_id",
            "estate_id",
            "number",
            name=op.f("uq_committee_term_tenant_id_estate_id_number"),
        ),
    )
    op.create_index(
        op.f("ix_committee_term_tenant_id_committee_id"),
        "committee_term",
        ["tenant_id", "committee_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_term_tenant_id_estate_id_made_at_id"),
        "committee_term",
        ["tenant_id", "estate_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_term_tenant_id_made_at_id"),
        "committee_term",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_term_tenant_id_state_file_by"),
        "committee_term",
        ["tenant_id", "state", "file_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_term_tenant_id_state_until"),
        "committee_term",
        ["tenant_id", "state", "until"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_term_tenant_id_vote_id"),
        "committee_term",
        ["tenant_id", "vote_id"],
        unique=False,
    )
    op.create_index(
        "uq_committee_term_coming",
        "committee_term",
        ["tenant_id", "estate_id"],
        unique=True,
        postgresql_where=sa.text("state in ('preparing', 'voting', 'elected')"),
    )
    op.create_index(
        "uq_committee_term_in_office",
        "committee_term",
        ["tenant_id", "estate_id"],
        unique=True,
        postgresql_where=sa.text("state = 'filed'"),
    )
    op.create_table(
        "committee_candidate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("question_id", sa.Uuid(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state in ('nominated', 'admitted', 'refused', 'elected', 'not_elected', 'left')",
            name=op.f("ck_committee_candidate_state"),
        ),
        sa.CheckConstraint(
            "checked_by <> made_by", name=op.f("ck_committee_candidate_checked_by_another")
        ),
        sa.CheckConstraint(
            "checked_by <> person_id", name=op.f("ck_committee_candidate_not_checked_by_themselves")
        ),
        sa.CheckConstraint(
            "isfinite(checked_at)", name=op.f("ck_committee_candidate_checked_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(left_on)", name=op.f("ck_committee_candidate_left_on_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(made_at)", name=op.f("ck_committee_candidate_made_at_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_committee_candidate_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "question_id"],
            ["vote_question.tenant_id", "vote_question.id"],
            name=op.f("fk_committee_candidate_tenant_id_question_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "term_id"],
            ["committee_term.tenant_id", "committee_term.id"],
            name=op.f("fk_committee_candidate_tenant_id_term_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_committee_candidate_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_committee_candidate")),
        sa.UniqueConstraint(
            "tenant_id",
            "term_id",
            "person_id",
            name=op.f("uq_committee_candidate_tenant_id_term_id_person_id"),
        ),
    )
    op.create_index(
        op.f("ix_committee_candidate_tenant_id_person_id_term_id"),
        "committee_candidate",
        ["tenant_id", "person_id", "term_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_candidate_tenant_id_question_id"),
        "committee_candidate",
        ["tenant_id", "question_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_committee_candidate_tenant_id_term_id_made_at_id"),
        "committee_candidate",
        ["tenant_id", "term_id", "made_at", "id"],
        unique=False,
    )
    op.create_table(
        "term_alarm",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('filing_due', 'filing_late', 'ending', 'over')",
            name=op.f("ck_term_alarm_kind"),
        ),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_term_alarm_at_is_finite")),
        sa.CheckConstraint("isfinite(due_on)", name=op.f("ck_term_alarm_due_on_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "term_id"],
            ["committee_term.tenant_id", "committee_term.id"],
            name=op.f("fk_term_alarm_tenant_id_term_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_term_alarm_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_term_alarm")),
        sa.UniqueConstraint(
            "tenant_id",
            "term_id",
            "kind",
            "days",
            name=op.f("uq_term_alarm_tenant_id_term_id_kind_days"),
        ),
    )
    op.create_index(
        op.f("ix_term_alarm_tenant_id_term_id_at_id"),
        "term_alarm",
        ["tenant_id", "term_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "term_preparer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("stands_for", sa.String(length=80), nullable=False),
        sa.Column("is_owner", sa.Boolean(), nullable=False),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_term_preparer_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_term_preparer_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "term_id"],
            ["committee_term.tenant_id", "committee_term.id"],
            name=op.f("fk_term_preparer_tenant_id_term_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_term_preparer_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_term_preparer")),
        sa.UniqueConstraint(
            "tenant_id",
            "term_id",
            "person_id",
            name=op.f("uq_term_preparer_tenant_id_term_id_person_id"),
        ),
    )
    op.create_index(
        op.f("ix_term_preparer_tenant_id_person_id"),
        "term_preparer",
        ["tenant_id", "person_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_term_preparer_tenant_id_term_id_made_at_id"),
        "term_preparer",
        ["tenant_id", "term_id", "made_at", "id"],
        unique=False,
    )
    walls.guard("committee_term")
    walls.guard("committee_candidate")
    walls.guard("term_alarm")
    walls.guard("term_preparer")

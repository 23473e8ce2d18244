"""Fee recovery."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "limitation_day",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("isfinite(day)", name=op.f("ck_limitation_day_day_is_finite")),
        sa.CheckConstraint(
            "isfinite(finished_at)", name=op.f("ck_limitation_day_finished_at_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_limitation_day_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_limitation_day")),
        sa.UniqueConstraint("tenant_id", "day", name=op.f("uq_limitation_day_tenant_id_day")),
    )
    op.create_table(
        "demand",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("property_unit_id", sa.Uuid(), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("forum", sa.String(), nullable=True),
        sa.Column("body", sa.String(length=120), nullable=True),
        sa.Column("case_number", sa.String(length=80), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_as", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(rung = 'mediation') = (community_id is not null)",
            name=op.f("ck_demand_mediated_by_a_community"),
        ),
        sa.CheckConstraint("forum in ('court', 'arbitration')", name=op.f("ck_demand_forum")),
        sa.CheckConstraint(
            "method in ('in_person', 'registered_mail', 'courier', 'electronic')",
            name=op.f("ck_demand_method"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(forum, body, case_number) = case rung when 'litigation' then 3 else 0 end",
            name=op.f("ck_demand_brought_before_somebody"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(method, file_id) = case rung when 'demand' then 2 else 0 end",
            name=op.f("ck_demand_delivered_with_proof"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(outcome, ended_on) in (0, 2) and (outcome is null or rung in ('mediation', 'litigation'))",
            name=op.f("ck_demand_ended_with_its_outcome"),
        ),
        sa.CheckConstraint(
            "outcome in ('agreed', 'failed', 'withdrawn', 'won', 'partly_won', 'lost')",
            name=op.f("ck_demand_outcome"),
        ),
        sa.CheckConstraint(
            "rung in ('reminder', 'demand', 'mediation', 'litigation')", name=op.f("ck_demand_rung")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_demand_amount")),
        sa.CheckConstraint("ended_on >= day", name=op.f("ck_demand_ends_no_earlier")),
        sa.CheckConstraint("isfinite(day)", name=op.f("ck_demand_day_is_finite")),
        sa.CheckConstraint("isfinite(ended_on)", name=op.f("ck_demand_ended_on_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_demand_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["fee_account.tenant_id", "fee_account.id"],
            name=op.f("fk_demand_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_demand_tenant_id_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_demand_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["file.tenant_id", "file.id"],
            name=op.f("fk_demand_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_demand_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pack_id"],
            ["pack.tenant_id", "pack.id"],
            name=op.f("fk_demand_tenant_id_pack_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_unit_id"],
            ["property_unit.tenant_id", "property_unit.id"],
            name=op.f("fk_demand_tenant_id_property_unit_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_demand_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_demand")),
    )
    op.create_index(
        "ix_demand_community",
        "demand",
        ["tenant_id", "community_id", "day", "id"],
        unique=False,
        postgresql_where=sa.text("community_id is not null"),
    )
    op.create_index(
        op.f("ix_demand_tenant_id_account_id_day_id"),
        "demand",
        ["tenant_id", "account_id", "day", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_demand_tenant_id_day_id"), "demand", ["tenant_id", "day", "id"], unique=False
    )
    op.create_index(
        op.f("ix_demand_tenant_id_firm_id_day_id"),
        "demand",
        ["tenant_id", "firm_id", "day", "id"],
        unique=False,
    )
    op.create_table(
        "fee_notice",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_fee_notice_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_fee_notice_made_at_is_finite")),
        sa.CheckConstraint("isfinite(seen_at)", name=op.f("ck_fee_notice_seen_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "demand_id"],
            ["demand.tenant_id", "demand.id"],
            name=op.f("fk_fee_notice_tenant_id_demand_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_fee_notice_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_fee_notice_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_fee_notice")),
    )
    op.create_index(
        op.f("ix_fee_notice_tenant_id_at_id"), "fee_notice", ["tenant_id", "at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_fee_notice_tenant_id_demand_id"),
        "fee_notice",
        ["tenant_id", "demand_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_notice_tenant_id_person_id_at_id"),
        "fee_notice",
        ["tenant_id", "person_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "demanded_bill",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"],
            ["bill.tenant_id", "bill.id"],
            name=op.f("fk_demanded_bill_tenant_id_bill_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "demand_id"],
            ["demand.tenant_id", "demand.id"],
            name=op.f("fk_demanded_bill_tenant_id_demand_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_demanded_bill_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_demanded_bill")),
        sa.UniqueConstraint(
            "tenant_id",
            "demand_id",
            "bill_id",
            name=op.f("uq_demanded_bill_tenant_id_demand_id_bill_id"),
        ),
    )
    op.create_index(
        op.f("ix_demanded_bill_tenant_id_bill_id_demand_id"),
        "demanded_bill",
        ["tenant_id", "bill_id", "demand_id"],
        unique=False,
    )
    op.create_table(
        "limitation_alarm",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("limitation_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_limitation_alarm_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(limitation_on)", name=op.f("ck_limitation_alarm_limitation_on_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"],
            ["bill.tenant_id", "bill.id"],
            name=op.f("fk_limitation_alarm_tenant_id_bill_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_limitation_alarm_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_limitation_alarm_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_limitation_alarm")),
        sa.UniqueConstraint(
            "tenant_id",
            "bill_id",
            "limitation_on",
            name=op.f("uq_limitation_alarm_tenant_id_bill_id_limitation_on"),
        ),
    )
    op.create_index(
        op.f("ix_limitation_alarm_tenant_id_at_id"),
        "limitation_alarm",
        ["tenant_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_limitation_alarm_tenant_id_firm_id_at_id"),
        "limitation_alarm",
        ["tenant_id", "firm_id", "at", "id"],
        unique=False,
    )
    walls.guard("limitation_day")
    walls.guard("demand")
    walls.guard("fee_notice")
    walls.guard("demanded_bill")
    walls.guard("limitation_alarm")

"""Matters."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "council",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_council_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_council_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_council_until_is_finite")),
        sa.CheckConstraint("until > since", name=op.f("ck_council_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "grid_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_council_tenant_id_grid_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_council_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_council")),
    )
    op.create_index(
        op.f("ix_council_tenant_id_grid_id_since_id"),
        "council",
        ["tenant_id", "grid_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_council_tenant_id_name_id"), "council", ["tenant_id", "name", "id"], unique=False
    )
    op.create_index(
        op.f("ix_council_tenant_id_since_id"), "council", ["tenant_id", "since", "id"], unique=False
    )
    op.create_index(
        "uq_council_open",
        "council",
        ["tenant_id", "grid_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "council_seat",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("council_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind in ('branch', 'committee', 'firm', 'grid_worker', 'partner', 'department')",
            name=op.f("ck_council_seat_kind"),
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_council_seat_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_council_seat_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_council_seat_until_is_finite")),
        sa.CheckConstraint("until > since", name=op.f("ck_council_seat_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "council_id"],
            ["council.tenant_id", "council.id"],
            name=op.f("fk_council_seat_tenant_id_council_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_council_seat_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_council_seat_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_council_seat")),
    )
    op.create_index(
        op.f("ix_council_seat_tenant_id_council_id_kind_id"),
        "council_seat",
        ["tenant_id", "council_id", "kind", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_council_seat_tenant_id_unit_id_council_id"),
        "council_seat",
        ["tenant_id", "unit_id", "council_id"],
        unique=False,
    )
    op.create_index(
        "uq_council_seat_open",
        "council_seat",
        ["tenant_id", "council_id", "kind", "unit_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
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
        sa.Column("inquired_by", sa.Uuid(), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung", sa.String(), nullable=True),
        sa.Column("workdays_left", sa.Integer(), nullable=True),
        sa.Column("seconds_left", sa.Integer(), nullable=True),
        sa.Column("stage_left", sa.Integer(), nullable=True),
        sa.Column("rung_left", sa.String(), nullable=True),
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
            "state = 'suspended' or num_nonnulls(workdays_left, seconds_left, stage_left, rung_left) = 0",
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
        sa.CheckConstraint("inquired_by <> raiser_id", name=op.f("ck_matter_inquired_by_another")),
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
            ["tenant_id", "inquired_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_matter_tenant_id_inquired_by"),
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
        op.f("ix_matter_tenant_id_inquired_by_raised_at_id"),
        "matter",
        ["tenant_id", "inquired_by", "raised_at", "id"],
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
        "meeting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("council_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adjourned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state in ('signed', 'published')) = (signed_at is not null)",
            name=op.f("ck_meeting_signed"),
        ),
        sa.CheckConstraint(
            "state in ('draft', 'convened', 'in_session', 'minutes_pending', 'signed', 'published', 'cancelled')",
            name=op.f("ck_meeting_state"),
        ),
        sa.CheckConstraint(
            "state not in ('in_session', 'minutes_pending', 'signed', 'published') or opened_at is not null",
            name=op.f("ck_meeting_opened"),
        ),
        sa.CheckConstraint(
            "state not in ('minutes_pending', 'signed', 'published') or adjourned_at is not null",
            name=op.f("ck_meeting_adjourned"),
        ),
        sa.CheckConstraint(
            "isfinite(adjourned_at)", name=op.f("ck_meeting_adjourned_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_meeting_made_at_is_finite")),
        sa.CheckConstraint("isfinite(opened_at)", name=op.f("ck_meeting_opened_at_is_finite")),
        sa.CheckConstraint("isfinite(planned_at)", name=op.f("ck_meeting_planned_at_is_finite")),
        sa.CheckConstraint("isfinite(signed_at)", name=op.f("ck_meeting_signed_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "council_id"],
            ["council.tenant_id", "council.id"],
            name=op.f("fk_meeting_tenant_id_council_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pack_id"],
            ["pack.tenant_id", "pack.id"],
            name=op.f("fk_meeting_tenant_id_pack_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_meeting_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_meeting")),
        sa.UniqueConstraint(
            "tenant_id", "council_id", "number", name=op.f("uq_meeting_tenant_id_council_id_number")
        ),
        sa.UniqueConstraint(
            "tenant_id", "id", "council_id", name=op.f("uq_meeting_tenant_id_id_council_id")
        ),
    )
    op.create_index(
        op.f("ix_meeting_tenant_id_council_id_opened_at"),
        "meeting",
        ["tenant_id", "council_id", "opened_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_meeting_tenant_id_council_id_planned_at_id"),
        "meeting",
        ["tenant_id", "council_id", "planned_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_meeting_tenant_id_planned_at_id"),
        "meeting",
        ["tenant_id", "planned_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_meeting_in_session",
        "meeting",
        ["tenant_id", "council_id"],
        unique=True,
        postgresql_where=sa.text("state = 'in_session'"),
    )
    op.create_table(
        "agenda_item",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("council_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reserved", sa.String(), nullable=True),
        sa.Column("said", sa.String(length=4000), nullable=True),
        sa.Column("deferred_to_id", sa.Uuid(), nullable=True),
        sa.Column("referred_to_id", sa.Uuid(), nullable=True),
        sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'deferred') = (deferred_to_id is not null)",
            name=op.f("ck_agenda_item_deferred"),
        ),
        sa.CheckConstraint(
            "(outcome = 'queued') = (disposed_at is null)", name=op.f("ck_agenda_item_disposed")
        ),
        sa.CheckConstraint(
            "(outcome = 'referred') = (referred_to_id is not null)",
            name=op.f("ck_agenda_item_referred"),
        ),
        sa.CheckConstraint(
            "outcome <> 'resolved' or reserved is null",
            name=op.f("ck_agenda_item_reserved_to_owners"),
        ),
        sa.CheckConstraint(
            "outcome in ('queued', 'resolved') or said is not null",
            name=op.f("ck_agenda_item_reasoned"),
        ),
        sa.CheckConstraint(
            "outcome in ('queued', 'resolved', 'deferred', 'referred', 'dismissed', 'taken_off')",
            name=op.f("ck_agenda_item_outcome"),
        ),
        sa.CheckConstraint(
            "reserved in ('rules_of_procedure', 'management_rules', 'committee_election', 'firm_choice', 'maintenance_funds_use', 'maintenance_funds_raising', 'rebuilding', 'common_parts_use', 'other_major')",
            name=op.f("ck_agenda_item_reserved"),
        ),
        sa.CheckConstraint(
            "isfinite(disposed_at)", name=op.f("ck_agenda_item_disposed_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_agenda_item_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "council_id"],
            ["council.tenant_id", "council.id"],
            name=op.f("fk_agenda_item_tenant_id_council_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deferred_to_id"],
            ["meeting.tenant_id", "meeting.id"],
            name=op.f("fk_agenda_item_tenant_id_deferred_to_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_agenda_item_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "meeting_id"],
            ["meeting.tenant_id", "meeting.id"],
            name=op.f("fk_agenda_item_tenant_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referred_to_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_agenda_item_tenant_id_referred_to_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_agenda_item_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint(
            "tenant_id",
            "meeting_id",
            "position",
            name=op.f("uq_agenda_item_tenant_id_meeting_id_position"),
        ),
    )
    op.create_index(
        op.f("ix_agenda_item_tenant_id_council_id_matter_id"),
        "agenda_item",
        ["tenant_id", "council_id", "matter_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_agenda_item_tenant_id_deferred_to_id"),
        "agenda_item",
        ["tenant_id", "deferred_to_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_agenda_item_tenant_id_matter_id_id"),
        "agenda_item",
        ["tenant_id", "matter_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_agenda_item_matter",
        "agenda_item",
        ["tenant_id", "matter_id"],
        unique=True,
        postgresql_where=sa.text("outcome = 'queued'"),
    )
    op.create_table(
        "attendance",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('branch', 'committee', 'firm', 'grid_worker', 'partner', 'department')",
            name=op.f("ck_attendance_kind"),
        ),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_attendance_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "appointment_id"],
            ["appointment.tenant_id", "appointment.id"],
            name=op.f("fk_attendance_tenant_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "meeting_id"],
            ["meeting.tenant_id", "meeting.id"],
            name=op.f("fk_attendance_tenant_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_attendance_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "seat_id"],
            ["council_seat.tenant_id", "council_seat.id"],
            name=op.f("fk_attendance_tenant_id_seat_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_attendance_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attendance")),
        sa.UniqueConstraint(
            "tenant_id",
            "meeting_id",
            "person_id",
            name=op.f("uq_attendance_tenant_id_meeting_id_person_id"),
        ),
    )
    op.create_index(
        op.f("ix_attendance_tenant_id_meeting_id_at_id"),
        "attendance",
        ["tenant_id", "meeting_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "correction",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_correction_at_is_finite")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_correction_numbered_from_one")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "made_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_correction_tenant_id_made_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "meeting_id"],
            ["meeting.tenant_id", "meeting.id"],
            name=op.f("fk_correction_tenant_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_correction_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_correction")),
        sa.UniqueConstraint(
            "tenant_id", "meeting_id", "seq", name=op.f("uq_correction_tenant_id_meeting_id_seq")
        ),
    )
    op.create_table(
        "evidence",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_evidence_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["file.tenant_id", "file.id"],
            name=op.f("fk_evidence_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_evidence_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_evidence_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "tenant_id",
            "matter_id",
            "file_id",
            name=op.f("uq_evidence_tenant_id_matter_id_file_id"),
        ),
    )
    op.create_index(
        op.f("ix_evidence_tenant_id_file_id"), "evidence", ["tenant_id", "file_id"], unique=False
    )
    op.create_index(
        op.f("ix_evidence_tenant_id_matter_id_seq_id"),
        "evidence",
        ["tenant_id", "matter_id", "seq", "id"],
        unique=False,
    )
    op.create_table(
        "extension",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(length=4000), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_by is null)", name=op.f("ck_extension_decided")
        ),
        sa.CheckConstraint(
            "state in ('asked', 'granted', 'denied')", name=op.f("ck_extension_state")
        ),
        sa.CheckConstraint("days > 0", name=op.f("ck_extension_some_days")),
        sa.CheckConstraint("decided_by <> made_by", name=op.f("ck_extension_decided_by_another")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_extension_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "decided_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_extension_tenant_id_decided_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_extension_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_extension_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_extension")),
    )
    op.create_index(
        op.f("ix_extension_tenant_id_made_at_id"),
        "extension",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_extension_tenant_id_matter_id_made_at_id"),
        "extension",
        ["tenant_id", "matter_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_extension_asked",
        "extension",
        ["tenant_id", "matter_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
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
        "minutes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_minutes_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "meeting_id"],
            ["meeting.tenant_id", "meeting.id"],
            name=op.f("fk_minutes_tenant_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_minutes_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_minutes")),
        sa.UniqueConstraint(
            "tenant_id", "meeting_id", name=op.f("uq_minutes_tenant_id_meeting_id")
        ),
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
        sa.Column("event_name", sa.String(length=60), nullable=False),
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
        op.f("ix_notice_tenant_id_at_id"), "notice", ["tenant_id", "at", "id"], unique=False
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
    op.create_table(
        "publication",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=True),
        sa.Column("text", sa.String(length=4000), nullable=True),
        sa.Column("result", sa.String(length=4000), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at is not null)",
            name=op.f("ck_publication_withdrawn"),
        ),
        sa.CheckConstraint(
            "result !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_publication_no_number_in_result"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' or approved_at is not null", name=op.f("ck_publication_approved")
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'approved', 'withdrawn')", name=op.f("ck_publication_state")
        ),
        sa.CheckConstraint(
            "text !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_publication_no_number_in_text"),
        ),
        sa.CheckConstraint(
            "title !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_publication_no_number_in_title"),
        ),
        sa.CheckConstraint(
            "(approved_at is null) = (approved_by is null)", name=op.f("ck_publication_approved_by")
        ),
        sa.CheckConstraint("edition > 0", name=op.f("ck_publication_numbered_from_one")),
        sa.CheckConstraint(
            "isfinite(approved_at)", name=op.f("ck_publication_approved_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(completed_at)", name=op.f("ck_publication_completed_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_publication_made_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(withdrawn_at)", name=op.f("ck_publication_withdrawn_at_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approved_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_publication_tenant_id_approved_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_publication_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "grid_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_publication_tenant_id_grid_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_publication_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "place_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_publication_tenant_id_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_publication_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_publication")),
        sa.UniqueConstraint(
            "tenant_id",
            "matter_id",
            "edition",
            name=op.f("uq_publication_tenant_id_matter_id_edition"),
        ),
    )
    op.create_index(
        op.f("ix_publication_tenant_id_approved_at_id"),
        "publication",
        ["tenant_id", "approved_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_publication_tenant_id_grid_id_approved_at_id"),
        "publication",
        ["tenant_id", "grid_id", "approved_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_publication_tenant_id_made_at_id"),
        "publication",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_publication_approved",
        "publication",
        ["tenant_id", "matter_id"],
        unique=True,
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_index(
        "uq_publication_proposed",
        "publication",
        ["tenant_id", "matter_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "signature",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('branch', 'committee', 'firm', 'grid_worker', 'partner', 'department')",
            name=op.f("ck_signature_kind"),
        ),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_signature_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "appointment_id"],
            ["appointment.tenant_id", "appointment.id"],
            name=op.f("fk_signature_tenant_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "meeting_id"],
            ["meeting.tenant_id", "meeting.id"],
            name=op.f("fk_signature_tenant_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_signature_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_signature_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_signature")),
        sa.UniqueConstraint(
            "tenant_id",
            "meeting_id",
            "kind",
            "sha256",
            name=op.f("uq_signature_tenant_id_meeting_id_kind_sha256"),
        ),
    )
    op.create_index(
        op.f("ix_signature_tenant_id_meeting_id_at_id"),
        "signature",
        ["tenant_id", "meeting_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "objection",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'answered') = (answer is not null)", name=op.f("ck_objection_answered")
        ),
        sa.CheckConstraint("state in ('open', 'answered')", name=op.f("ck_objection_state")),
        sa.CheckConstraint(
            "(answer is null) = (answered_at is null)", name=op.f("ck_objection_answered_at")
        ),
        sa.CheckConstraint(
            "answered_by <> person_id", name=op.f("ck_objection_answered_by_another")
        ),
        sa.CheckConstraint(
            "isfinite(answered_at)", name=op.f("ck_objection_answered_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_objection_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "answered_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_objection_tenant_id_answered_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_objection_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_objection_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "publication_id"],
            ["publication.tenant_id", "publication.id"],
            name=op.f("fk_objection_tenant_id_publication_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_objection_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_objection")),
    )
    op.create_index(
        op.f("ix_objection_tenant_id_made_at_id"),
        "objection",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_objection_tenant_id_matter_id_made_at_id"),
        "objection",
        ["tenant_id", "matter_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_objection_tenant_id_person_id_made_at_id"),
        "objection",
        ["tenant_id", "person_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_objection_open",
        "objection",
        ["tenant_id", "matter_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "recusal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("attendance_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_recusal_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "attendance_id"],
            ["attendance.tenant_id", "attendance.id"],
            name=op.f("fk_recusal_tenant_id_attendance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"],
            ["agenda_item.tenant_id", "agenda_item.id"],
            name=op.f("fk_recusal_tenant_id_item_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_recusal_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_recusal")),
        sa.UniqueConstraint(
            "tenant_id",
            "item_id",
            "attendance_id",
            name=op.f("uq_recusal_tenant_id_item_id_attendance_id"),
        ),
    )
    op.create_index(
        op.f("ix_recusal_tenant_id_item_id_at_id"),
        "recusal",
        ["tenant_id", "item_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "resolution",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("council_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("handling_class", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("report", sa.String(length=4000), nullable=True),
        sa.Column("reported_by", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'superseded') = (superseded_by_id is not null)",
            name=op.f("ck_resolution_superseded"),
        ),
        sa.CheckConstraint(
            "(state = 'verified') = (verified_at is not null)", name=op.f("ck_resolution_verified")
        ),
        sa.CheckConstraint(
            "handling_class in ('own', 'firm', 'department', 'owners_vote')",
            name=op.f("ck_resolution_handling_class"),
        ),
        sa.CheckConstraint(
            "state in ('assigned', 'executing', 'reported', 'verified', 'superseded')",
            name=op.f("ck_resolution_state"),
        ),
        sa.CheckConstraint(
            "state not in ('reported', 'verified') or reported_at is not null",
            name=op.f("ck_resolution_reported"),
        ),
        sa.CheckConstraint("isfinite(due_on)", name=op.f("ck_resolution_due_on_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_resolution_made_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(reported_at)", name=op.f("ck_resolution_reported_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(verified_at)", name=op.f("ck_resolution_verified_at_is_finite")
        ),
        sa.CheckConstraint("superseded_by_id <> id", name=op.f("ck_resolution_not_by_itself")),
        sa.CheckConstraint(
            "verified_by <> reported_by", name=op.f("ck_resolution_verified_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "council_id"],
            ["council.tenant_id", "council.id"],
            name=op.f("fk_resolution_tenant_id_council_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"],
            ["agenda_item.tenant_id", "agenda_item.id"],
            name=op.f("fk_resolution_tenant_id_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_resolution_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "meeting_id"],
            ["meeting.tenant_id", "meeting.id"],
            name=op.f("fk_resolution_tenant_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_resolution_tenant_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "superseded_by_id"],
            ["resolution.tenant_id", "resolution.id"],
            name=op.f("fk_resolution_tenant_id_superseded_by_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_resolution_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_resolution")),
        sa.UniqueConstraint("tenant_id", "item_id", name=op.f("uq_resolution_tenant_id_item_id")),
    )
    op.create_index(
        op.f("ix_resolution_tenant_id_council_id_due_on_id"),
        "resolution",
        ["tenant_id", "council_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resolution_tenant_id_due_on_id"),
        "resolution",
        ["tenant_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resolution_tenant_id_matter_id_id"),
        "resolution",
        ["tenant_id", "matter_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resolution_tenant_id_meeting_id_id"),
        "resolution",
        ["tenant_id", "meeting_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resolution_tenant_id_owner_id_due_on_id"),
        "resolution",
        ["tenant_id", "owner_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_resolution_tenant_id_superseded_by_id"),
        "resolution",
        ["tenant_id", "superseded_by_id"],
        unique=False,
    )
    op.create_table(
        "supervision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("matter_id", sa.Uuid(), nullable=True),
        sa.Column("resolution_id", sa.Uuid(), nullable=True),
        sa.Column("council_id", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rung in ('reminder', 'supervision', 'notice')", name=op.f("ck_supervision_rung")
        ),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_supervision_at_is_finite")),
        sa.CheckConstraint("isfinite(due_at)", name=op.f("ck_supervision_due_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_supervision_made_at_is_finite")),
        sa.CheckConstraint(
            "num_nonnulls(matter_id, resolution_id, council_id) = 1",
            name=op.f("ck_supervision_of_one"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "council_id"],
            ["council.tenant_id", "council.id"],
            name=op.f("fk_supervision_tenant_id_council_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "holder_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_supervision_tenant_id_holder_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_supervision_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resolution_id"],
            ["resolution.tenant_id", "resolution.id"],
            name=op.f("fk_supervision_tenant_id_resolution_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_supervision_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_supervision_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_supervision")),
    )
    op.create_index(
        op.f("ix_supervision_tenant_id_at_id"),
        "supervision",
        ["tenant_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_supervision_tenant_id_holder_id_at_id"),
        "supervision",
        ["tenant_id", "holder_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_supervision_tenant_id_unit_id_at_id"),
        "supervision",
        ["tenant_id", "unit_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_supervision_council",
        "supervision",
        ["tenant_id", "council_id", "stage", "rung"],
        unique=True,
        postgresql_where=sa.text("council_id is not null"),
    )
    op.create_index(
        "uq_supervision_matter",
        "supervision",
        ["tenant_id", "matter_id", "stage", "rung"],
        unique=True,
        postgresql_where=sa.text("matter_id is not null"),
    )
    op.create_index(
        "uq_supervision_resolution",
        "supervision",
        ["tenant_id", "resolution_id", "stage", "rung"],
        unique=True,
        postgresql_where=sa.text("resolution_id is not null"),
    )
    walls.guard("council")
    walls.guard("council_seat")
    walls.guard("matter")
    walls.guard("meeting")
    walls.guard("agenda_item")
    walls.guard("attendance")
    walls.guard("correction")
    walls.guard("evidence")
    walls.guard("extension")
    walls.guard("matter_entry")
    walls.guard("matter_watcher")
    walls.guard("minutes")
    walls.guard("notice")
    walls.guard("publication")
    walls.guard("signature")
    walls.guard("objection")
    walls.guard("recusal")
    walls.guard("resolution")
    walls.guard("supervision")
    walls.hold_meetings()

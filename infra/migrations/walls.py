"""Row-level security (行级安全): what stands around a table before its first row is written.

A county's table is forced to show its own county's rows only, to its owner too. The table of
counties shows each its own row, and all of them to the platform (平台), which alone suspends one.
"""

from collections.abc import Iterable

from alembic import op

READ_WRITE = "sanfang_rw"
READ_ONLY = "sanfang_ro"
# The role of the clock's queue, and the schema in which that stands.
JOBS = "sanfang_jobs"
TENANTS, EVENTS = "tenant", "event"
CHANGES = "sanfang_changes(uuid[], text, integer)"
APPENDED_ONLY = frozenset(
    {
        "attendance",
        "correction",
        "audit_head",
        "audit_key",
        "audit_sample",
        "bill",
        "contract_alarm",
        "demanded_bill",
        "event",
        "event_leaf",
        "evidence",
        "fee_holder",
        "instalment",
        "ledger_entry",
        "limitation_alarm",
        "matter_entry",
        "payment",
        "planned_bill",
        "recusal",
        "roll_entry",
        "roll_holder",
        "rule_book",
        "signature",
        "term_alarm",
        "vote_delivery",
    }
)
# Written once, and gone where a person's data are erased by law.
ERASABLE = frozenset({"event_value"})
# What goes on and on, and is never gone: a matter, a vote, a bill, what came of each.
LASTING = frozenset(
    {
        "agenda_item",
        "ballot",
        "billing_run",
        "committee_candidate",
        "committee_term",
        "contract",
        "demand",
        "fee_account",
        "fee_dispute",
        "fee_standard",
        "instalment_plan",
        "limitation_day",
        "matter",
        "meeting",
        "minutes",
        "payment_channel",
        "payment_file",
        "payment_line",
        "penalty_day",
        "resolution",
        "term_preparer",
        "vote",
        "vote_evidence",
        "vote_objection",
        "vote_proxy",
    }
)
PLATFORM_ID = "00000000-0000-0000-0000-000000000001"
# A query of its own, so that a statement reads the setting once and not for each row.
TENANT = "(select nullif(current_setting('sanfang.tenant', true), '')::uuid)"
OWN_TENANT = f"using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})"
IS_PLATFORM = f"{TENANT} = '{PLATFORM_ID}'::uuid"
OWN_ROW = f"using (id = {TENANT} or {IS_PLATFORM})"
BY_PLATFORM = f"using ({IS_PLATFORM}) with check ({IS_PLATFORM})"

ROLE = """
do $$ begin
  if not exists (select from pg_roles where rolname = '{role}') then
    create role {role} login;
  end if;
end $$"""

FIND_TENANT = """
create function public.sanfang_tenant(wanted text) returns table (id uuid, state text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select t.id, t.state::text from public.tenant t where t.slug = wanted $$"""

# Whoever runs it sees by it no more than they would otherwise: it looks at one county after the
# other, as row-level security lets any session look at the county that it has named.
FIND_CHANGES = """
create function public.sanfang_changes(tenants uuid[], since text, most integer)
returns table (kind text, tenant_id uuid, name text, id uuid)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  this constant pg_snapshot := pg_current_snapshot();
  last constant pg_snapshot := coalesce(since, this::text)::pg_snapshot;
  low constant bigint := pg_snapshot_xmin(last)::text::bigint;
  high constant bigint := pg_snapshot_xmax(this)::text::bigint;
  county uuid;
begin
  return query select 'horizon', null::uuid, this::text, null::uuid;
  if this::text = last::text then
    return;
  end if;
  foreach county in array tenants loop
    perform set_config('sanfang.tenant', county::text, true);
    return query
      with recent as materialized (
        (select 'event' as kind, e.object::text as name, e.object_id as id
           from public.event e
          where e.tenant_id = county and e.transaction >= low and e.transaction < high
            and pg_visible_in_snapshot(e.transaction::text::xid8, this)
            and not pg_visible_in_snapshot(e.transaction::text::xid8, last)
          limit most)
        union all
        (select 'standing', null, s.subject_id
           from public.standing s
          where s.tenant_id = county and s.transaction >= low and s.transaction < high
            and pg_visible_in_snapshot(s.transaction::text::xid8, this)
            and not pg_visible_in_snapshot(s.transaction::text::xid8, last)
          limit most))
      select distinct r.kind, county, r.name, r.id from recent r
      union all
      select 'everything', county, null, null from recent having count(*) >= most
      union all
      select 'suspended', county, null, null from public.tenant t
       where t.id = county and t.state <> 'active';
  end loop;
  perform set_config('sanfang.tenant', '', true);
end $$"""

# The guarantee that each deliberation has its result, and that what was signed stays, against
# whoever writes past the commands.
HOLD_MEETINGS = """
create function public.sanfang_hold_meeting() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if new.state = 'signed' and exists (
    select from public.agenda_item i where i.tenant_id = new.tenant_id and i.meeting_id = new.id
      and i.outcome = 'queued'
  ) then
    raise check_violation using message = 'a meeting is signed once each item has its outcome';
  end if;
  return new;
end $$;
create function public.sanfang_hold_agenda() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if exists (
    select from public.meeting m where m.tenant_id = new.tenant_id and m.id = new.meeting_id
      and m.state in ('signed', 'published')
  ) then
    raise check_violation using message = 'the agenda of a signed meeting stays as it is';
  end if;
  return new;
end $$;
create function public.sanfang_hold_minutes() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if old.sha256 is not null then
    raise check_violation using message = 'signed minutes never change';
  end if;
  if new.sha256 <> encode(sha256(convert_to(new.text, 'UTF8')), 'hex') then
    raise check_violation using message = 'the hash is not that of the minutes';
  end if;
  return new;
end $$;
create trigger hold_meeting before insert or update on public.meeting
  for each row execute function public.sanfang_hold_meeting();
create trigger hold_agenda before insert or update on public.agenda_item
  for each row execute function public.sanfang_hold_agenda();
create trigger hold_minutes before update on public.minutes
  for each row execute function public.sanfang_hold_minutes()"""

# What is on the ledger stays, against its owner too; and at the end of each transaction no part of
# a bill is paid beyond what was charged, and no payment has gone further than it went.
HOLD_LEDGER = """
create function public.sanfang_hold_ledger() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  raise check_violation using message = 'nothing on the ledger is changed or removed';
end $$;
create function public.sanfang_hold_sums() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if new.bill_id is not null and new.amount < 0 and (
    select sum(e.amount) from public.ledger_entry e
    where e.tenant_id = new.tenant_id and e.bill_id = new.bill_id and e.part = new.part
  ) < 0 then
    raise check_violation using message = 'a bill is not paid beyond what was charged';
  end if;
  if new.payment_id is not null and new.amount > 0 and (
    select sum(e.amount) from public.ledger_entry e
    where e.tenant_id = new.tenant_id and e.payment_id = new.payment_id
      and e.part = new.part and e.bill_id is not distinct from new.bill_id
  ) > 0 then
    raise check_violation using message = 'no more of a payment is given out than came in';
  end if;
  return null;
end $$;
create trigger hold_ledger before update or delete on public.ledger_entry
  for each row execute function public.sanfang_hold_ledger();
create constraint trigger hold_sums after insert on public.ledger_entry
  deferrable initially deferred for each row
  when (new.amount < 0 or new.payment_id is not null)
  execute function public.sanfang_hold_sums()"""

# When a county was last looked at, and since when the one that waits longest has been waiting: two
# moments and no county, for whoever reads the numbers of a process.
FIND_CLOCK = """
create function public.sanfang_clock() returns table (looked timestamptz, waiting timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select
  (select max(created) from sanfang_jobs.pgqueuer_log where status = 'successful'),
  (select min(created) from sanfang_jobs.pgqueuer where status in ('queued', 'picked')) $$"""

PLATFORM = """
insert into tenant (id, slug, name, name_en, state, created_at)
values ('00000000-0000-0000-0000-000000000001', 'platform', '平台', 'Platform', 'active', now())"""


def make_roles() -> None:
    """The app's two roles: they own nothing and bypass nothing."""
    for role in (READ_WRITE, READ_ONLY):
        op.execute(ROLE.format(role=role))
        op.execute(f"grant usage on schema public to {role}")
        op.execute(f"grant select on public.alembic_version to {role}")


def guard(table: str) -> None:
    """Wall in a table and let the app's roles at it; an event is written once and stays."""
    if table == TENANTS:
        _guard_tenants()
        return
    op.execute(f'alter table "{table}" enable row level security')
    op.execute(f'alter table "{table}" force row level security')
    op.execute(f'create policy own_tenant on "{table}" {OWN_TENANT}')
    writes = "insert" if table in APPENDED_ONLY | ERASABLE else "insert, update"
    writes += "" if table in APPENDED_ONLY | LASTING else ", delete"
    op.execute(f'grant select, {writes} on "{table}" to {READ_WRITE}')
    op.execute(f'grant select on "{table}" to {READ_ONLY}')
    if table == EVENTS:
        op.execute(FIND_CHANGES)
        op.execute(f"revoke all on function public.{CHANGES} from public")
        op.execute(f"grant execute on function public.{CHANGES} to {READ_ONLY}")


def hold_meetings() -> None:
    """What a meeting has signed stays as it was signed."""
    _each(HOLD_MEETINGS)


def hold_ledger() -> None:
    """What is on the ledger stays, and its sums hold."""
    _each(HOLD_LEDGER)


def _each(statements: str) -> None:
    for statement in statements.split(";\ncreate "):
        op.execute(statement if statement.lstrip().startswith("create") else f"create {statement}")


def ask_once(tables: Iterable[str]) -> None:
    """Give walls of before the present form: they read the setting for each row."""
    for table in tables:
        op.execute(f'alter policy own_tenant on "{table}" {OWN_TENANT}')
    op.execute(f"alter policy own_row on tenant {OWN_ROW}")
    op.execute(f"alter policy by_platform on tenant {BY_PLATFORM}")


def let_at_jobs() -> None:
    """Let one role at the queue, which is let at nothing else; of the counties it sees none."""
    op.execute(ROLE.format(role=JOBS))
    op.execute(f"grant usage on schema {JOBS} to {JOBS}")
    op.execute(f"grant select, insert, update, delete on all tables in schema {JOBS} to {JOBS}")
    op.execute(f"grant usage on all sequences in schema {JOBS} to {JOBS}")
    op.execute(FIND_CLOCK)
    op.execute("revoke all on function public.sanfang_clock() from public")
    op.execute(f"grant execute on function public.sanfang_clock() to {READ_ONLY}")


def _guard_tenants() -> None:
    """Not forced: the owner makes counties, `sanfang_tenant` finds one by its name for anybody."""
    op.execute("alter table tenant enable row level security")
    op.execute(f"create policy own_row on tenant for select {OWN_ROW}")
    op.execute(f"create policy by_platform on tenant for update {BY_PLATFORM}")
    op.execute(f"grant select on tenant to {READ_WRITE}, {READ_ONLY}")
    op.execute(f"grant update (state) on tenant to {READ_WRITE}")
    op.execute(FIND_TENANT)
    op.execute("revoke all on function public.sanfang_tenant(text) from public")
    op.execute(
        f"grant execute on function public.sanfang_tenant(text) to {READ_WRITE}, {READ_ONLY}"
    )
    op.execute(PLATFORM)

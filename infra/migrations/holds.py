"""Holds (不可改动): what was fixed, said or signed stays so, whoever writes past the commands."""

from alembic import op

HOLD_VOTES = """
create function public.sanfang_hold_vote() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if old.noticed_at is not null and (
    new.noticed_at, new.title, new.text, new.secrecy, new.clause, new.estate_id, new.scope_id,
    new.convener_id, new.pack_id, new.opens_at, new.text_sha256, new.first_closes_at
  ) is distinct from (
    old.noticed_at, old.title, old.text, old.secrecy, old.clause, old.estate_id, old.scope_id,
    old.convener_id, old.pack_id, old.opens_at, old.text_sha256, old.first_closes_at
  ) then
    raise check_violation using message = 'what was noticed of a vote never changes';
  end if;
  if old.frozen_at is not null and (
    new.frozen_at, new.roll_sha256, new.roll_units, new.roll_heads, new.roll_area
  ) is distinct from (
    old.frozen_at, old.roll_sha256, old.roll_units, old.roll_heads, old.roll_area
  ) then
    raise check_violation using message = 'a frozen roll never changes';
  end if;
  if old.noticed_at is not null and new.closes_at < old.closes_at then
    raise check_violation using message = 'a noticed vote never ends earlier';
  end if;
  if old.settled_at is not null and (
    new.settled_at, new.counted_at, new.ballots_sha256, new.objections_until, new.closes_at
  ) is distinct from (
    old.settled_at, old.counted_at, old.ballots_sha256, old.objections_until, old.closes_at
  ) then
    raise check_violation using message = 'a result that stands never changes';
  end if;
  return new;
end $$;
create function public.sanfang_hold_question() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ declare
  counted constant boolean := tg_op = 'UPDATE' and (new.vote_id, new.number, new.item, new.kind,
    new.text, new.candidate_id, new.is_recall)
    is not distinct from (old.vote_id, old.number, old.item, old.kind, old.text,
    old.candidate_id, old.is_recall);
begin
  -- Of the vote that it was in, and of the one that it would be in.
  if exists (
    select from public.vote v where v.tenant_id in (old.tenant_id, new.tenant_id)
      and v.id in (old.vote_id, new.vote_id)
      and case when counted then v.settled_at else v.noticed_at end is not null
  ) then
    raise check_violation using message = 'the questions of a noticed vote never change';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger hold_vote before update on public.vote
  for each row execute function public.sanfang_hold_vote();
create trigger hold_question before insert or update or delete on public.vote_question
  for each row execute function public.sanfang_hold_question()"""

HOLD_ROLLS = """
create function public.sanfang_hold_roll() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if exists (
    select from added a
      join public.vote v on v.tenant_id = a.tenant_id and v.id = a.vote_id
     where v.frozen_at is not null
  ) then
    raise check_violation using message = 'a frozen roll never changes';
  end if;
  return null;
end $$;
create trigger hold_roll after insert on public.roll_entry
  referencing new table as added
  for each statement execute function public.sanfang_hold_roll();
create trigger hold_roll after insert on public.roll_holder
  referencing new table as added
  for each statement execute function public.sanfang_hold_roll()"""

HOLD_BALLOTS = """
create function public.sanfang_hold_ballot() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if (new.vote_id, new.entry_id, new.holder_id, new.proxy_id, new.way, new.receipt,
      new.received_at, new.scan_id, new.made_by)
    is distinct from
     (old.vote_id, old.entry_id, old.holder_id, old.proxy_id, old.way, old.receipt,
      old.received_at, old.scan_id, old.made_by)
  then
    raise check_violation using message = 'a ballot never changes';
  end if;
  if old.state <> 'entered' and (new.confirmed_by, new.confirmed_at)
    is distinct from (old.confirmed_by, old.confirmed_at)
  then
    raise check_violation using message = 'who confirmed a ballot never changes';
  end if;
  if new.state <> old.state and not (
    (old.state = 'entered' and new.state in ('effective', 'rejected', 'superseded'))
    or (old.state = 'effective' and new.state = 'annulled')
  ) then
    raise check_violation using message = 'a ballot that was dealt with stays so';
  end if;
  return new;
end $$;
create trigger hold_ballot before update on public.ballot
  for each row execute function public.sanfang_hold_ballot()"""

# Of a line that a provider told of only what became of it is written, and once it is on the ledger
# nothing more.
HOLD_LINES = """
create function public.sanfang_hold_line() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if (to_jsonb(new) - 'state' - 'payment_id') is distinct from
     (to_jsonb(old) - 'state' - 'payment_id')
    or old.state not in ('waiting', 'unmatched', 'ambiguous')
  then
    raise check_violation using message = 'what a provider said never changes';
  end if;
  return new;
end $$;
create trigger hold_line before update on public.payment_line
  for each row execute function public.sanfang_hold_line()"""

# As the first of this name, and of the meeting too that an item would be moved out of.
HOLD_AGENDA = """
create or replace function public.sanfang_hold_agenda() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
  if exists (
    select from public.meeting m where m.tenant_id = new.tenant_id
      and m.id in (old.meeting_id, new.meeting_id) and m.state in ('signed', 'published')
  ) then
    raise check_violation using message = 'the agenda of a signed meeting stays as it is';
  end if;
  return new;
end $$"""


def hold(statements: str) -> None:
    """Make the functions and triggers, one statement after the other."""
    for statement in statements.split(";\ncreate "):
        op.execute(statement if statement.lstrip().startswith("create") else f"create {statement}")

"""Random small data: a county's rows changed at random, texts and moments to their edges."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.county import County

TEXTS = (
    "", " ", "\U00020000\U0001f3e0", "e\u0301", '"', "'", "\\", "\\u0041", "/", "<>&", "\u200b",
    "\u2028\u2029", "\ufeff", "\t\n\r\b\f", "\x01\x1f\x7f\x85", "\ufffe\uffff", "\U0010ffff", "%_",
    "{}[]", "null", "王", "第一网格", "第",
)  # fmt: skip
PERHAPS = (None, *TEXTS)
TRUTHS = (True, False)
SPANS = (
    ("2025-01-01", None), ("2025-01-01", None), ("0001-01-01", "2024-02-29"),
    ("1582-10-10", "9999-12-31"), ("2024-12-31", "2025-01-01"),
)  # fmt: skip
TERMS = (
    ("0001-01-01T00:00:00Z", None), ("1900-12-31T15:54:17Z", None),
    ("2025-01-01T00:00:00+08:00", "9999-12-31T23:59:59.999999Z"),
    ("2024-12-31T23:59:59.999999Z", "2025-01-01T00:00:00Z"), ("9000-01-01T00:00:00Z", None),
)  # fmt: skip
MOMENTS = ("1900-12-31T15:54:17Z", "2025-01-01T00:00:00+08:00", "2024-12-31T23:59:59.5Z")
RECORDS: Sequence[Any] = (
    None, {}, {"name": "\u2028\"\\\x7f", "until": None}, {"2^53+1": 2**53 + 1, "b": [True, 0.1]},
    {"\U0001f3e0": {"": [[], {}]}, "a": 1, "A": -(2**63)},
)  # fmt: skip
LISTS: Sequence[Any] = ([], [""], ["a,b", '"{}"', "\\"], ["https://m.example.com", "\U0001f3e0"])
# What may change of each row, columns together that hang together; nothing that the database holds.
Changes: TypeAlias = Mapping[str, Sequence[Any]]
TABLES: Mapping[str, Changes] = {
    "unit": {"name": TEXTS, "decision": PERHAPS, "is_public": TRUTHS, "since until": SPANS},
    "person": {"name": TEXTS, "is_party_member": TRUTHS, "home_id": (None,)},
    "post": {"title": TEXTS, "seats": (1, 2**31 - 1)},
    "appointment": {
        "ground": TEXTS, "warning": PERHAPS, "starts_at ends_at": TERMS,
        "state": ("proposed", "confirmed", "ended", "revoked"),
    },
    "linkage": {"decision": TEXTS, "branch_id": (None,), "committee_id": (None,)},
    "duty": {"text": TEXTS, "since until": SPANS},
    "rule_book": {"title": TEXTS, "text": TEXTS, "is_public": TRUTHS},
    "station": {"name": TEXTS, "address": TEXTS, "is_public": TRUTHS, "since until": SPANS},
    "file": {"name": TEXTS},
    "organisation": {"name": TEXTS, "is_builder": TRUTHS},
    "property_unit": {
        "area": (0.01, 0.1, 9999999.99), "use": ("shop", "parking"), "since until": SPANS,
    },
    "ownership": {
        "ground": TEXTS, "numerator denominator": ((1, 3), (999999, 1000000)),
        "since until": SPANS, "state": ("recorded", "verified", "rejected"),
    },
    "vote": {
        "is_electronic": TRUTHS, "extensions": (0, 2**31 - 1), "void_reason": PERHAPS,
        "report": PERHAPS, "state": ("void",),
    },
    "vote_question": {
        "part_area": (None, 0.01, 999999999999.99), "consent_heads": (None, 2**31 - 1),
        "verdict": (None, "passed", "no_quorum"),
    },
    "vote_objection": {"text": TEXTS},
    "vote_proxy": {"reason": PERHAPS},
    "ballot": {"reason": PERHAPS},
    "vote_evidence": {"purpose": TEXTS},
    "committee_term": {
        "ended_why": PERHAPS, "elected_at": MOMENTS, "years": (1, 2**31 - 1),
        "file_by": (None, "0001-01-01", "9999-12-31"), "vote_id": (None,),
    },
    "term_preparer": {"stands_for": TEXTS, "is_owner": TRUTHS},
    "committee_candidate": {
        "reason": PERHAPS, "left_on": (None, "2024-02-29", "9999-12-31"), "question_id": (None,),
        "state": ("nominated", "refused", "elected", "left"),
    },
    "term_alarm": {"due_on": ("0001-01-01", "9999-12-31"), "at": MOMENTS},
    "register_import": {
        "name": TEXTS, "sheet": PERHAPS, "columns": RECORDS, "ignored": (None, [], ["H 备注"]),
        "halt": (None, "authority_lost", "register_changed"), "mode": (None, "good_rows"),
        "total handled looked": ((0, 0, 0), (3, 1, 2)), "state": ("applying", "reading", "done"),
    },
    "register_import_row": {"unit_number": TEXTS, "state": ("bad", "good", "waiting")},
    "register_import_problem": {"message_zh": TEXTS, "message_en": TEXTS, "is_blocking": TRUTHS},
    "register_export": {"purpose": PERHAPS},
    "event": {"before": RECORDS, "after": RECORDS, "command_key": PERHAPS},
    "client": {"name": TEXTS, "origins": LISTS, "rows_per_minute": (None, 1, 2**31 - 1)},
    "account": {"must_change": TRUTHS, "failures": (0, 2**31 - 1)},
    "trusted_document": {"name": PERHAPS, "text": TEXTS},
    "tenant": {"name": TEXTS, "name_en": TEXTS},
    "matter": {
        "title": TEXTS, "text": TEXTS, "place_detail": PERHAPS, "category": TEXTS,
        "result": PERHAPS, "satisfaction": (None, 1, 5), "satisfaction_word": PERHAPS,
        "raised_at": MOMENTS, "reopened": (0, 2**31 - 1), "handler_id": (None,),
    },
    "matter_entry": {"said": PERHAPS, "made_by": (None,), "at": MOMENTS},
    "publication": {"title": PERHAPS, "text": PERHAPS, "result": PERHAPS, "category": TEXTS},
    "objection": {"text": TEXTS},
    "notice": {"at": MOMENTS, "seen_at": (None, *MOMENTS), "event_name": ("matter.raised", "x")},
}  # fmt: skip
JSON = ("before", "after", "origins", "columns", "ignored")
CASTS = {
    "since": "date", "until": "date", "starts_at": "timestamptz", "ends_at": "timestamptz",
    "raised_at": "timestamptz", "part_area": "numeric",
    "at": "timestamptz", "seen_at": "timestamptz", "elected_at": "timestamptz",
    "file_by": "date", "left_on": "date", "due_on": "date",
    "origins": "jsonb", "before": "jsonb", "after": "jsonb",
    "columns": "jsonb", "ignored": "jsonb",
}  # fmt: skip

# The county has no word for an estate, nor a Chinese one for a resident.
WORDLESS = """update pack set
  document = document #- '{units,labels,estate}' #- '{appointments,labels,resident,zh}'"""


async def change(county: County, keep: Sequence[Any], seed: int) -> None:
    """Change the rows of a county; the appointments of the people to keep stay as they are."""
    async with county.database.owner_session(county.id) as session:
        await session.exec(text(WORDLESS))  # type: ignore[call-overload]
        for table, changes in TABLES.items():
            own = "id" if table == "tenant" else "tenant_id"
            kept = f" and not person_id = any('{braces(keep)}')" if table == "appointment" else ""
            asked = f"select id from {table} where {own} = '{county.id}'{kept} order by id"
            ids = (await session.exec(text(asked))).scalars().all()  # type: ignore[call-overload]
            for id_, drawn in zip(ids, drawn_changes(changes, len(ids), seed), strict=True):
                for columns, value in drawn.items():
                    await session.exec(update(table, id_, columns, value))


def drawn_changes(changes: Changes, rows: int, seed: int) -> list[dict[str, Any]]:
    """For each row some columns with their new values; the same for the same seed."""
    drawn: list[list[dict[str, Any]]] = []
    one = st.fixed_dictionaries(
        {}, optional={columns: st.sampled_from(values) for columns, values in changes.items()}
    )

    @settings(
        max_examples=seed, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip
    @given(st.lists(one, min_size=rows, max_size=rows))
    def draw(some: list[dict[str, Any]]) -> None:
        drawn.append(some)

    draw()
    return drawn[-1]


def update(table: str, id_: Any, columns: str, value: Any) -> Any:
    """A statement that gives columns of a row their new values."""
    names = columns.split()
    values = value if len(names) > 1 else (value,)
    set_ = ", ".join(f"{name} = {as_sql(name)}" for name in names)
    given = {
        name: json.dumps(one) if name in JSON and one is not None else one
        for name, one in zip(names, values, strict=True)
    }
    return text(f"update {table} set {set_} where id = '{id_}'").bindparams(**given)


def as_sql(name: str) -> str:
    """The parameter of a column; days and moments go as text, whose ends the driver can't say."""
    if name not in CASTS:
        return f":{name}"
    return f"cast(cast(:{name} as text) as {CASTS[name]})"


def braces(ids: Sequence[Any]) -> str:
    """An array as PostgreSQL writes it."""
    return "{" + ",".join(map(str, ids)) + "}"

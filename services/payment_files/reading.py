"""Reading a provider's lines: external id, amount in yuan, time, the payer's reference.

Nothing is rounded and nothing is guessed: an amount has two places at most, a time has passed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import InvalidOperation
from typing import Any

from services.clock import CHINA
from services.ledger import MOST_FEN
from services.payment_files.tables import LineKind, LinesMissing
from services.register_imports.cells import number_of, text_of
from services.register_imports.layouts import heading

ROWS_LOOKED_AT = 20
LONGEST = 80
NAMED: Mapping[str, Sequence[str]] = {
    "id": ("交易单号", "交易流水号", "流水号", "订单号", "单号", "externalid", "external_id"),
    "amount": ("金额", "交易金额", "收款金额", "发生额", "amount"),
    "time": ("交易时间", "入账时间", "支付时间", "时间", "time"),
    "reference": ("房号", "户号", "付款备注", "备注", "摘要", "附言", "reference"),
    "kind": ("类型", "交易类型", "kind"),
    "original": ("原交易单号", "原单号", "original", "original_id"),
}
FIELDS = {name: field for field, names in NAMED.items() for name in names}
NEEDED = {"id", "amount", "time"}
REFUNDS = frozenset({"退款", "退费", "refund"})
YUAN = re.compile(r"^[¥￥]|元$")
SLASHES = re.compile(r"^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Said:
    """One line: what it says, or why it can't be read."""

    number: int
    kind: LineKind = LineKind.payment
    external_id: str | None = None
    original_id: str | None = None
    amount: int | None = None
    paid_at: datetime | None = None
    reference: str | None = None
    problem: str | None = None


def read(rows: Sequence[Sequence[Any]], now: datetime) -> list[Said]:
    """The lines below the headings; a refusal where there are none."""
    for at, row in enumerate(rows[:ROWS_LOOKED_AT]):
        named = [(FIELDS.get(heading(cell)), place) for place, cell in enumerate(row)]
        columns = {field: place for field, place in reversed(named) if field is not None}
        if columns.keys() >= NEEDED:
            found = [
                _line(number, columns, cells, now)
                for number, cells in enumerate(rows[at + 1 :], at + 2)
                if any(text_of(cell) for cell in cells)
            ]
            if found:
                return found
    raise LinesMissing(rows=ROWS_LOOKED_AT)


def _line(number: int, columns: Mapping[str, int], cells: Sequence[Any], now: datetime) -> Said:
    def get(field: str) -> Any:
        place = columns.get(field, len(cells))
        return cells[place] if place < len(cells) else None

    external_id, original = _id(get("id")), _id(get("original"))
    is_refund = text_of(get("kind")).lower() in REFUNDS
    amount, paid_at = fen_of(get("amount")), moment_of(get("time"))
    wrong = {
        "id": external_id is None,
        "amount": amount is None,
        "time": paid_at is None or paid_at > now,
        "original": is_refund and original is None,
    }
    return Said(
        number, LineKind.refund if is_refund else LineKind.payment, external_id, original, amount,
        paid_at, text_of(get("reference"))[:LONGEST] or None,
        next((name for name, is_wrong in wrong.items() if is_wrong), None),
    )  # fmt: skip


def fen_of(cell: Any) -> int | None:
    """Yuan to fen, exact; None where it is no such amount."""
    if isinstance(cell, bool):
        return None
    plain = YUAN.sub("", text_of(cell)).strip().replace(",", "")
    try:
        fen = number_of(cell, plain) * 100
    except InvalidOperation:
        return None
    whole = int(fen)
    return whole if fen == whole and 0 < whole <= MOST_FEN else None


def moment_of(cell: Any) -> datetime | None:
    """A moment, by China's clock where none is named; None where it is none."""
    plain = SLASHES.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", text_of(cell))
    try:
        found = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _id(cell: Any) -> str | None:
    plain = text_of(cell).strip("'`")
    # A long number that became a double has lost its end.
    is_lost = isinstance(cell, float) and not (cell.is_integer() and cell < 10**15)
    if isinstance(cell, float) and not is_lost:
        plain = str(int(cell))
    return plain if plain and len(plain) <= LONGEST and not is_lost else None

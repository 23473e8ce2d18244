"""Cells (单元格): what a clerk typed, as the register keeps it, or what is wrong with it.

Spreadsheets have numbers where texts were meant, full-width digits, units of measure, days in a
dozen forms. Nothing is guessed that could be two things.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

from services.arguments import Length, WrongText, clean_text
from services.errors import BadInput, Said
from services.organisations import checked
from services.ownerships import LARGEST
from services.people import normal_identity, normal_phone
from services.property_units import LARGEST_AREA, PLACES_OF_AN_AREA, AreaSource, PropertyUse
from services.register_imports.problems import Problem, problem

T = TypeVar("T")
FIRST_YEAR, LAST_YEAR = 1900, 2200
# Day 1 of a spreadsheet is 1900-01-01, and it takes 1900 for a leap year.
DAY_NOUGHT, DAYS = date(1899, 12, 30), range(20_000, 80_000)
# What a cell has where there is nothing to say.
NOTHING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "空", "N/A", "null", "None"})
SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00)?)?"
)
PLAIN_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
DIGITS = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
MEASURE = re.compile(r"(?:平方米|平米|平方|㎡|m2|m²|m\^2|M2)$")
# Full-width digits and letters; brackets stay as titles have them.
NARROW = {wide: wide - 0xFEE0 for first, last in ("０９", "ＡＺ", "ａｚ")
          for wide in range(ord(first), ord(last) + 1)}  # fmt: skip
# As many different words as a sheet's columns of choices have, and its blanks.
DIFFERENT = 20_000
# Where a share stands for the whole, and where owners hold together without shares.
WHOLE = frozenset({"全部", "单独所有", "单独", "独有", "整套", "100%"})
TOGETHER = frozenset({"共同共有", "共有", "共同"})
USES: Mapping[str, PropertyUse] = {
    **dict.fromkeys(("住宅", "成套住宅", "住房", "公寓", "别墅"), PropertyUse.dwelling),
    **dict.fromkeys(("商铺", "店铺", "商业", "店面", "商业服务", "门面"), PropertyUse.shop),
    **dict.fromkeys(("办公", "写字楼", "办公室"), PropertyUse.office),
    **dict.fromkeys(("车位", "车库", "停车位", "地下车位"), PropertyUse.parking),
    **dict.fromkeys(("储藏间", "储藏室", "杂物间", "储物间", "柴间"), PropertyUse.storage),
    "其他": PropertyUse.other, "其它": PropertyUse.other,
    **{one.value: one for one in PropertyUse},
}  # fmt: skip
SOURCES: Mapping[str, AreaSource] = {
    **dict.fromkeys(
        ("不动产登记", "登记", "登记簿", "产权证", "房产证", "不动产权证", "不动产登记簿"),
        AreaSource.register,
    ),
    **dict.fromkeys(("实测", "测绘", "测绘报告", "实测报告"), AreaSource.survey),
    **dict.fromkeys(("合同", "买卖合同", "购房合同", "商品房买卖合同"), AreaSource.contract),
    **{one.value: one for one in AreaSource},
}


class Wrong(Exception):
    """A cell that can't be read: what is wrong with it."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found.code)
        self.problem = found


@lru_cache(DIFFERENT, typed=True)
def text_of(cell: Any) -> str:
    """What stands in a cell: in plain characters, without white space around or doubled in it."""
    if cell is None:
        return ""
    plain = " ".join(unicodedata.normalize("NFKC", str(cell)).split())
    return "" if plain in NOTHING else plain


def kept_text(field: str, cell: Any, most: int) -> str:
    """A text as a command would take it."""
    plain = "" if cell is None else " ".join(str(cell).translate(NARROW).split())
    if plain in NOTHING:
        return ""
    try:
        return clean_text(plain, Length(0, most))
    except WrongText as wrong:
        raise Wrong(_with_reason(field, "TEXT_UNFIT", wrong.said)) from None


def number_of(cell: Any, plain: str) -> Decimal:
    """A number, exact: a sheet's own freed of the noise of its doubles, a text's of digits alone.

    `InvalidOperation` where it is none; "1e5" is what a sheet shows of digits that are gone.
    """
    if isinstance(cell, float):
        found = Decimal(str(round(cell, 6)))
        if found.is_finite():
            return found
    elif DIGITS.fullmatch(plain):
        return Decimal(plain)
    raise InvalidOperation


def area_of(cell: Any) -> Decimal | None:
    """Square metres, exact."""
    plain = MEASURE.sub("", text_of(cell)).strip().replace(",", "")
    if not plain:
        return None
    try:
        found = number_of(cell, plain)
        kept = found.quantize(Decimal(1).scaleb(-PLACES_OF_AN_AREA))
    except InvalidOperation:
        raise Wrong(problem("area", "AREA_UNREADABLE")) from None
    if not 0 < found <= LARGEST_AREA or kept != found:
        unfit = problem("area", "AREA_UNFIT", most=LARGEST_AREA, places=PLACES_OF_AN_AREA)
        raise Wrong(unfit)
    return kept


@lru_cache(DIFFERENT, typed=True)
def share_of(cell: Any) -> Fraction | None:
    """A share of the whole; None where none is said, or that it is held together."""
    plain = text_of(cell).replace(" ", "").replace("⁄", "/").removesuffix("份额")
    if not plain or plain in TOGETHER:
        return None
    if plain in WHOLE:
        return Fraction(1)
    try:
        number = plain.removesuffix("%")
        found = Fraction(str(round(cell, 6)) if isinstance(cell, float) else number)
    except (ValueError, ZeroDivisionError):
        raise Wrong(problem("share", "SHARE_UNREADABLE")) from None
    found = found / 100 if plain.endswith("%") else found
    if not 0 < found <= 1 or found.denominator > LARGEST:
        raise Wrong(problem("share", "SHARE_UNFIT", most=LARGEST))
    return found


@lru_cache(DIFFERENT, typed=True)
def day_of(cell: Any) -> date | None:
    """A day, in whichever form."""
    plain = text_of(cell)
    if not plain:
        return None
    parts = DAY.fullmatch(plain) or PLAIN_DAY.fullmatch(plain)
    try:
        if parts is None:
            number = float(plain)
            if not number.is_integer() or int(number) not in DAYS:
                raise ValueError
            return DAY_NOUGHT + timedelta(days=int(number))
        found = date(*map(int, parts.groups()))
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValueError
    except ValueError:
        raise Wrong(problem("since", "DATE_UNREADABLE")) from None
    return found


@lru_cache(DIFFERENT, typed=True)
def use_of(cell: Any) -> PropertyUse | None:
    """What a unit is for."""
    return _known("use", cell, USES, "USE_UNREADABLE")


@lru_cache(DIFFERENT, typed=True)
def source_of(cell: Any) -> AreaSource | None:
    """Where an area was read."""
    return _known("area_source", cell, SOURCES, "SOURCE_UNREADABLE")


def _known(field: str, cell: Any, known: Mapping[str, T], code: str) -> T | None:
    plain = text_of(cell).replace(" ", "")
    if not plain:
        return None
    if plain not in known:
        raise Wrong(problem(field, code))
    return known[plain]


def identity_of(cell: Any) -> str | None:
    """An identity number; one that became a double has lost its end."""
    plain = text_of(cell).replace(" ", "").strip("'`")
    if not plain:
        return None
    if isinstance(cell, float) or SCIENTIFIC.fullmatch(plain):
        raise Wrong(problem("identity", "IDENTITY_ROUNDED"))
    try:
        return normal_identity(plain)
    except BadInput as wrong:
        raise Wrong(_with_reason("identity", "IDENTITY_UNFIT", wrong.facts["reason"])) from None


def phone_of(cell: Any) -> str | None:
    """A phone number."""
    plain = text_of(cell).strip("'`")
    if not plain:
        return None
    try:
        return normal_phone(plain)
    except BadInput as wrong:
        raise Wrong(_with_reason("phone", "PHONE_UNFIT", wrong.facts["reason"])) from None


def code_of(cell: Any) -> str | None:
    """A unified social credit code."""
    plain = text_of(cell).replace(" ", "").strip("'`")
    if not plain:
        return None
    try:
        return checked(plain)
    except BadInput as wrong:
        raise Wrong(_with_reason("code", "CODE_UNFIT", wrong.facts["reason"])) from None


def is_code(cell: Any) -> bool:
    """Whether what stands where an identity number should is an organisation's code; nearly all of
    those have a letter among them, or begin with 9.
    """
    plain = text_of(cell).replace(" ", "")
    if not plain or (plain[:-1].isdecimal() and plain[0] != "9"):
        return False
    try:
        return code_of(cell) is not None
    except Wrong:
        return False


def _with_reason(field: str, code: str, reason: Said) -> Problem:
    return Problem(field, code, (("reason_zh", reason.zh), ("reason_en", reason.en)))

"""Layouts (表样): where in a sheet its headings are, which column is what, which rows are rows.

Above the headings stand titles; headings go over two or three rows, merged; below come totals,
notes and blank rows. A unit's cells stand once for several owners, merged or left blank.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from services.errors import Refused
from services.register_imports.cells import text_of
from services.register_imports.numbers import is_bare

ROWS_LOOKED_AT, MOST_HEADING_ROWS = 20, 3
# What a column may be headed, without white space, brackets and marks.
NAMED: Mapping[str, Sequence[str]] = {
    "number": ("房号", "室号", "房间号", "房屋编号", "门牌号", "户号", "车位号", "number"),
    "building": ("楼栋", "楼号", "栋号", "幢号", "楼幢", "栋", "幢", "楼栋号", "building"),
    "stairwell": ("单元", "单元号", "梯", "stairwell"),
    "area": ("建筑面积", "专有面积", "面积", "产权面积", "房屋面积", "专有部分面积", "area"),
    "area_source": ("面积来源", "areasource"),
    "use": ("用途", "规划用途", "房屋用途", "房屋性质", "房屋类型", "use"),
    "name": ("业主姓名", "姓名", "产权人", "权利人", "所有权人", "业主", "产权人姓名",
             "权利人姓名", "name"),
    "identity": ("身份证号", "身份证号码", "身份证", "证件号", "证件号码", "公民身份号码",
                 "身份号码", "identity"),
    "phone": ("联系电话", "电话", "手机", "手机号", "手机号码", "联系方式", "电话号码", "phone"),
    "organisation": ("单位名称", "企业名称", "产权单位", "权利单位", "公司名称", "organisation"),
    "code": ("统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "code"),
    "share": ("共有份额", "份额", "产权份额", "所占份额", "持有份额", "共有情况", "share"),
    "title": ("产权证号", "不动产权证号", "房产证号", "权证号", "不动产证号", "证号",
              "不动产权证书号", "依据", "ground"),
    "since": ("取得日期", "登记日期", "产权日期", "发证日期", "取得时间", "登记时间", "since"),
}  # fmt: skip
FIELDS = {heading: field for field, headings in NAMED.items() for heading in headings}
OF_A_UNIT = ("number", "building", "stairwell", "area", "area_source", "use")
OF_A_HOLDER = ("name", "identity", "phone", "organisation", "code", "share", "title")
BRACKETED = re.compile(r"\(.*?\)|\[.*?\]|[\s*:]")
TOTAL = re.compile(r"(合计|总计|小计|共计|本页)")
NOTE = re.compile(r"(备注|说明|注|填表|制表|审核|负责人|单位\(盖章|填报)")
MOST_IN_A_NOTE = 4


class HeadingsMissing(Refused, status=422):
    """找不到表头：前 {rows} 行里要有“房号”，并有“建筑面积”“业主姓名”“单位名称”之一。
    No headings found: in the first {rows} rows, 房号 and one of 建筑面积, 业主姓名, 单位名称.
    """


class ColumnTwice(Refused, status=422):
    """{columns} 两列都像是“{heading}”，请只留一列，或改掉一列的表头。
    The columns {columns} both look like “{heading}”. Leave one, or head the other differently.
    """


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is which field, where the rows begin, and what headings aren't known."""

    columns: Mapping[str, int]
    first: int
    ignored: tuple[str, ...]

    def cell(self, field: str, number: int) -> str:
        """A cell as a spreadsheet calls it, by its row's number; of a field that has no column,
        the cell of the unit's number.
        """
        return f"{letters(self.columns.get(field, self.columns['number']))}{number}"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the sheet: its number there, and what stands in the column of each field."""

    number: int
    cells: Mapping[str, Any]


def letters(column: int) -> str:
    """A column as a spreadsheet calls it: A, B, … Z, AA."""
    found, rest = "", column + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        found = chr(ord("A") + place) + found
    return found


def layout(rows: Sequence[Sequence[Any]]) -> Layout:
    """Find the headings: where most columns are known, in as few rows as will do."""
    tries = [
        (_fields(rows[top : top + depth]), depth, top)
        for top in range(min(ROWS_LOOKED_AT, len(rows)))
        for depth in range(1, MOST_HEADING_ROWS + 1)
    ]
    fields, depth, top = max(tries, key=lambda one: _worth(*one), default=({}, 0, 0))
    found = {*fields.values()}
    if "number" not in found or not found & {"area", "name", "organisation"}:
        raise HeadingsMissing(rows=ROWS_LOOKED_AT)
    columns: dict[str, int] = {}
    for place, field in fields.items():
        if field in columns:
            both = f"{letters(columns[field])}, {letters(place)}"
            raise ColumnTwice(columns=both, heading=NAMED[field][0])
        columns[field] = place
    last = rows[top + depth - 1]
    ignored = (
        f"{letters(place)} {text_of(one)[:20]}"
        for place, one in enumerate(last)
        if place not in fields and text_of(one)
    )
    return Layout(columns, top + depth, tuple(ignored))


def lines(rows: Sequence[Sequence[Any]], found: Layout) -> Iterator[Line]:
    """The rows below the headings, each whole: what stands once for several is in each of them."""
    above: Mapping[str, Any] = {}
    for at in range(found.first, len(rows)):
        row = rows[at]
        cells: Mapping[str, Any] = {
            field: row[place] if place < len(row) else None
            for field, place in found.columns.items()
        }
        if _is_no_row(row, cells):
            continue
        cells = _completed(cells, above)
        above = cells
        yield Line(at + 1, cells)


@lru_cache(4_000, typed=True)
def heading(cell: Any) -> str:
    """A heading without what is only for the eye."""
    return BRACKETED.sub("", unicodedata.normalize("NFKC", str(cell or ""))).lower()


def _worth(fields: Mapping[int, str], depth: int, top: int) -> tuple[int, ...]:
    """Many different columns, none of them twice, in few rows, near the top."""
    different = len({*fields.values()})
    return different, different - len(fields), -depth, -top


def _fields(rows: Sequence[Sequence[Any]]) -> dict[int, str]:
    """The field of each column that these rows head."""
    found: dict[int, str] = {}
    for place in range(max(map(len, rows), default=0)):
        parts = [heading(row[place]) if place < len(row) else "" for row in rows]
        told = list(dict.fromkeys(part for part in parts if part))
        if told and parts[-1] in ("", told[-1]):
            names = (told[-1], "".join(told)) if len(told) > 1 else (told[-1],)
            field = next((FIELDS[name] for name in names if name in FIELDS), None)
            # What heads a group heads no column of it that has another heading below.
            if field is not None and (parts[-1] or len(told) == 1):
                found[place] = field
    return found


def _is_no_row(row: Sequence[Any], cells: Mapping[str, Any]) -> bool:
    """Blank, a total, a note at the end, or the headings again on a new page."""
    first = next((told for one in row if (told := text_of(one))), "").replace(" ", "")
    if not first or TOTAL.match(first) or heading(cells["number"]) in NAMED["number"]:
        return True
    return bool(NOTE.match(first)) and len({text_of(one) for one in row}) <= MOST_IN_A_NOTE


def _completed(cells: Mapping[str, Any], above: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with what it leaves to the one above: an owner's that says nothing of a unit is of that
    unit; a number without a building is in that building.
    """
    if not above:
        return cells
    if not text_of(cells["number"]):
        is_owner = any(text_of(cells.get(field)) for field in OF_A_HOLDER)
        is_there = all(
            not text_of(cells.get(field)) or text_of(cells[field]) == text_of(above.get(field))
            for field in ("building", "stairwell")
        ) and not any(text_of(cells.get(field)) for field in ("area", "area_source", "use"))
        left: Sequence[str] = OF_A_UNIT if is_owner and is_there else ()
    else:
        is_in_it = text_of(cells.get("building")) in ("", text_of(above.get("building")))
        is_in_it = is_in_it and is_bare(text_of(cells["number"]))
        left = ("building", "stairwell") if is_in_it else ()
    filled = {field: above.get(field) for field in left
              if field in cells and not text_of(cells[field])}  # fmt: skip
    return {**cells, **filled} if filled else cells

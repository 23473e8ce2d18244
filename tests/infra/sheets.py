"""Spreadsheets as county offices send them: one with each of their ugly sides."""

import base64
import io
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from tests.services.clerk import ID_BING, ID_JIA, ID_YI

DAY = datetime(2019, 3, 1)  # noqa: DTZ001 - a spreadsheet's days are of no zone
# What each cell of the ugly sheet is found out as; what isn't here is as it should be.
FOUND = [
    ("B15", "SAME_AS_ROW"),
    ("C7", "AREA_UNFIT"),
    ("E8", "IDENTITY_ROUNDED"),
    ("E9", "IDENTITY_UNFIT"),
    ("F10", "PHONE_UNFIT"),
    ("G11", "SHARE_UNREADABLE"),
    ("H12", "DATE_UNREADABLE"),
    ("B13", "NUMBER_MISSING"),
    ("D14", "NAME_TWICE"),
]
# As Excel 97 wrote it: 房号, 建筑面积, 业主姓名, and two rows.
XLS = zlib.decompress(base64.b64decode(
    "eNrtWE1oU0EQ/vblpfmhSZOaCo1QQsGqtQejHgRpnxW0J0Orgj+ImtgcpCWVoIcqaLXmVAXBgxi8FHrxUvXiDyrozY"
    "NQsYogCIkePHgQRVGkzXN2sq9NtYcGtajs99jZebM7u5Od2cnbfTIRLozeiBbxAzrgQsn2oaZCJqj4nJcQqN22JevU"
    "Xiq2xj8Fn5ccWePG3cBjj/Sh9HcRBq6bD4kCr6nswxEkBjLp2CJiM9uQFNKGdqICV0gSRCNbVc/0ENMlTK9xz3tMN7"
    "HkPNN26lsQezFhJVo3qCjebTRzWxBy3Fus85IlcTTgkYziUxdEua8bndnDyf6/s6HJrMUYyG9d6Uw6m+wvIEIOHMNn"
    "OwZ8cnbqg5iWL65cgORf58o988gvGiYwBPsgB3iOkuszV9nBnVNYT14GF2q0Ul92mBDf9vecSF16P0hsNLExMbknsJ"
    "MU4mviLojnI+fya4/5ZY7mPR2as6cDHOu1RHtRx3yYIz5EWXvq6oen21Ld1gGWDHEeL2f75dJA2DgtNUg5yC2uGdrK"
    "GquZnuFRlzEfZRoh66lu6W5QzNZh7nOWW1tonnWMSWtFBb+S+Ny7nttNuTfWKuLHu4rHI+MvrFE00wL1kr58htEm2k"
    "T+ssQdy6mFygyvmDb+lCW8RkjZbqu/tDpMw89smGn5Ta6OmHkz1FpJbTGPtmBtuR4nDT9bF8bbEag2qW0qbYNHm9W+"
    "r+wNIy8k/chzdxj1uCnFlMlm4YeGhoaGhoaGhobGr0LwF2n5a95U5w15XvCoe51pKiV9TfLfYjsG6DlKB9MtyFCdxW"
    "BV8bMUbuGMJRao49wXSuyi2bPoQ4rt6Ks6fun8JCp/z4IVQ79vC1U7f6kaO//w/N8Bw2rN4g=="
))  # fmt: skip
GOOD = ["101", "101", "102", "107"]


def ugly() -> bytes:
    """A title, headings over two rows, merged cells, numbers for texts, a total at the end."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    hidden = book.add_worksheet("说明")
    hidden.write(0, 0, "不要动")
    hidden.hide()
    sheet = book.add_worksheet("业主台账")
    sheet.activate()
    sheet.set_first_sheet()
    _head(sheet)
    _fill(sheet, book.add_format({"num_format": "yyyy/m/d"}))
    book.close()
    return out.getvalue()


def _head(sheet: Any) -> None:
    sheet.merge_range("A1:I1", "梅园小区业主登记表")
    for place, name in ((0, "序号"), (8, "备注")):
        sheet.merge_range(1, place, 2, place, name)
    sheet.merge_range("B2:C2", "房屋信息")
    sheet.merge_range("D2:H2", "业主信息")
    for place, name in enumerate(
        ("房号", "建筑面积（㎡）", "姓 名", "身份证号码*", "联系电话", "共有份额", "取得日期"), 1
    ):
        sheet.write(2, place, name)


def _fill(sheet: Any, day: Any) -> None:
    sheet.merge_range("B4:B5", "１０１室")
    sheet.merge_range("C4:C5", 89.53)
    sheet.write_row("D4", ["试验甲", ID_JIA.lower(), 13900000001, "1/2"])
    sheet.write_datetime("H4", DAY, day)
    sheet.write_row("D5", [" 试验乙 ", f" {ID_YI}", "１３９ ００００ ０００２", 0.5, 43525])
    sheet.write_row("B6", [102, "９０.１０平方米", "试验丙", ID_BING])
    sheet.write_row("G6", ["单独所有", "2019年3月1日"])
    sheet.write_row("B7", ["103", 60.555, "试验丁"])
    sheet.write_row("B8", ["104", 60, "试验戊", 420106199001011234])
    sheet.write_row("B9", ["105", 60, "试验己", "990000199001011230"])
    sheet.write_row("B10", ["106", 60, "试验庚", None, "12345"])
    sheet.write_row("B11", ["108", 60, "试验辛", None, None, "一半"])
    sheet.write_row("B12", ["109", 60, "试验壬", None, None, None, "去年"])
    sheet.write_row("C13", [60, "试验癸"])
    sheet.write_row("B14", ["110", 60, "另一人", ID_BING])
    sheet.write_row("B15", [102, 90.1, "试验丙", ID_BING, None, 1, "2019-03-01"])
    sheet.write_formula("C16", "=30+30", None, 60)
    sheet.write("B16", "107")
    sheet.write_row("A18", ["合计", None, 700])
    sheet.write("A19", "填表人：")


def csv(rows: Sequence[Sequence[Any]], encoding: str, delimiter: str = ",") -> bytes:
    """As a spreadsheet saves it."""
    lines = (delimiter.join("" if one is None else str(one) for one in row) for row in rows)
    return "\r\n".join(lines).encode(encoding)


def workbook(rows: Sequence[Sequence[Any]], **options: Any) -> bytes:
    """A plain sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("台账")
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
    return out.getvalue()


def far() -> bytes:
    """One cell in the last corner of a sheet: as a dense table it would be 17 billion."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "房号")
    sheet.write(1_048_575, 16_383, 1)
    book.close()
    return out.getvalue()

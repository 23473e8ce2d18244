"""Sheets as county offices have them: what a cell means, where the headings are, what is a row."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ownerships import LARGEST
from services.property_units import LARGEST_AREA
from services.register_imports import cells
from services.register_imports.cells import DAY_NOUGHT, Wrong
from services.register_imports.layouts import layout, letters
from services.register_imports.numbers import numbered
from services.register_imports.reading import kept, read, restored
from tests.services.clerk import HEADINGS, ID_JIA, ID_YI

AREAS = st.decimals(Decimal("0.01"), LARGEST_AREA, places=2)
DATES = st.dates(date(1955, 1, 1), date(2100, 1, 1))


def code_of(read: Any, cell: Any) -> str:
    """What is wrong with a cell."""
    with pytest.raises(Wrong) as wrong:
        read(cell)
    return wrong.value.problem.code


def problems(*rows: Any) -> list[tuple[int, str, str]]:
    """What is wrong with some rows under the usual headings."""
    found = read([HEADINGS, *rows])
    return [(one.number, each.field, each.code) for one in found.entries for each in one.problems]


class TestCells:
    @given(AREAS)
    def test_an_area_in_any_form_is_that_area_exactly(self, area: Decimal) -> None:
        wide = str(area).translate({ord("0") + n: 0xFF10 + n for n in range(10)} | {46: "．"})
        for cell in (str(area), f" {area} ㎡", f"{area}平方米", f"{area:,}", wide):
            assert cells.area_of(cell) == area
        if area < 1_000_000:
            assert cells.area_of(float(area)) == area

    @pytest.mark.parametrize("cell", [0, -1, "89.535", 89.535, 1e8, "0"])
    def test_an_area_that_cannot_be(self, cell: Any) -> None:
        assert code_of(cells.area_of, cell) == "AREA_UNFIT"

    @pytest.mark.parametrize("cell", ["八十", "80-90", "约80", "1e", "1e2", "1_0", "nan", "8 0"])
    def test_what_is_no_area(self, cell: Any) -> None:
        assert code_of(cells.area_of, cell) in ("AREA_UNREADABLE", "AREA_UNFIT")

    @given(st.fractions(Fraction(1, LARGEST), 1, max_denominator=LARGEST))
    def test_a_share_is_exact(self, share: Fraction) -> None:
        assert cells.share_of(f"{share.numerator}/{share.denominator}") == share
        assert cells.share_of(f" {share.numerator} ／ {share.denominator} 份额") == share

    @pytest.mark.parametrize(
        ("cell", "share"),
        [("50%", "1/2"), (0.5, "1/2"), ("33.33%", "3333/10000"), (1, "1"), ("单独所有", "1"),
         ("０．２５", "1/4"), ("½", "1/2")],
    )  # fmt: skip
    def test_a_share_in_other_forms(self, cell: Any, share: str) -> None:
        assert cells.share_of(cell) == Fraction(share)

    @pytest.mark.parametrize("cell", ["2/1", "0", "120%", 50, "1/0", "一半", "1/1000001", "-1/2"])
    def test_what_is_no_share(self, cell: Any) -> None:
        assert code_of(cells.share_of, cell) in ("SHARE_UNFIT", "SHARE_UNREADABLE")

    @given(DATES)
    def test_a_day_in_any_form_is_that_day(self, day: date) -> None:
        y, m, d = day.year, day.month, day.day
        serial = (day - DAY_NOUGHT).days
        for cell in (day.isoformat(), f"{y}年{m}月{d}日", f"{y}/{m}/{d}", f"{y}.{m:02}.{d:02}",
                     f"{y}{m:02}{d:02}", serial, str(serial), float(serial)):  # fmt: skip
            assert cells.day_of(cell) == day
        assert day - timedelta(days=serial) == DAY_NOUGHT

    @pytest.mark.parametrize("cell", ["2019年", "2019-13-01", "2019-02-29", "去年", 12, 3.5])
    def test_what_is_no_day(self, cell: Any) -> None:
        assert code_of(cells.day_of, cell) == "DATE_UNREADABLE"

    @pytest.mark.parametrize("cell", [4.20106199001011e17, "4.20106E+17", "3.6e17"])
    def test_a_number_that_lost_its_end_is_never_taken_for_one(self, cell: Any) -> None:
        assert code_of(cells.identity_of, cell) == "IDENTITY_ROUNDED"

    def test_an_identity_number_with_what_is_typed_around_it(self) -> None:
        wide = ID_JIA.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
        for cell in (ID_JIA.lower(), f" {ID_JIA} ", f"'{ID_JIA}", wide, int(ID_JIA[:17] + "1")):
            if isinstance(cell, int):
                assert code_of(cells.identity_of, float(cell)) == "IDENTITY_ROUNDED"
            else:
                assert cells.identity_of(cell) == ID_JIA

    @pytest.mark.parametrize("cell", ["", None, " ", "无", "/", "—", "N/A", "　"])
    def test_a_cell_that_says_nothing(self, cell: Any) -> None:
        for reading in (cells.area_of, cells.share_of, cells.day_of, cells.identity_of,
                        cells.phone_of, cells.code_of, cells.use_of, cells.source_of):  # fmt: skip
            assert reading(cell) is None

    def test_a_title_keeps_its_brackets(self) -> None:
        said = cells.kept_text("title", " 赣（２０２０）第１号 ", 500)
        assert said == "赣（2020）第1号"

    def test_what_hides_in_a_text_is_refused(self) -> None:
        assert code_of(lambda one: cells.kept_text("name", one, 80), "试\u202e验") == "TEXT_UNFIT"


class TestNumbers:
    @pytest.mark.parametrize(
        "cells_",
        [("", "", "3栋2单元501室"), ("3栋", "2单元", "501"), ("第3幢", "二单元", "501号"),
         ("", "", "３－２－５０１"), ("", "", "3 — 2 — 501"), ("03", "02", "501"),
         ("3", "2", "3-2-501"), ("", "", "3号楼2单元5层501")],
    )  # fmt: skip
    def test_one_unit_has_one_number_however_it_is_written(
        self, cells_: tuple[str, str, str]
    ) -> None:
        plain = [cells.text_of(one) for one in cells_]
        assert numbered(*plain).number == "3-2-501"

    @pytest.mark.parametrize("number", ["101", "S-1", "地下车位B-012", "A-1201", "501号房"])
    def test_others_stay_as_they_are(self, number: str) -> None:
        assert numbered("", "", number).number == number.removesuffix("号房")


class TestLayouts:
    def test_headings_under_a_title_over_two_rows_merged(self) -> None:
        title = ["桂花园小区业主台账"] * 6
        upper = ["序号", "房屋信息", "房屋信息", "业主信息", "业主信息", "备注"]
        lower = ["序号", "房号*", "建筑面积(㎡)", "姓 名", "联系电话：", "备注"]
        found = layout([title, [], upper, lower, [1, "101", 80, "试验", "1", ""]])
        assert found.columns == {"number": 1, "area": 2, "name": 3, "phone": 4}
        assert (found.first, found.ignored) == (4, ("A 序号", "F 备注"))
        assert found.cell("phone", 5) == "E5"

    def test_a_heading_of_a_group_heads_none_of_its_columns(self) -> None:
        upper, lower = ["房号", "业主", "业主", "面积"], ["房号", "姓名", "性别", "面积"]
        assert layout([upper, lower]).columns == {"number": 0, "name": 1, "area": 3}

    @given(st.integers(0, 20_000))
    def test_columns_are_called_as_spreadsheets_call_them(self, column: int) -> None:
        value = 0
        for one in letters(column):
            value = value * 26 + ord(one) - 64
        assert value == column + 1

    def test_what_is_no_row_is_none(self) -> None:
        found = read([
            HEADINGS,
            ("101", 80, None, None, None, None),
            (None,) * 6,
            HEADINGS,
            ("102", 80, "  ", "无", None, None),
            ("合 计", 160, None, None, None, None),
            ("填表人：某某", None, None, None, None, None),
        ])  # fmt: skip
        assert [(one.number, one.unit) for one in found.entries] == [(2, "101"), (5, "102")]

    def test_a_units_cells_stand_once_for_several_owners(self) -> None:
        found = read([
            ("楼栋", *HEADINGS),
            ("1栋", "101", 80, "试验甲", ID_JIA, None, "1/2"),
            (None, None, None, "试验乙", ID_YI, None, "1/2"),
            (None, "102", 70, "试验丙", None, None, None),
            ("2栋", "101", 60, None, None, None, None),
        ])  # fmt: skip
        assert [one.unit for one in found.entries] == ["1-101", "1-101", "1-102", "2-101"]
        assert found.entries[1].area == 80
        assert not any(one.problems for one in found.entries)


class TestRows:
    """What the file alone tells."""

    def test_each_kind_of_thing_that_is_there_twice(self) -> None:
        assert problems(
            ("101", 80, "试验甲", ID_JIA, "13900000001", "1/2"),
            ("101", 81, "试验乙", ID_YI, "13900000001", "1/2"),
            ("102", 80, "试验丙", ID_JIA, None, None),
            ("102", 80, "试验丙", ID_JIA, None, None),
            ("101", 80, "试验甲", ID_JIA, None, "1/2"),
        ) == [
            (3, "area", "AREA_TWICE"),
            (3, "phone", "PHONE_TWICE"),
            (4, "name", "NAME_TWICE"),
            (5, "number", "SAME_AS_ROW"),
            (6, "name", "HOLDER_TWICE"),
        ]

    def test_a_row_repeated_with_its_mistake_is_not_said_to_differ(self) -> None:
        wrong = ("101", 80, "试验甲", "110105194912310021", "13900000001", "1")
        assert problems(wrong, wrong) == [
            (2, "identity", "IDENTITY_UNFIT"),
            (3, "identity", "IDENTITY_UNFIT"),
        ]

    def test_shares_come_to_the_whole_at_most(self) -> None:
        def row(name: str, share: Any) -> tuple[Any, ...]:
            return ("101", 80, name, None, None, share)

        assert problems(row("试验甲", "2/3"), row("试验乙", "2/3")) == [
            (2, "share", "SHARES_EXCEED"), (3, "share", "SHARES_EXCEED"),
        ]  # fmt: skip
        assert problems(row("试验甲", "1/2"), row("试验乙", None)) == [
            (2, "share", "SHARES_SHORT"), (3, "share", "SHARE_MISSING"),
        ]  # fmt: skip
        found = read([HEADINGS, row("试验甲", "共同共有"), row("试验乙", None)]).entries
        assert [one.share for one in found] == [Fraction(1, 2)] * 2
        assert not any(one.is_bad for one in found)

    @given(st.lists(st.fractions(Fraction(1, 12), 1, max_denominator=12), min_size=1, max_size=6))
    def test_no_unit_comes_in_with_more_than_the_whole(self, shares: list[Fraction]) -> None:
        rows = [("101", 80, f"试验{n}", None, None, str(one)) for n, one in enumerate(shares)]
        sound = [one for one in read([HEADINGS, *rows]).entries if not one.is_bad]
        assert sum((one.share or Fraction(0) for one in sound), Fraction(0)) <= 1

    def test_a_row_comes_out_as_it_went_in(self) -> None:
        table = [(*HEADINGS, "取得日期", "产权证号", "用途", "面积来源"),
                 ("101", 80, "试验甲", ID_JIA, "13900000001", "1/3", "2019-03-01", "第1号", "商铺",
                  "实测")]  # fmt: skip
        [entry] = read(table).entries
        entry.problems = []
        assert restored(entry.number, entry.unit, kept(entry)) == entry

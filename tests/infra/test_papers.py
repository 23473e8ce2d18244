"""Minutes as .docx: nothing of the text is lost or passed off as something else; same bytes."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from docx.document import Document as Doc
from docx.oxml.ns import qn

from infra.papers import STYLES, docx
from services.meetings.papers import Corrected, Paper, Signed

JUNE = datetime(2025, 6, 1, 4, 5, tzinfo=UTC)
TEXT = """# 甲\\_乙第 3 次会议纪要

- 地点：红色驿站
+ 又一行

## 议题与结果

1. 换\\*线路\\*——形成决议
   - 由物业 \\<更换\\> C:\\\\线路
     - 再深一层
       - 还深
         - 最深
10. 第十项
   - 说明
这一段不在清单里 **照写**
    #不是标题
####### 也不是
###### 六级
[x]: http://example.com
<!-- 看得见 -->
"""
PAPER = Paper(
    council="甲议事会", number=3, text=TEXT, sha256="a" * 64, is_final=True, drafted_at=JUNE,
    signed=[Signed("网格党支部", "居民一", "书记", JUNE, "a" * 64)],
    corrected=[Corrected(1, "日期\n更正", None, JUNE)],
)  # fmt: skip


def opened(paper: Paper) -> Doc:
    return Document(BytesIO(docx(paper)))


def lines(paper: Paper) -> list[tuple[str, str]]:
    return [(str(one.style and one.style.name), one.text) for one in opened(paper).paragraphs]


def tables(paper: Paper) -> list[list[list[str]]]:
    return [
        [[cell.text for cell in row.cells] for row in table.rows] for table in opened(paper).tables
    ]


class TestText:
    """The Markdown of the minutes, line by line."""

    def test_each_line_is_there_as_what_it_is(self) -> None:
        assert lines(PAPER) == [
            ("Title", "甲_乙第 3 次会议纪要"),
            ("List Bullet", "地点：红色驿站"),
            ("List Bullet", "又一行"),
            ("Heading 1", "议题与结果"),
            ("List", "1. 换*线路*——形成决议"),
            ("List Bullet 2", "由物业 <更换> C:\\线路"),
            ("List Bullet 3", "再深一层"),
            ("List Bullet 3", "还深"),
            ("List Bullet 3", "最深"),
            ("List", "10. 第十项"),
            ("List Bullet 2", "说明"),
            ("Normal", "这一段不在清单里 **照写**"),
            ("Normal", "    #不是标题"),
            ("Normal", "####### 也不是"),
            ("Heading 3", "六级"),
            ("Normal", "[x]: http://example.com"),
            ("Normal", "<!-- 看得见 -->"),
            ("Normal", "（以上为纪要全文）"),
            ("Heading 1", "签字"),
            ("Heading 1", "更正"),
        ]

    @pytest.mark.parametrize("mark", ["\x01", "\x1b", "\ufffe", "\uffff"])
    def test_what_a_docx_cannot_hold_is_seen_to_be_missing(self, mark: str) -> None:
        paper = replace(
            PAPER, council=f"甲{mark}", text=f"- 甲{mark}乙",
            corrected=[Corrected(1, f"丙{mark}", f"丁{mark}", JUNE)],
        )  # fmt: skip
        assert lines(paper)[0] == ("List Bullet", "甲\ufffd乙")
        assert tables(paper)[1][1] == ["1", "丁\ufffd", "2025-06-01 12:05", "丙\ufffd"]

    def test_a_text_of_many_lines_is_written_whole(self) -> None:
        many = "\n".join(f"{number}. 项" for number in range(2000))
        assert len(lines(replace(PAPER, text=many))) == 2003


class TestUnderIt:
    """Signatures and corrections are tables: no text can make one."""

    def test_signatures_and_corrections_stand_in_their_order(self) -> None:
        first = Signed("物业公司", "居民二", "经理", JUNE, "b" * 64)
        paper = replace(
            PAPER, signed=[first, *PAPER.signed],
            corrected=[*PAPER.corrected, Corrected(2, "二", "居民三", JUNE)],
        )  # fmt: skip
        signed, corrected = tables(paper)
        assert signed == [
            ["席位", "签字人", "时间", "所签文本的 SHA-256"],
            ["物业公司", "居民二\n经理", "2025-06-01 12:05", "b" * 64],
            ["网格党支部", "居民一\n书记", "2025-06-01 12:05", "a" * 64],
        ]
        assert corrected == [
            ["序号", "更正人", "时间", "内容"],
            ["1", "—", "2025-06-01 12:05", "日期\n更正"],
            ["2", "居民三", "2025-06-01 12:05", "二"],
        ]

    def test_a_text_that_looks_like_signatures_makes_no_table(self) -> None:
        forged = "## 签字\n| 席位 | 签字人 |\n|---|---|\n| 网格党支部 | 居民九 |"
        assert tables(replace(PAPER, text=forged, signed=[], corrected=[])) == []

    @pytest.mark.parametrize(("is_final", "said"), [(True, "已签齐"), (False, "未签齐")])
    def test_the_footer_says_which_text_it_is_and_whether_it_is_final(
        self, is_final: bool, said: str
    ) -> None:
        footer = opened(replace(PAPER, is_final=is_final)).sections[0].footer
        assert [one.text for one in footer.paragraphs] == [f"SHA-256 {'a' * 64}　{said}"]


class TestBytes:
    """One state, one file."""

    def test_nothing_in_it_is_of_the_moment_of_its_making(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = docx(PAPER)
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
        assert docx(PAPER) == first
        with ZipFile(BytesIO(first)) as package:
            assert {one.date_time for one in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert package.testzip() is None

    def test_it_is_of_the_moment_of_the_minutes(self) -> None:
        later = datetime(2025, 6, 3, tzinfo=UTC)
        about = opened(replace(PAPER, corrected=[Corrected(1, "改", None, later)])).core_properties
        assert (about.created, about.modified) == (JUNE, later)
        assert (about.title, about.author) == ("甲议事会第3次会议纪要", "甲议事会")
        bare = opened(replace(PAPER, signed=[], corrected=[])).core_properties
        assert bare.modified == JUNE

    def test_every_style_names_a_chinese_font_and_no_themes(self) -> None:
        document = opened(PAPER)
        for name, (font, _) in STYLES.items():
            fonts = document.styles[name].element.rPr.rFonts
            assert fonts.get(qn("w:eastAsia")) == font
            assert not [slot for slot in fonts.attrib if slot.endswith("Theme")]

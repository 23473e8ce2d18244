"""Papers as .docx (文书): the Markdown of minutes as headings and lists, then what stands under it.

Of the text nothing is left out: what `services.meetings.minutes` doesn't write is shown as it
stands. Signatures and corrections are tables, which no text can make. The same state gives the
same bytes.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Doc
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from services.meetings.minutes import when
from services.meetings.papers import Paper

LATIN, SONG, FANG_SONG, HEI = "Times New Roman", "宋体", "仿宋", "黑体"
# Each style: its Chinese font, its size in points. A text has them by these names alone.
STYLES = {
    "Normal": (FANG_SONG, 14), "Title": (SONG, 20), "Heading 1": (HEI, 16), "Heading 2": (HEI, 14),
    "Heading 3": (HEI, 14), "Footer": (SONG, 8),
}  # fmt: skip
HEADINGS = ("Title", "Heading 1", "Heading 2", "Heading 3")
BULLETS = ("List Bullet", "List Bullet 2", "List Bullet 3")
# Numbers are of the text that was signed: Word must not count anew.
NUMBERED = ("List", "List 2", "List 3")
LINE = re.compile(r"(?P<in> *)(?:(?P<heading>#{1,6})|(?P<bullet>[-*+])|(?P<number>\d{1,9}[.)])) +")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# What XML can't say (XML 1.0, 2.2).
UNSAYABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The columns of what stands under the text, and their widths in centimetres.
SIGNED = {"席位": 3.0, "签字人": 3.6, "时间": 3.0, "所签文本的 SHA-256": 6.4}
CORRECTED = {"序号": 1.4, "更正人": 3.0, "时间": 3.0, "内容": 8.6}


def docx(paper: Paper) -> bytes:
    """The paper as a .docx."""
    document = Document()
    _dress(document, paper)
    _text(document, paper.text)
    if paper.signed:
        rows = [
            (one.party, f"{one.person}\n{one.post}", when(one.at), one.sha256)
            for one in paper.signed
        ]
        _table(document, "签字", SIGNED, rows)
    if paper.corrected:
        corrections = [
            (str(one.seq), one.person or "—", when(one.at), one.text) for one in paper.corrected
        ]
        _table(document, "更正", CORRECTED, corrections)
    made = BytesIO()
    document.save(made)
    return _settled(made.getvalue())


def _dress(document: Doc, paper: Paper) -> None:
    """Page, fonts, footer, and what a file says of itself."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    for name, (font, size) in STYLES.items():
        _dress_style(document.styles[name], font, size)
    for language in document.styles.element.xpath("w:docDefaults//w:lang"):
        language.set(qn("w:eastAsia"), "zh-CN")
    document.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    state = "已签齐" if paper.is_final else "未签齐"
    section.footer.paragraphs[0].text = f"SHA-256 {paper.sha256}　{state}"
    about = document.core_properties
    about.title, about.author, about.comments = _said(paper.title), _said(paper.council), ""
    about.language = "zh-CN"
    about.created = paper.drafted_at.astimezone(UTC)
    about.modified = paper.changed_at.astimezone(UTC)


def _dress_style(style: ParagraphStyle, font: str, size: int) -> None:
    """A font of its own for Chinese: the theme's, which would come first, is taken out."""
    style.font.size, style.font.color.rgb = Pt(size), RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.attrib.clear()
    for slot in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(slot), LATIN)
    fonts.set(qn("w:eastAsia"), font)


def _text(document: Doc, text: str) -> None:
    """Each line a paragraph; a list is as deep as it is indented below others."""
    end = document.add_paragraph("（以上为纪要全文）")
    styles = {name: document.styles[name].style_id for name in (*HEADINGS, *BULLETS, *NUMBERED)}
    above: list[int] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        mark = LINE.match(line)
        said, style = _line(line, mark, above)
        # Put before one that stands at the end, its style by its id: added to the body or styled
        # by name, each paragraph would look through all of them.
        paragraph = end.insert_paragraph_before(_said(ESCAPED.sub(r"\1", said)))
        paragraph._p.style = styles.get(style)


def _line(line: str, mark: re.Match[str] | None, above: list[int]) -> tuple[str, str]:
    """What a line says, and in which style; `above` are the indents of the lists that it is in."""
    if mark is None or mark["heading"]:
        above.clear()
        if mark is None:
            return line, "Normal"
        return line[mark.end() :], HEADINGS[min(len(mark["heading"]), len(HEADINGS)) - 1]
    deep = len(mark["in"])
    while above and above[-1] >= deep:
        above.pop()
    above.append(deep)
    styles = NUMBERED if mark["number"] else BULLETS
    number = f"{mark['number']} " if mark["number"] else ""
    return number + line[mark.end() :], styles[min(len(above), len(styles)) - 1]


def _table(
    document: Doc, title: str, columns: Mapping[str, float], rows: Sequence[tuple[str, ...]]
) -> None:
    document.add_heading(title, 1)
    table = document.add_table(0, len(columns), "Table Grid")
    table.autofit = False
    for row in (tuple(columns), *rows):
        for cell, said, width in zip(table.add_row().cells, row, columns.values(), strict=True):
            cell.width, cell.text = Cm(width), _said(said)
            for run in cell.paragraphs[0].runs:
                run.font.size = Pt(10)


def _said(text: str) -> str:
    return UNSAYABLE.sub("\ufffd", text)


def _settled(made: bytes) -> bytes:
    """The same package without the moment at which it was packed (python-docx, issue 1042)."""
    settled = BytesIO()
    with ZipFile(BytesIO(made)) as package, ZipFile(settled, "w") as again:
        for name in package.namelist():
            again.writestr(ZipInfo(name), package.read(name), ZIP_DEFLATED)
    return settled.getvalue()

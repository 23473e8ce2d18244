"""What a file is (查验内容): said by its bytes alone, never by its name or by who sends it.

A program of its own: decoders of foreign pictures run where there is no key, no database and little
memory, and can be stopped. It reads the bytes from standard input, answers a line of JSON, then
what is to be kept. Every picture is made anew, a PDF stays as it is or is refused. Asked for a
table, it takes nothing but a spreadsheet, and answers its cells: no formula runs, no macro is kept.
"""

import csv
import json
import resource
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from typing import Any

MOST_MEMORY = 1 << 30
MOST_SECONDS = 20
MOST_PIXELS = 64_000_000
# A JPEG is decoded at a fraction of its size, where it is that large.
MOST_OF_A_JPEG = 120_000_000
LONGEST_SIDE = 2560
QUALITY = 88
WHITE = (255, 255, 255)
PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
JPEG, PDF = b"\xff\xd8\xff", b"%PDF-"
OTHERS = (b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
CLEAR = ("P", "PA", "LA", "La", "RGBa")
ORIENTATION = 0x0112
TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
    7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
# What in a PDF acts by itself, carries another file, or talks to somebody.
ACTING = frozenset({"/JS", "/JavaScript", "/AA", "/XFA", "/EmbeddedFiles", "/EF"})
KINDS = {
    "/S": frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE",
                     "/Rendition", "/RichMediaExecute", "/Movie", "/Sound"}),
    "/Subtype": frozenset({"/RichMedia", "/FileAttachment", "/Movie", "/3D", "/Sound"}),
}  # fmt: skip
TABLE = "table"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Of a workbook's parts, unpacked; a table of 60,000 rows has a tenth of it.
MOST_UNPACKED = 300_000_000
MOST_CELLS = 6_000_000
# Of what is answered: one long text, kept once in a workbook, may stand in each of its cells.
MOST_ANSWERED = 100_000_000
DELIMITERS = ",;\t"
# The lines by which a text's delimiter is told.
FIRST_LINES = 20
# A double has no more whole digits than this: what has is no longer the number that was typed.
EXACT = 10**15


class Unfit(Exception):
    """Why a file is refused: `kind`, `damaged`, `pixels`, `acting`, `locked`, `large` or `empty`;
    and what is so.
    """

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(reason)
        self.reason, self.what = reason, what


def examine(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What the bytes are, and what of them is kept; `Unfit` where nothing is."""
    if data.startswith(PDF):
        _check_pdf(data)
        return {"media_type": "application/pdf"}, data
    if not _is_picture(data):
        raise Unfit("kind")
    kept, size = _made_anew(data)
    return {"media_type": "image/jpeg", "width": size[0], "height": size[1]}, kept


def tabulate(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The cells of a spreadsheet's first sheet that has any: a list for each row, from the first
    on. What is merged stands in each of its cells.
    """
    if data.startswith((ZIP, OLE)):
        _check_unpacked(data)
        sheet, sheets, rows = _of_workbook(data)
    else:
        sheet, sheets, rows = "", 1, _of_text(data)
    if not any(rows):
        raise Unfit("empty")
    answered = json.dumps(rows, ensure_ascii=False).encode()
    if len(answered) > MOST_ANSWERED:
        raise Unfit("large")
    return {"sheet": sheet, "sheets": sheets}, answered


def _check_unpacked(data: bytes) -> None:
    """What says that it unpacks to more than it may isn't unpacked; what lies meets the limits."""
    if data.startswith(ZIP):
        try:
            with zipfile.ZipFile(BytesIO(data)) as parts:
                unpacked = sum(part.file_size for part in parts.infolist())
                names = parts.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            raise Unfit("damaged") from None
        if not any(name.startswith("xl/") for name in names):
            raise Unfit("kind")
        if unpacked > MOST_UNPACKED:
            raise Unfit("large")


def _of_workbook(data: bytes) -> tuple[str, int, list[list[Any]]]:
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(BytesIO(data))
        shown = [one.name for one in book.sheets_metadata
                 if one.visible is calamine.SheetVisibleEnum.Visible
                 and one.typ is calamine.SheetTypeEnum.WorkSheet]  # fmt: skip
        full = [sheet for sheet in map(book.get_sheet_by_name, shown) if sheet.total_height]
        if not full:
            raise Unfit("empty")
        sheet = full[0]
        if (sheet.total_height + 1) * (sheet.total_width + 1) > MOST_CELLS:
            raise Unfit("large")
        rows = [[_cell(one) for one in row] for row in sheet.to_python(skip_empty_area=False)]
        _fill(rows, sheet.merged_cell_ranges or ())
    except calamine.PasswordError:
        raise Unfit("locked") from None
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, ValueError):
        raise Unfit("damaged") from None
    return sheet.name, len(full), [_ended(row) for row in rows]


def _fill(rows: list[list[Any]], merged: Any) -> None:
    """Each merged cell has the value of the first."""
    for (top, left), (bottom, right) in merged:
        below = rows[top : bottom + 1]
        value = below[0][left] if below and left < len(below[0]) else None
        for row in below:
            for place in range(left, min(right + 1, len(row))):
                row[place] = value


def _cell(value: Any) -> Any:
    """A value as JSON has it: text, a number, or nothing; a day as it is written in ISO 8601."""
    match value:
        case "" | None:
            return None
        case bool():
            return str(value).upper()
        case float():
            return int(value) if value.is_integer() and abs(value) < EXACT else value
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return value


def _ended(row: list[Any]) -> list[Any]:
    """Without what is empty at its end."""
    last = max((place for place, one in enumerate(row, 1) if one is not None), default=0)
    return row[:last]


def _of_text(data: bytes) -> list[list[Any]]:
    """Rows of text: in UTF-8, UTF-16 with its mark, or as Chinese spreadsheets save it (GB 18030).

    Whatever is written there stays text: no number is made of it.
    """
    text = _decoded(data)
    if any(one < " " and one not in "\r\n\t" for one in text):
        raise Unfit("kind")
    first = text.split("\n", FIRST_LINES)[:FIRST_LINES]
    counts = {one: sum(line.count(one) for line in first) for one in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda one: counts[one])
    csv.field_size_limit(1 << 20)
    try:
        read = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=False)
        rows = [_ended([one if one.strip() else None for one in row]) for row in read]
    except csv.Error:
        raise Unfit("damaged") from None
    if sum(map(len, rows)) > MOST_CELLS:
        raise Unfit("large")
    return rows


def _decoded(data: bytes) -> str:
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unfit("kind")


def _is_picture(data: bytes) -> bool:
    """Whether they begin as a picture does; then it is one, or a damaged one."""
    if data.startswith((JPEG, *OTHERS)):
        return True
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return True
    return data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS


def _made_anew(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """The picture as a JPEG of its pixels and nothing else, upright, on white where it is clear."""
    from pi_heif import register_heif_opener
    from PIL import Image

    register_heif_opener(thumbnails=False, decode_threads=1)
    Image.MAX_IMAGE_PIXELS = MOST_OF_A_JPEG
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(BytesIO(data), formats=PICTURES) as sent:
            _check_pixels(sent.width, sent.height, is_jpeg=data.startswith(JPEG))
            picture = _pixels_of(sent)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unfit("pixels") from None
    except (MemoryError, Unfit):
        raise
    except Exception:
        # Each decoder has errors of its own for what isn't as it should be.
        raise Unfit("damaged") from None
    made = BytesIO()
    picture.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue(), picture.size


def _check_pixels(width: int, height: int, *, is_jpeg: bool) -> None:
    if width * height > (MOST_OF_A_JPEG if is_jpeg else MOST_PIXELS):
        raise Unfit("pixels")


def _pixels_of(sent: Any) -> Any:
    """A new picture, so that nothing of what stood beside the pixels comes along."""
    from PIL import Image

    orientation = _orientation(sent)
    sent.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    sent.load()
    whole = sent
    if whole.mode.startswith("I"):
        whole = whole.convert("I").point(lambda value: value / 256).convert("L")
    if whole.mode in CLEAR or "transparency" in sent.info:
        whole = whole.convert("RGBA")
    whole.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clear = whole if whole.mode == "RGBA" else None
    anew = Image.new("RGB", whole.size, WHITE)
    anew.paste(whole if clear else whole.convert("RGB"), (0, 0), clear)
    turn = TURNS.get(orientation)
    return anew.transpose(Image.Transpose[turn]) if turn else anew


def _orientation(sent: Any) -> int:
    """Which way up the camera says that it is; a note that can't be read says nothing."""
    try:
        return int(sent.getexif().get(ORIENTATION, 1))
    except Exception:
        return 1


def _check_pdf(data: bytes) -> None:
    """A PDF that does nothing, and is whole: it is kept as it is, so that a signature in it holds.

    A broken table is refused, as every reader mends it in a way of its own.
    """
    import pikepdf

    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise Unfit("locked")
            if not len(pdf.pages):
                raise Unfit("damaged")
            for what in _acting([pdf.trailer, *pdf.objects]):
                raise Unfit("acting", what)
    except pikepdf.PasswordError:
        raise Unfit("locked") from None
    except (MemoryError, Unfit):
        raise
    except Exception:
        raise Unfit("damaged") from None


def _acting(waiting: list[Any]) -> Iterator[str]:
    """What acts, in any object of the file, whether or not something leads to it."""
    import pikepdf

    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Array):
            waiting += [each for each in one if _is_direct(each)]
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            for name, value in one.items():
                kind = str(value) if isinstance(value, pikepdf.Name) else ""
                if name in ACTING or kind in KINDS.get(name, ()):
                    yield kind or name
                if _is_direct(value):
                    waiting.append(value)


def _is_direct(value: Any) -> bool:
    """Whether it stands inside of its object; others have their own turn."""
    import pikepdf

    return isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect


def main() -> None:
    """Read, examine, answer; the limits are set before the first byte is looked at."""
    asked: Callable[[bytes], tuple[dict[str, Any], bytes]]
    asked = tabulate if TABLE in sys.argv[1:] else examine
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kept = b""
    try:
        found, kept = asked(sys.stdin.buffer.read())
    except Unfit as unfit:
        found = {"unfit": unfit.reason, "what": unfit.what}
    except MemoryError:
        found = {"unfit": "toil", "what": ""}
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n" + kept)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

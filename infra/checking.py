"""Checking (查验): bytes that came are looked at in a process of their own, a few at a time.

What decodes foreign pictures may crash, hang or be taken over: there it has no key, no database,
little memory and little time, and its end is a refusal.
"""

import asyncio
import hashlib
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from infra import content
from services.errors import Refused
from services.files import Content

PROGRAM = str(Path(content.__file__).resolve())
SECONDS = 30
# By these a picture's libraries would find more to do than they are asked for.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}

log = logging.getLogger("sanfang")


class FileKindRefused(Refused, status=415):
    """不接受这种文件，无论叫什么名字。接受的有：JPEG、PNG、WebP、GIF、HEIC 图片和 PDF。
    Files of this kind aren't taken, whatever their name: JPEG, PNG, WebP, GIF, HEIC and PDF are.
    """


class FileDamaged(Refused, status=422):
    """文件不完整或已损坏，请重新导出或拍摄后再上传。
    The file is damaged or not whole. Export it or take it again, then upload it.
    """


class PictureTooLarge(Refused, status=422):
    """图片的像素太多，上限约为 {limit} 百万像素。请缩小后再上传。
    The picture has too many pixels; about {limit} million are the most. Make it smaller.
    """


class DocumentActs(Refused, status=422):
    """PDF 里有会自动执行或夹带文件的内容（{what}）。请打印成新的 PDF 后再上传。
    The PDF holds what acts by itself or carries other files ({what}). Print it to a new PDF first.
    """


class DocumentLocked(Refused, status=422):
    """PDF 设有密码或加密，请去掉后再上传。
    The PDF is encrypted or has a password. Take that off first.
    """


class FileTooLaborious(Refused, status=422):
    """查验这个文件用时或占用内存过多，请缩小后再上传。
    Looking at this file took too much time or memory. Make it smaller.
    """


class TableKindRefused(Refused, status=415):
    """这里只接受表格：xlsx、xls 或 csv，无论叫什么名字。
    Only tables are taken here, whatever their name: xlsx, xls or csv.
    """


class TableTooLarge(Refused, status=422):
    """表格太大：展开后超过上限。请分成几个文件，或删去表外的空行空列。
    The table is too large once unpacked. Divide it, or delete what lies far outside of it.
    """


class TableEmpty(Refused, status=422):
    """表格里没有内容，或内容在隐藏的工作表里。
    There is nothing in the table, or only in hidden sheets.
    """


@dataclass(frozen=True, slots=True)
class Table:
    """The first sheet that has anything, of so many that have; a list of cells for each row."""

    sheet: str
    sheets: int
    rows: list[list[Any]]


class Checker:
    """Looks at so many files at a time."""

    def __init__(self, at_once: int) -> None:
        self._turn = asyncio.Semaphore(at_once)

    async def check(self, sent: IO[bytes], original_sha256: str) -> tuple[Content, bytes]:
        """What the file is, and the bytes to keep; `Refused` where none are."""
        found, kept = await self._looked_at(sent)
        return _content(found, kept, original_sha256), kept

    async def tabulate(self, sent: IO[bytes]) -> Table:
        """The cells of a spreadsheet; `Refused` where it is none."""
        try:
            found, cells = await self._looked_at(sent, content.TABLE)
        except FileKindRefused:
            raise TableKindRefused() from None
        rows = await asyncio.to_thread(json.loads, cells)
        return Table(found["sheet"], found["sheets"], rows)

    async def _looked_at(self, sent: IO[bytes], *asked: str) -> tuple[dict[str, Any], bytes]:
        async with self._turn:
            status, answer = await _run(sent, *asked)
        head, _, kept = answer.partition(b"\n")
        if status:
            log.warning("a check of content ended with %s", status)
            raise FileTooLaborious() if status < 0 else FileDamaged()
        found: dict[str, Any] = json.loads(head)
        if "unfit" in found:
            raise _refusal(found["unfit"], found["what"])
        return found, kept


async def _run(sent: IO[bytes], *asked: str) -> tuple[int, bytes]:
    """The program's end and what it wrote; it is killed where it doesn't end, or nobody waits."""
    sent.seek(0)
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-I", PROGRAM, *asked, stdin=sent, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env=ENVIRONMENT, close_fds=True, cwd=os.sep,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            answer, _ = await running.communicate()
    except TimeoutError:
        return -1, b""
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    return running.returncode or 0, answer


def _refusal(reason: str, what: str) -> Refused:
    match reason:
        case "kind":
            return FileKindRefused()
        case "pixels":
            return PictureTooLarge(limit=content.MOST_PIXELS // 1_000_000)
        case "acting":
            return DocumentActs(what=what)
        case "locked":
            return DocumentLocked()
        case "toil":
            return FileTooLaborious()
        case "large":
            return TableTooLarge()
        case "empty":
            return TableEmpty()
        case _:
            return FileDamaged()


def _content(found: dict[str, Any], kept: bytes, original_sha256: str) -> Content:
    return Content(
        found["media_type"], len(kept), hashlib.sha256(kept).hexdigest(), original_sha256,
        found.get("width"), found.get("height"),
    )  # fmt: skip

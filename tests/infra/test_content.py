"""Content: said by the bytes alone; pictures made anew, a PDF as it is, all else refused."""

import asyncio
import hashlib
import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from infra import checking
from infra.checking import (
    Checker,
    DocumentActs,
    DocumentLocked,
    FileDamaged,
    FileKindRefused,
    FileTooLaborious,
    PictureTooLarge,
)
from services.errors import Refused
from services.files import Content
from tests.infra import samples

HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BLUE, RED = (20, 20, 220), (200, 30, 30)
PICTURES = {
    "jpeg": samples.jpeg(),
    "png": samples.png(),
    "grey png": samples.png("LA"),
    "palette png": samples.png("P"),
    "webp": samples.webp(),
    "gif": samples.gif(),
    "heic": samples.HEIC,
}


async def checked(data: bytes) -> tuple[Content, bytes]:
    with tempfile.TemporaryFile() as sent:
        sent.write(data)
        return await Checker(1).check(sent, hashlib.sha256(data).hexdigest())


async def refused(data: bytes, refusal: type[Refused]) -> Refused:
    with pytest.raises(refusal) as raised:
        await checked(data)
    return raised.value


def opened(kept: bytes) -> Image.Image:
    picture = Image.open(BytesIO(kept), formats=["JPEG"])
    picture.load()
    return picture


def is_like(pixel: object, colour: tuple[int, ...]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 30 for one, other in zip(pixel, colour, strict=True))


class TestPictures:
    @pytest.mark.parametrize("name", PICTURES)
    async def test_each_comes_out_as_a_jpeg_with_nothing_but_its_pixels(self, name: str) -> None:
        sent = PICTURES[name]
        content, kept = await checked(sent)
        picture = opened(kept)
        assert (content.media_type, content.size) == ("image/jpeg", len(kept))
        assert (content.width, content.height) == picture.size
        assert content.sha256 == hashlib.sha256(kept).hexdigest()
        assert content.original_sha256 == hashlib.sha256(sent).hexdigest()
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not [secret for secret in samples.SECRETS if secret in kept]

    async def test_the_samples_do_hold_a_place(self) -> None:
        for sent in (samples.jpeg(), samples.png(), samples.webp()):
            with Image.open(BytesIO(sent)) as picture:
                assert picture.getexif().get_ifd(samples.GPS)[1] == "N"
            assert b"SECRETMAKER" in sent

    @pytest.mark.parametrize("name", [name for name in PICTURES if "grey" not in name])
    async def test_its_colours_stay(self, name: str) -> None:
        picture = opened((await checked(PICTURES[name]))[1])
        right = picture.width - 3
        assert is_like(picture.getpixel((2, 9)), BLUE)
        assert is_like(picture.getpixel((right, 9)), RED)

    async def test_a_picture_taken_sideways_is_turned_upright(self) -> None:
        content, kept = await checked(samples.jpeg((480, 320), orientation=6))
        assert (content.width, content.height) == (320, 480)
        picture = opened(kept)
        assert is_like(picture.getpixel((9, 2)), BLUE)
        assert is_like(picture.getpixel((9, 470)), RED)

    async def test_a_large_one_is_made_smaller(self) -> None:
        content, _ = await checked(samples.jpeg((6000, 3000)))
        assert (content.width, content.height) == (2560, 1280)

    async def test_what_is_clear_is_white(self) -> None:
        assert opened((await checked(samples.clear()))[1]).getpixel((5, 5)) == (255, 255, 255)

    async def test_sixteen_bits_are_eight(self) -> None:
        made = BytesIO()
        Image.new("I;16", (10, 10), 0x8000).save(made, "PNG")
        pixel = opened((await checked(made.getvalue()))[1]).getpixel((5, 5))
        assert is_like(pixel, (128, 128, 128))

    async def test_what_hangs_on_behind_a_picture_is_left_behind(self) -> None:
        for sent in (samples.png() + HTML, samples.jpeg() + HTML, samples.gif() + b"PK\x03\x04zip"):
            _, kept = await checked(sent)
            assert b"script" not in kept
            assert b"PK\x03\x04" not in kept

    async def test_the_same_bytes_come_out_the_same(self) -> None:
        assert await checked(samples.jpeg()) == await checked(samples.jpeg())


class TestDocuments:
    async def test_a_pdf_is_kept_to_the_byte(self) -> None:
        sent = samples.pdf()
        content, kept = await checked(sent)
        assert kept == sent
        assert (content.media_type, content.width) == ("application/pdf", None)
        assert content.sha256 == content.original_sha256

    @pytest.mark.parametrize("name", samples.acting_pdfs())
    async def test_one_that_does_something_is_refused(self, name: str) -> None:
        await refused(samples.acting_pdfs()[name], DocumentActs)

    async def test_a_locked_one_is_refused(self) -> None:
        await refused(samples.locked_pdf(), DocumentLocked)

    async def test_one_that_others_would_have_to_mend_is_refused(self) -> None:
        whole = samples.pdf()
        for sent in (
            whole[: len(whole) // 2],
            b"%PDF-1.7\n" + HTML,
            whole.replace(b"startxref", b"startxerf"),
        ):
            await refused(sent, FileDamaged)


class TestRefusals:
    @pytest.mark.parametrize(
        "sent",
        [b"", b"a", b"hello, I am a.jpg", HTML, SVG, b"MZ\x90\x00", b"PK\x03\x04" + bytes(99),
         b" " + samples.pdf(), HTML + samples.png(), b"II*\x00" + bytes(99), b"BM" + bytes(99)],
        ids=["nothing", "a letter", "a text", "a page", "an svg", "a program", "an archive",
             "a pdf behind a blank", "a picture behind a page", "a tiff", "a bitmap"],
    )  # fmt: skip
    async def test_other_kinds_are_refused(self, sent: bytes) -> None:
        await refused(sent, FileKindRefused)

    @pytest.mark.parametrize("name", PICTURES)
    async def test_a_picture_cut_short_is_refused(self, name: str) -> None:
        sent = PICTURES[name]
        for length in (len(sent) // 2, 16):
            await refused(sent[:length], FileDamaged)

    async def test_a_picture_that_would_grow_beyond_measure_is_refused(self) -> None:
        for side in (9_000, 50_000):
            sent = samples.bomb(side)
            assert len(sent) < 100_000
            assert (await refused(sent, PictureTooLarge)).facts == {"limit": 64}

    async def test_one_of_no_known_end_is_stopped(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        endless = tmp_path / "endless.py"
        endless.write_text("while True: pass")
        monkeypatch.setattr(checking, "PROGRAM", str(endless))
        monkeypatch.setattr(checking, "SECONDS", 0.5)
        await refused(samples.jpeg(), FileTooLaborious)

    async def test_what_brings_the_program_down_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        program = tmp_path / "falls.py"
        monkeypatch.setattr(checking, "PROGRAM", str(program))
        program.write_text("import os; os.kill(os.getpid(), 11)")
        await refused(samples.jpeg(), FileTooLaborious)
        program.write_text("raise ValueError")
        await refused(samples.jpeg(), FileDamaged)

    async def test_so_many_are_looked_at_at_a_time(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        log, program = tmp_path / "log", tmp_path / "slow.py"
        program.write_text(
            f"import time\nlog = open({str(log)!r}, 'a', buffering=1)\n"
            "log.write('(\\n')\ntime.sleep(0.1)\nlog.write(')\\n')\n"
            'print(\'{"unfit": "kind", "what": ""}\')'
        )
        monkeypatch.setattr(checking, "PROGRAM", str(program))
        checker = Checker(1)
        with tempfile.TemporaryFile() as sent:
            checks = [checker.check(sent, "") for _ in range(3)]
            ends = await asyncio.gather(*checks, return_exceptions=True)
        assert [type(end) for end in ends] == [FileKindRefused] * 3
        assert log.read_text().split() == ["(", ")"] * 3

    async def test_the_program_has_none_of_our_environment(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SANFANG_MASTER_KEY", "secret")
        program = tmp_path / "tells.py"
        program.write_text(
            "import json, os\nprint(json.dumps({'unfit': 'acting', 'what': ','.join(os.environ)}))"
        )
        monkeypatch.setattr(checking, "PROGRAM", str(program))
        told = (await refused(samples.jpeg(), DocumentActs)).facts["what"]
        assert "SANFANG" not in told

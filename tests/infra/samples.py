"""Files as they are sent: with what a camera writes beside the pixels, and some that mean harm."""

import base64
import struct
import zlib
from io import BytesIO

import pikepdf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

# What stands beside the pixels of each picture here, and must not come out again.
SECRETS = (b"SECRETMAKER", b"SECRETCOMMENT", b"SECRETXMP", b"SECRETTEXT", b"Exif", b"ICC_PROFILE")
GPS, MAKER, ORIENTATION = 0x8825, 0x010F, 0x0112
PLACE = {1: "N", 2: (27.0, 57.0, 30.0), 3: "E", 4: (116.0, 21.0, 30.0)}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRETXMP</x:xmpmeta>'
# Red on the right, blue on the left, 48 by 32, with a place; there is no free encoder to make one.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
    "AAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAACkAAgAAAAACCwABAAAAAAAAAH4AAAA4aWluZgAAAAAA"
    "AgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADd"
    "aXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAq"
    "QgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQAN"
    "AAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEHBp"
    "eGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAr21kYXQA"
    "AAAlKAGvE4DlMff/3RJEHY7I+dksErLxOf+tFy5qjv4Sw+soo9pz8AAAAAZFeGlmAABNTQAqAAAACAADAQ8AAgAAAAwA"
    "AAAyARIAAwAAAAEAAQAAiCUABAAAAAEAAAA+AAAAAFNFQ1JFVE1BS0VSAAACAAEAAgAAAAJOAAAAAAIABQAAAAMAAABc"
    "AAAAAAAAABsAAAABAAAAOQAAAAEAAAAeAAAAAQ=="
)


def exif(orientation: int = 1) -> bytes:
    """A camera's notes: its maker, which way up, and where."""
    notes = Image.Exif()
    notes[MAKER], notes[ORIENTATION] = "SECRETMAKER", orientation
    notes.get_ifd(GPS).update(PLACE)
    return notes.tobytes()


def halves(size: tuple[int, int] = (480, 320), mode: str = "RGB") -> Image.Image:
    """Blue on the left, red on the right."""
    picture = Image.new("RGB", size, (200, 30, 30))
    picture.paste((20, 20, 220), (0, 0, size[0] // 2, size[1]))
    return picture.convert(mode)


def jpeg(size: tuple[int, int] = (480, 320), orientation: int = 1, **options: object) -> bytes:
    """As a telephone sends it."""
    made = BytesIO()
    halves(size).save(
        made, "JPEG", exif=exif(orientation), comment=b"SECRETCOMMENT", xmp=XMP, **options
    )
    return made.getvalue()


def png(mode: str = "RGBA") -> bytes:
    """With texts beside the pixels."""
    made, texts = BytesIO(), PngInfo()
    texts.add_text("Comment", "SECRETTEXT")
    halves(mode=mode).save(made, "PNG", pnginfo=texts, exif=exif())
    return made.getvalue()


def clear() -> bytes:
    """A picture that is all transparent, over black."""
    made = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(made, "PNG")
    return made.getvalue()


def webp() -> bytes:
    """With a camera's notes."""
    made = BytesIO()
    halves().save(made, "WEBP", exif=exif(), xmp=XMP)
    return made.getvalue()


def gif() -> bytes:
    """Two frames, the second all white."""
    made = BytesIO()
    second = Image.new("P", (480, 320), 1)
    halves(mode="P").save(made, "GIF", save_all=True, append_images=[second], comment=b"SECRETTEXT")
    return made.getvalue()


def bomb(side: int = 50_000) -> bytes:
    """A small PNG that says that it is large, and is: nothing, over and over."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side // 8 + 1) * 2_000, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND")


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def pdf(**catalogue: object) -> bytes:
    """A page; what else is given stands in the document's catalogue."""
    made = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        for name, value in catalogue.items():
            document.Root[f"/{name}"] = value
        document.save(made, deterministic_id=True)
    return made.getvalue()


def acting_pdfs() -> dict[str, bytes]:
    """PDFs that do something when they are opened, or carry something."""
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
    carried = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=pikepdf.Array([])))
    deep = pikepdf.Array([pikepdf.Dictionary(A=pikepdf.Dictionary(Deep=script))])
    return {
        "a script on opening": pdf(OpenAction=script),
        "a program on opening": pdf(OpenAction=launch),
        "another file": pdf(Names=carried),
        "a script deep within": pdf(Outlines=deep),
        "a form with a program": pdf(AcroForm=pikepdf.Dictionary(XFA="x")),
    }


def locked_pdf() -> bytes:
    """A PDF with a password."""
    made = BytesIO()
    with pikepdf.open(BytesIO(pdf())) as document:
        document.save(made, encryption=pikepdf.Encryption(user="u", owner="o"))
    return made.getvalue()

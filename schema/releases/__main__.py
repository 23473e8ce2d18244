"""`make release`: the present schema becomes the one that the coming release is held to.

What breaks and isn't said in CHANGELOG.md stops it, as it stops the tests.
"""

import sys
from pathlib import Path

from schema import sdl
from schema.releases import Changes, NothingComing, last, release
from services import clock

CHANGELOG = Path("CHANGELOG.md")


def main() -> None:
    """Compare, keep, and say what is left to do."""
    changes, said = Changes.between(last(), sdl()), CHANGELOG.read_text(encoding="utf-8")
    wrong = changes.unlisted(said) + changes.stale(said)
    if wrong:
        sys.exit("\n".join(("CHANGELOG.md, Breaking:", *wrong)))
    for line in ("Dangerous:", *changes.dangerous) if changes.dangerous else ():
        print(line)
    try:
        kept = release(CHANGELOG, sdl(), clock.today())
    except NothingComing as missing:
        sys.exit(str(missing))
    print(
        f"已写入 {kept.name}，CHANGELOG.md 已标日期；请把 pyproject.toml 的版本号改为下一版。\n"
        f"{kept.name} is kept and CHANGELOG.md dated; now set the next version in pyproject.toml."
    )


if __name__ == "__main__":
    main()

"""The command line's two languages: every sentence is written in both and said in the one chosen.

What goes wrong ends the command with one sentence that says what to do, never with a traceback.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from infra.settings import Language, Settings
from services.errors import Refused

T = TypeVar("T")
IS_ENGLISH = os.environ.get("SANFANG_LANG", Language.zh) == Language.en
LANGUAGE = Language.en if IS_ENGLISH else Language.zh


def say(zh: str, en: str) -> str:
    """The sentence in the chosen language."""
    return en if IS_ENGLISH else zh


def fail(zh: str, en: str) -> NoReturn:
    """Say what is wrong and end the command."""
    print(say(f"错误：{zh}", f"Error: {en}"), file=sys.stderr)
    raise SystemExit(1)


def load_settings() -> Settings:
    """The settings of the environment, or a sentence for each that is wrong."""
    try:
        return Settings()
    except ValidationError as refused:
        wrong = [
            f"SANFANG_{error['loc'][0]}".upper() + f": {error['msg']}" for error in refused.errors()
        ]
    listed = "\n  ".join(line.replace("SANFANG_SANFANG_", "SANFANG_") for line in wrong)
    fail(f"设置不正确：\n  {listed}", f"settings are wrong:\n  {listed}")


def settled() -> Settings:
    """The settings, where there are data already: whoever asks from another folder makes no new."""
    settings = load_settings()
    if settings.database_url is None and not (settings.data_dir / "pg").exists():
        here = settings.data_dir.absolute()
        fail(
            f"{here} 里没有数据。请在项目目录里运行，或用 SANFANG_DATA_DIR 指明数据所在；"
            "还没有数据时先运行 make demo 或 sanfang serve。",
            f"there are no data in {here}. Run this in the project's folder or name the data's by"
            " SANFANG_DATA_DIR; where there are none yet, run make demo or sanfang serve first.",
        )
    return settings


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run what a command does; a refusal or an unreachable database becomes a sentence."""
    import uvloop
    from asyncpg import InterfaceError, PostgresError

    from infra.embedded import EmbeddedError

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except Refused as refused:
        fail(refused.message("zh"), refused.message("en"))
    except EmbeddedError as failed:
        fail(f"内嵌数据库没能启动：{failed}", f"the embedded database did not start: {failed}")
    except (OSError, PostgresError, InterfaceError) as failed:
        why = str(failed) or repr(failed)
        fail(f"数据库不可用：{why}", f"the database can't be used: {why}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None

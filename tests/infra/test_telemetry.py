"""What a line of the log may hold, and the page of numbers."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from infra import telemetry
from infra.settings import LogFormat, Settings


@pytest.fixture
def restored() -> Iterator[None]:
    """The root logger as the suite had it."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("restored")
class TestLog:
    def test_what_may_hold_a_secret_is_struck_out(self, capsys: pytest.CaptureFixture[str]) -> None:
        telemetry.configure(Settings(log_format=LogFormat.json))
        logger = structlog.get_logger("infra.tried")
        logger.info("试验", phone="13800000000", Password="hidden", seconds=1)
        line = json.loads(capsys.readouterr().err)
        assert (line["phone"], line["Password"], line["seconds"]) == ("***", "***", 1)
        assert line["event"] == "试验"

    def test_a_librarys_chatter_is_not_ours(self, capsys: pytest.CaptureFixture[str]) -> None:
        telemetry.configure(Settings(log_format=LogFormat.json))
        logging.getLogger("casbin.policy").info("m = …")
        logging.getLogger("sqlalchemy.pool").warning("lost")
        (line,) = capsys.readouterr().err.splitlines()
        assert json.loads(line)["event"] == "lost"


class TestPage:
    def test_it_counts(self) -> None:
        telemetry.REFUSALS.labels("FORBIDDEN").inc()
        body, kind = telemetry.page()
        assert b'sanfang_refusals_total{code="FORBIDDEN"}' in body
        assert kind.startswith("text/plain")

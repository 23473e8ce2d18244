"""Telemetry (运行观测): one line a thing that happened, and the numbers behind /metrics.

A log line names no person: what could hold a phone number, a password or a token is struck out
whoever wrote it. No number is kept by county, of which there may be thousands.
"""

import logging
import sys

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from structlog.typing import EventDict, Processor, WrappedLogger

from infra.settings import LogFormat, Settings

REQUESTS = Counter(
    "sanfang_requests_total",
    "Requests answered, by kind (read, command, push, sign_in) and outcome (ok, refused, failed).",
    ["kind", "outcome"],
)
SECONDS = Histogram(
    "sanfang_request_seconds",
    "How long a request took, by kind.",
    ["kind"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
REFUSALS = Counter("sanfang_refusals_total", "Refusals, by their code.", ["code"])
STALE = Counter("sanfang_stale_authority_total", "Times that an authority had to be read anew.")
STREAMS = Gauge("sanfang_streams", "Subscriptions open at this moment.")
READY = Gauge("sanfang_ready", "Whether the database answered when it was last asked.")
JOBS = Counter("sanfang_jobs_total", "Looks of the clock at a county, by outcome.", ["outcome"])
BEHIND = Gauge("sanfang_clock_behind_seconds", "How late the look is that waits longest.")

SECRET = frozenset(
    {"phone", "identity_number", "password", "token", "secret", "authorization", "variables"}
)
STRUCK = "***"
OURS = ("infra", "schema", "services", "policies")


def configure(settings: Settings) -> None:
    """Send structlog's lines and those of the libraries through the same road to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        strike_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_ending(settings.log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger(name).propagate = True


def strike_secrets(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Whatever stands under a name that may hold a secret is struck out."""
    return {key: STRUCK if key.lower() in SECRET else value for key, value in line.items()}


def page() -> tuple[bytes, str]:
    """The numbers as Prometheus reads them, and their content type."""
    return generate_latest(), CONTENT_TYPE_LATEST


def _ending(wanted: LogFormat) -> list[Processor]:
    if wanted is LogFormat.json:
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    plain = structlog.dev.plain_traceback
    is_terminal = sys.stderr.isatty()
    return [structlog.dev.ConsoleRenderer(colors=is_terminal, exception_formatter=plain)]

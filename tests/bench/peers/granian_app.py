"""The service itself for another server than Uvicorn: the same application, the same settings."""

from infra import telemetry
from infra.server import create_app
from infra.settings import Settings

settings = Settings()
telemetry.configure(settings)
app = create_app(settings)

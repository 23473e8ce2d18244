"""Audits (审计): events sealed so that nothing of them changes unseen, for whoever looks."""

from services.audits.exports import AuditExport, AuditExportPart, export
from services.audits.heads import AuditHead, AuditKey, EventLeaf
from services.audits.retention import RetentionRules
from services.audits.revealing import RevealedEvent, reveal
from services.audits.sampling import AuditSample, sample

__all__ = [
    "AuditExport",
    "AuditExportPart",
    "AuditHead",
    "AuditKey",
    "AuditSample",
    "EventLeaf",
    "RetentionRules",
    "RevealedEvent",
    "export",
    "reveal",
    "sample",
]

"""Audits (审计): events sealed so that nothing of them changes unseen, for whoever looks."""

from services.audits.heads import AuditHead, AuditKey, EventLeaf

__all__ = ["AuditHead", "AuditKey", "EventLeaf"]

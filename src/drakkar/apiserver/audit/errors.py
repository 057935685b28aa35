"""What may keep a server from auditing."""

from __future__ import annotations


class AuditError(Exception):
    """There can be no audit log so; the text says why."""


class UnwritableError(AuditError):
    """The log cannot be written; the text says why."""


class PolicyFileError(AuditError):
    """The file holds no audit policy; the text says why."""

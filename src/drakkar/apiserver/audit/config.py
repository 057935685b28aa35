"""What a server's flags say of its audit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.audit.errors import UnwritableError
from drakkar.apiserver.audit.event import json_line, legacy_line
from drakkar.apiserver.audit.files import KEEPING, Keeping, LogFile, StandardOutput
from drakkar.apiserver.audit.log import AuditLog
from drakkar.apiserver.audit.policy import AuditPolicy
from drakkar.apiserver.audit.webhook import Webhook, WebhookOutput

FORMATS: Final = {"json": json_line, "legacy": legacy_line}


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """A policy, and where its events go; the path `-` is the standard output, and there may be none. `form` is one of
    FORMATS."""

    policy: AuditPolicy
    path: str
    form: str = "json"
    keeping: Keeping = KEEPING
    webhook: Webhook | None = None

    def open(self) -> Auditor:
        """Begin to audit; UnwritableError where the file cannot be opened."""
        logs = []
        if self.path:
            try:
                output = StandardOutput() if self.path == "-" else LogFile(Path(self.path), self.keeping)
            except OSError as failure:
                raise UnwritableError(f"the audit log cannot be opened: {failure}") from None
            logs.append(AuditLog(output, FORMATS[self.form]))
        if self.webhook is not None:
            logs.append(AuditLog(WebhookOutput(self.webhook), json_line, pace=self.webhook.pace))
        return Auditor(self.policy, *logs)

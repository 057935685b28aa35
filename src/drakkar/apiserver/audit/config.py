"""What a server's flags say of its audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.audit.errors import UnwritableError
from drakkar.apiserver.audit.event import Event, json_line, legacy_line
from drakkar.apiserver.audit.files import KEEPING, Keeping, LogFile, StandardOutput
from drakkar.apiserver.audit.log import AuditLog, Pace
from drakkar.apiserver.audit.policy import AuditPolicy
from drakkar.apiserver.audit.truncation import Truncation, truncating
from drakkar.apiserver.audit.webhook import Webhook, WebhookOutput

FORMATS: Final[dict[str, Callable[[Event], bytes]]] = {"json": json_line, "legacy": legacy_line}


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """A policy, and where its events go; the path `-` is the standard output, and there may be none. `form` is one of
    FORMATS; what is written to the path is cut by `truncation` where there is one."""

    policy: AuditPolicy
    path: str
    form: str = "json"
    keeping: Keeping = KEEPING
    webhook: Webhook | None = None
    truncation: Truncation | None = None

    def open(self) -> Auditor:
        """Begin to audit; UnwritableError where the file cannot be opened."""
        logs = []
        if self.path:
            try:
                output = StandardOutput() if self.path == "-" else LogFile(Path(self.path), self.keeping)
            except OSError as failure:
                raise UnwritableError(f"the audit log cannot be opened: {failure}") from None
            form, pace = FORMATS[self.form], Pace()
            if self.truncation is not None:
                form, pace = truncating(form, self.truncation.event), Pace(self.truncation.batch)
            logs.append(AuditLog(output, form, pace=pace))
        if self.webhook is not None:
            logs.append(AuditLog(WebhookOutput(self.webhook), json_line, pace=self.webhook.pace))
        return Auditor(self.policy, *logs)

"""The flags of kube-apiserver that say what is written to the audit log, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from drakkar.apiserver.audit.config import AuditConfig

PolicyFile = Annotated[
    Path | None, typer.Option(help="An audit.k8s.io/v1 Policy; without one nothing is audited.")
]
LogPath = Annotated[
    str, typer.Option(help="Where audit events are written; '-' is standard output.", metavar="FILE")
]
LogFormat = Annotated[str, typer.Option(help="json or legacy.")]
MaxSize = Annotated[
    int, typer.Option(min=0, help="Megabytes after which the audit log begins anew; 0 for never.")
]
MaxBackup = Annotated[int, typer.Option(min=0, help="Old audit logs that are kept; 0 for all of them.")]
MaxAge = Annotated[int, typer.Option(min=0, help="Days that old audit logs are kept; 0 for ever.")]


class Kept(NamedTuple):
    """Megabytes of a file, files of before, and days."""

    megabytes: int
    backups: int
    days: int


def read(policy: Path | None, path: str, form: str, kept: Kept) -> AuditConfig | None:
    """What is audited; None where nothing is, and the command ends for what cannot be."""
    from drakkar.apiserver.audit.config import FORMATS, AuditConfig
    from drakkar.apiserver.audit.files import Keeping
    from drakkar.apiserver.audit.policy_file import PolicyFileError
    from drakkar.apiserver.audit.policy_file import read as read_policy

    if form not in FORMATS:
        raise typer.BadParameter(
            f"{form!r} is none of {', '.join(sorted(FORMATS))}", param_hint="--audit-log-format"
        )
    if policy is None:
        return None
    try:
        found = read_policy(policy)
    except PolicyFileError as failure:
        raise typer.BadParameter(
            f"loading audit policy file: {failure}", param_hint="--audit-policy-file"
        ) from None
    return AuditConfig(found, path, form, Keeping(*kept)) if path else None

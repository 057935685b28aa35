"""The flags of kube-apiserver that say what is written to the audit log, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from drakkar.cli.durations import seconds

if TYPE_CHECKING:
    from drakkar.apiserver.audit.config import AuditConfig
    from drakkar.apiserver.audit.webhook import Webhook

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


WebhookConfig = Annotated[
    Path | None, typer.Option(help="A kubeconfig of a webhook that is sent all audit events.")
]
MaxWait = Annotated[
    str,
    typer.Option(metavar="DURATION", help="How long an audit event waits for others that are sent with it."),
]
BatchSize = Annotated[int, typer.Option(min=1, help="Audit events that are sent at once.")]
BufferSize = Annotated[
    int,
    typer.Option(min=1, help="Audit events that may wait to be sent; further ones are lost, which is said."),
]
Backoff = Annotated[
    str, typer.Option(metavar="DURATION", help="After how long a webhook for audit events is asked again.")
]


class Sent(NamedTuple):
    """A webhook's kubeconfig, how many events it is sent at once, after how long, how many may wait, and when it is asked
    again; durations as the flags have them."""

    config: Path | None
    events: int
    wait: str
    waiting: int
    backoff: str


class Kept(NamedTuple):
    """Megabytes of a file, files of before, and days."""

    megabytes: int
    backups: int
    days: int


def read(policy: Path | None, path: str, form: str, kept: Kept, sent: Sent) -> AuditConfig | None:
    """What is audited; None where nothing is, and the command ends for what cannot be."""
    from drakkar.apiserver.audit.config import FORMATS, AuditConfig
    from drakkar.apiserver.audit.errors import PolicyFileError
    from drakkar.apiserver.audit.files import Keeping
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
    hook = _webhook(sent)
    return AuditConfig(found, path, form, Keeping(*kept), hook) if path or hook else None


def _webhook(sent: Sent) -> Webhook | None:
    from drakkar.apiserver.audit.webhook import webhook
    from drakkar.client.errors import AccessError

    wait = seconds(sent.wait, "--audit-webhook-batch-max-wait")
    backoff = seconds(sent.backoff, "--audit-webhook-initial-backoff")
    if sent.config is None:
        return None
    try:
        return webhook(sent.config, sent.events, wait, sent.waiting, backoff)
    except AccessError as failure:
        raise typer.BadParameter(str(failure), param_hint="--audit-webhook-config-file") from None

"""The flags of kube-apiserver that say what is written to the audit log, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from drakkar.cli.durations import seconds

if TYPE_CHECKING:
    from drakkar.apiserver.audit.config import AuditConfig
    from drakkar.apiserver.audit.truncation import Truncation
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
Compress = Annotated[
    bool, typer.Option("--audit-log-compress", help="Compress old audit logs by gzip.", show_default=False)
]
BATCH = "batch"
Mode = Annotated[
    str, typer.Option(help="batch: no request waits until its events are written. There is no other one.")
]
VERSION = "audit.k8s.io/v1"
Version = Annotated[str, typer.Option(help="Of the events: audit.k8s.io/v1, the only one.")]
Truncate = Annotated[
    bool,
    typer.Option(
        "--audit-log-truncate-enabled",
        help="Events that are too large lose what was sent and answered.",
        show_default=False,
    ),
]
MaxEventSize = Annotated[int, typer.Option(help="Bytes that an event may have where they are truncated.")]
MaxBatchSize = Annotated[int, typer.Option(help="Bytes that are written at once where they are truncated.")]


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
    """Megabytes of a file, files of before, days, and whether those of before are compressed."""

    megabytes: int
    backups: int
    days: int
    compress: bool


class Written(NamedTuple):
    """How events come to the log, in which version, whether they are truncated, and the bytes of one and of a batch then."""

    mode: str
    version: str
    truncate: bool
    event: int
    batch: int


def read(
    policy: Path | None, path: str, form: str, kept: Kept, written: Written, sent: Sent
) -> AuditConfig | None:
    """What is audited; None where nothing is, and the command ends for what cannot be."""
    from drakkar.apiserver.audit.config import FORMATS, AuditConfig
    from drakkar.apiserver.audit.errors import PolicyFileError
    from drakkar.apiserver.audit.files import Keeping
    from drakkar.apiserver.audit.policy_file import read as read_policy

    if form not in FORMATS:
        raise typer.BadParameter(
            f"{form!r} is none of {', '.join(sorted(FORMATS))}", param_hint="--audit-log-format"
        )
    cut = _truncation(written)
    if policy is None:
        return None
    try:
        found = read_policy(policy)
    except PolicyFileError as failure:
        raise typer.BadParameter(
            f"loading audit policy file: {failure}", param_hint="--audit-policy-file"
        ) from None
    hook = _webhook(sent)
    return AuditConfig(found, path, form, Keeping(*kept), hook, cut) if path or hook else None


def _truncation(written: Written) -> Truncation | None:
    """How events are truncated; None where they are not. The command ends for what there is not."""
    from drakkar.apiserver.audit.truncation import Truncation

    if written.mode in ("blocking", "blocking-strict"):
        said = (
            f"{written.mode!r} cannot be had: no request waits here until its events are written; {BATCH} is"
        )
        raise typer.BadParameter(said, param_hint="--audit-log-mode")
    for given, allowed, flag in (
        (written.mode, BATCH, "--audit-log-mode"),
        (written.version, VERSION, "--audit-log-version"),
    ):
        if given != allowed:
            raise typer.BadParameter(f"{given!r} is not {allowed}", param_hint=flag)
    if written.event <= 0:
        raise typer.BadParameter(
            f"{written.event} is no positive number", param_hint="--audit-log-truncate-max-event-size"
        )
    if written.batch < written.event:
        said = f"{written.batch} is less than one event may have ({written.event})"
        raise typer.BadParameter(said, param_hint="--audit-log-truncate-max-batch-size")
    return Truncation(written.event, written.batch) if written.truncate else None


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

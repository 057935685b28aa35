"""`drakkar apiserver`: the API server alone, with flags named like kube-apiserver's."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli import admission, audit, gates
from drakkar.cli.durations import seconds
from drakkar.cli.part import run_part
from drakkar.cluster.supervisor import REFUSED


def apiserver(
    data_dir: Annotated[Path, typer.Option(help="Where objects are kept.")],
    client_ca_file: Annotated[
        Path | None, typer.Option(exists=True, help="Signs the clients' certificates.")
    ] = None,
    tls_cert_file: Annotated[Path | None, typer.Option(exists=True)] = None,
    tls_private_key_file: Annotated[Path | None, typer.Option(exists=True)] = None,
    service_account_signing_key_file: Annotated[Path | None, typer.Option(exists=True)] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Make a damaged --data-dir usable, say what had to be dropped, and end."
        ),
    ] = False,
    secure_port: Annotated[int, typer.Option(min=1, max=65535)] = 6443,
    bind_address: Annotated[str, typer.Option(help="Loopback unless you say otherwise.")] = "127.0.0.1",
    kubelet_client_certificate: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            help="Who the server is when it asks a kubelet for logs and exec; good for nothing at the server itself.",
        ),
    ] = None,
    kubelet_client_key: Annotated[Path | None, typer.Option(exists=True)] = None,
    kubelet_certificate_authority: Annotated[
        Path | None, typer.Option(exists=True, help="Signs the kubelets' certificates; unchecked without it.")
    ] = None,
    max_requests_inflight: Annotated[
        int, typer.Option(min=1, help="Reads that may be under way; more are told to try again (429).")
    ] = 400,
    max_mutating_requests_inflight: Annotated[int, typer.Option(min=1, help="The same for writes.")] = 200,
    max_connections: Annotated[
        int, typer.Option(min=1, help="In all; as many as the process may have files at most.")
    ] = 16_000,
    event_ttl: Annotated[str, typer.Option(help="How long events stay.", metavar="DURATION")] = "1h",
    admission_control_config_file: admission.ConfigFile = None,
    enable_admission_plugins: admission.Enabled = "",
    disable_admission_plugins: admission.Disabled = "",
    audit_policy_file: audit.PolicyFile = None,
    audit_log_path: audit.LogPath = "",
    audit_log_format: audit.LogFormat = "json",
    audit_log_maxsize: audit.MaxSize = 100,
    audit_log_maxbackup: audit.MaxBackup = 100,
    audit_log_maxage: audit.MaxAge = 366,
    audit_log_compress: audit.Compress = False,
    audit_log_mode: audit.Mode = audit.BATCH,
    audit_log_version: audit.Version = audit.VERSION,
    audit_log_truncate_enabled: audit.Truncate = False,
    audit_log_truncate_max_event_size: audit.MaxEventSize = 102_400,
    audit_log_truncate_max_batch_size: audit.MaxBatchSize = 10_485_760,
    audit_webhook_config_file: audit.WebhookConfig = None,
    audit_webhook_batch_max_size: audit.BatchSize = 400,
    audit_webhook_batch_max_wait: audit.MaxWait = "30s",
    audit_webhook_batch_buffer_size: audit.BufferSize = 10_000,
    audit_webhook_initial_backoff: audit.Backoff = "10s",
    feature_gates: gates.FeatureGates = "",
) -> None:
    """Serve the API until SIGTERM."""
    if repair:
        _repair(data_dir)
        return
    from drakkar.apiserver.audit.errors import UnwritableError
    from drakkar.apiserver.connections.limits import Limits
    from drakkar.apiserver.http.server import ServerConfig, run
    from drakkar.apiserver.storage.errors import DamagedError, InUseError

    config = ServerConfig(
        data_dir=data_dir,
        port=secure_port,
        client_ca_file=_given(client_ca_file, "--client-ca-file"),
        tls_cert_file=_given(tls_cert_file, "--tls-cert-file"),
        tls_private_key_file=_given(tls_private_key_file, "--tls-private-key-file"),
        service_account_signing_key_file=_given(
            service_account_signing_key_file, "--service-account-signing-key-file"
        ),
        bind_address=bind_address,
        kubelet_client_certificate=kubelet_client_certificate,
        kubelet_client_key=kubelet_client_key,
        kubelet_certificate_authority=kubelet_certificate_authority,
        feature_gates=gates.read(feature_gates),
        limits=Limits(
            connections=max_connections,
            reads_in_flight=max_requests_inflight,
            writes_in_flight=max_mutating_requests_inflight,
        ),
        event_ttl=datetime.timedelta(seconds=seconds(event_ttl, "--event-ttl")),
        admission=admission.read(
            admission_control_config_file, enable_admission_plugins, disable_admission_plugins
        ),
        audit=audit.read(
            audit_policy_file,
            audit_log_path,
            audit_log_format,
            audit.Kept(audit_log_maxsize, audit_log_maxbackup, audit_log_maxage, audit_log_compress),
            audit.Written(
                audit_log_mode,
                audit_log_version,
                audit_log_truncate_enabled,
                audit_log_truncate_max_event_size,
                audit_log_truncate_max_batch_size,
            ),
            audit.Sent(
                audit_webhook_config_file,
                audit_webhook_batch_max_size,
                audit_webhook_batch_max_wait,
                audit_webhook_batch_buffer_size,
                audit_webhook_initial_backoff,
            ),
        ),
    )
    try:
        run_part(lambda stop: run(config, stop))
    except (DamagedError, InUseError, UnwritableError) as failure:
        typer.echo(f"error: {failure}", err=True)
        # Nothing gets better by another start on damaged files, but another server may end.
        raise typer.Exit(REFUSED if isinstance(failure, DamagedError) else 1) from None


def _given(path: Path | None, option: str) -> Path:
    if path is None:
        raise typer.BadParameter("it is needed to serve", param_hint=option)
    return path


def _repair(data_dir: Path) -> None:
    from drakkar.apiserver.http.server import DATABASE
    from drakkar.apiserver.storage.errors import InUseError
    from drakkar.apiserver.storage.repair import repair

    if not data_dir.is_dir():
        raise typer.BadParameter(f"{data_dir} is not a directory", param_hint="--data-dir")
    try:
        for line in repair(data_dir / DATABASE).lines():
            typer.echo(line)
    except (InUseError, OSError) as failure:
        typer.echo(f"error: {failure}", err=True)
        raise typer.Exit(1) from None

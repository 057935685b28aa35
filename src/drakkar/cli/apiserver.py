"""`drakkar apiserver`: the API server alone, with flags named like kube-apiserver's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli.part import run_part


def apiserver(
    data_dir: Annotated[Path, typer.Option(help="Where objects are kept.")],
    client_ca_file: Annotated[Path, typer.Option(exists=True, help="Signs the clients' certificates.")],
    tls_cert_file: Annotated[Path, typer.Option(exists=True)],
    tls_private_key_file: Annotated[Path, typer.Option(exists=True)],
    service_account_signing_key_file: Annotated[Path, typer.Option(exists=True)],
    secure_port: Annotated[int, typer.Option(min=1, max=65535)] = 6443,
    bind_address: Annotated[str, typer.Option(help="Loopback unless you say otherwise.")] = "127.0.0.1",
    kubelet_client_certificate: Annotated[
        Path | None,
        typer.Option(exists=True, help="Who the server is when it asks a kubelet for logs and exec."),
    ] = None,
    kubelet_client_key: Annotated[Path | None, typer.Option(exists=True)] = None,
    kubelet_certificate_authority: Annotated[
        Path | None, typer.Option(exists=True, help="Signs the kubelets' certificates; unchecked without it.")
    ] = None,
    feature_gates: Annotated[str, typer.Option(help="DRA's gates, as DRAListTypeAttributes=true,...")] = "",
) -> None:
    """Serve the API until SIGTERM."""
    from drakkar.apiserver import device_gates
    from drakkar.apiserver.http import ServerConfig, run

    try:
        gates = device_gates.parse(feature_gates)
    except ValueError as failure:
        raise typer.BadParameter(str(failure), param_hint="--feature-gates") from None
    config = ServerConfig(
        data_dir=data_dir,
        port=secure_port,
        client_ca_file=client_ca_file,
        tls_cert_file=tls_cert_file,
        tls_private_key_file=tls_private_key_file,
        service_account_signing_key_file=service_account_signing_key_file,
        bind_address=bind_address,
        kubelet_client_certificate=kubelet_client_certificate,
        kubelet_client_key=kubelet_client_key,
        kubelet_certificate_authority=kubelet_certificate_authority,
        feature_gates=gates,
    )

    run_part(lambda stop: run(config, stop))

"""`drakkar kubelet`: the agent of one node, with flags named like kubelet's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli import gates
from drakkar.cli.part import run_part


def kubelet(
    node_name: Annotated[str, typer.Option(help="The node's name in the cluster.")],
    root_dir: Annotated[Path, typer.Option(help="Where the node keeps everything.")],
    client_ca_file: Annotated[Path, typer.Option(exists=True, help="Signs the API server's certificate.")],
    tls_cert_file: Annotated[Path, typer.Option(exists=True)],
    tls_private_key_file: Annotated[Path, typer.Option(exists=True)],
    kubeconfig: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="As kubectl finds one, if not given.")
    ] = None,
    address: Annotated[str, typer.Option(help="Loopback unless you say otherwise.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    hidden_dir: Annotated[
        list[Path] | None,
        typer.Option(help="A directory that no container may see, beside the root directory; repeatable."),
    ] = None,
    service_proxy_kubeconfig: Annotated[
        Path | None,
        typer.Option(
            help="Serve the node ports of services on this machine, with the access of a kube-proxy."
        ),
    ] = None,
    feature_gates: gates.FeatureGates = "",
) -> None:
    """Run a node's pods until SIGTERM; its containers run on, and the next start takes them over."""
    from drakkar.client import Client
    from drakkar.kubelet.config import KubeletConfig
    from drakkar.kubelet.errors import NodeTakenError
    from drakkar.kubelet.run import run
    from drakkar.private_file import UnsafeFileError

    config = KubeletConfig(
        node_name=node_name,
        root_dir=root_dir.resolve(),
        client_ca_file=client_ca_file,
        tls_cert_file=tls_cert_file,
        tls_private_key_file=tls_private_key_file,
        kubeconfig=kubeconfig,
        address=address,
        port=port,
        service_proxy=service_proxy_kubeconfig,
        hidden_dirs=tuple(hidden_dir or ()),
        gates=gates.read(feature_gates),
    )

    async def serve(stop: asyncio.Event) -> None:
        async with Client.from_kubeconfig(kubeconfig) as client:
            await run(client, config, stop)

    try:
        run_part(serve)
    except (NodeTakenError, UnsafeFileError) as error:
        typer.echo(f"drakkar: {error}", err=True)
        raise typer.Exit(2) from None

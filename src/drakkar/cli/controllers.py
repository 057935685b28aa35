"""`drakkar controllers`: the controllers alone, against any cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli import gates, leading
from drakkar.cli.part import run_part


def controllers(
    kubeconfig: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="As kubectl finds one, if not given.")
    ] = None,
    root_ca_file: Annotated[
        Path | None, typer.Option(help="What pods get to trust the API server; else the kubeconfig's CA.")
    ] = None,
    feature_gates: gates.FeatureGates = "",
    leader_elect: leading.LeaderElect = True,
    leader_elect_lease_duration: leading.LeaseDuration = "15s",
    leader_elect_renew_deadline: leading.RenewDeadline = "10s",
    leader_elect_retry_period: leading.RetryPeriod = "2s",
    leader_elect_resource_name: leading.ResourceName = "kube-controller-manager",
    leader_elect_resource_namespace: leading.ResourceNamespace = "kube-system",
    leader_elect_resource_lock: leading.ResourceLock = "leases",
    leader_elect_identity: leading.Identity = None,
) -> None:
    """Make pods for workloads and claims for pods, and clear away what is over, until SIGTERM."""
    from drakkar.client import Client
    from drakkar.client.kubeconfig import authority
    from drakkar.controllers import run

    election = leading.election(
        leader_elect_resource_name,
        leader_elect_resource_namespace,
        leader_elect_identity,
        leader_elect_lease_duration,
        leader_elect_renew_deadline,
        leader_elect_retry_period,
        leader_elect_resource_lock,
    )

    on = gates.read(feature_gates)

    async def serve(stop: asyncio.Event) -> None:
        async def work(client: Client) -> None:
            root_ca = root_ca_file.read_bytes() if root_ca_file else authority(kubeconfig)
            await run(client, stop, root_ca, on)

        await leading.serve_leading(kubeconfig, election if leader_elect else None, stop, work)

    run_part(serve)

"""`drakkar scheduler`: the scheduler alone, against any cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli import gates, leading
from drakkar.cli.part import run_part


def scheduler(
    kubeconfig: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="As kubectl finds one, if not given.")
    ] = None,
    compat: Annotated[
        str | None,
        typer.Option(
            metavar="1.37", help="Allocate devices as Kubernetes of this version does, its quirks included."
        ),
    ] = None,
    scheduler_name: Annotated[
        str, typer.Option(help="What a pod's schedulerName must be for this one to place it.")
    ] = "default-scheduler",
    feature_gates: gates.FeatureGates = "",
    leader_elect: leading.LeaderElect = True,
    leader_elect_lease_duration: leading.LeaseDuration = "15s",
    leader_elect_renew_deadline: leading.RenewDeadline = "10s",
    leader_elect_retry_period: leading.RetryPeriod = "2s",
    leader_elect_resource_name: leading.ResourceName = "kube-scheduler",
    leader_elect_resource_namespace: leading.ResourceNamespace = "kube-system",
    leader_elect_resource_lock: leading.ResourceLock = "leases",
    leader_elect_identity: leading.Identity = None,
) -> None:
    """Place pods and allocate devices until SIGTERM."""
    from drakkar.allocator.compat import Quirks
    from drakkar.client import Client
    from drakkar.scheduler import run

    election = leading.election(
        leader_elect_resource_name,
        leader_elect_resource_namespace,
        leader_elect_identity,
        leader_elect_lease_duration,
        leader_elect_renew_deadline,
        leader_elect_retry_period,
        leader_elect_resource_lock,
    )

    try:
        Quirks.of(compat)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--compat") from None

    on = gates.read(feature_gates)

    async def serve(stop: asyncio.Event) -> None:
        async def work(client: Client) -> None:
            await run(client, stop, compat, scheduler_name, on)

        await leading.serve_leading(kubeconfig, election if leader_elect else None, stop, work)

    run_part(serve)

"""`drakkar simulated`: many nodes on which nothing runs, in one process, against any cluster."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli import gates
from drakkar.cli.part import run_part


def simulated(
    nodes: Annotated[int, typer.Option(min=0, max=5000, help="How many nodes; more of them are removed.")],
    devices: Annotated[
        int, typer.Option(min=0, max=1024, help="Devices a node, like the example driver's.")
    ] = 8,
    kubeconfig: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="As kubectl finds one, if not given.")
    ] = None,
    cpu: Annotated[str, typer.Option(help="CPUs a node.")] = "64",
    memory: Annotated[str, typer.Option(help="Memory a node.")] = "512Gi",
    max_pods: Annotated[int, typer.Option(min=1, help="Pods a node.")] = 110,
    feature_gates: gates.FeatureGates = "",
) -> None:
    """Keep nodes Ready whose pods only say that they run, until SIGTERM; the nodes stay in the API."""
    from drakkar.api.quantity import Quantity
    from drakkar.client import Client
    from drakkar.drivers.example.devices import enumerate_gpus
    from drakkar.drivers.example.gpu_driver import DRIVER_NAME
    from drakkar.kubelet.errors import NodeTakenError
    from drakkar.kubelet.node import lock as node_lock
    from drakkar.kubelet.simulated.nodes import SimulatedConfig
    from drakkar.kubelet.simulated.run import run_simulated

    for option, text in (("--cpu", cpu), ("--memory", memory)):
        try:
            Quantity.parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=option) from None
    config = SimulatedConfig(
        count=nodes,
        driver=DRIVER_NAME,
        devices=lambda node: enumerate_gpus(devices, node),
        cpu=cpu,
        memory=memory,
        max_pods=max_pods,
        gates=gates.read(feature_gates),
    )

    async def serve(stop: asyncio.Event) -> None:
        lock = None if kubeconfig is None else node_lock.take_simulated(kubeconfig)
        try:
            async with Client.from_kubeconfig(kubeconfig) as client:
                await run_simulated(client, config, stop)
        finally:
            if lock is not None:
                os.close(lock)

    try:
        run_part(serve)
    except NodeTakenError as error:
        typer.echo(f"drakkar: {error}", err=True)
        raise typer.Exit(2) from None

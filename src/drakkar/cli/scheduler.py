"""`drakkar scheduler`: the scheduler alone, against any cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli.part import run_part


def scheduler(
    kubeconfig: Annotated[Path | None, typer.Option(help="As kubectl finds one, if not given.")] = None,
    compat: Annotated[
        str | None,
        typer.Option(
            metavar="1.37", help="Allocate devices as Kubernetes of this version does, its quirks included."
        ),
    ] = None,
) -> None:
    """Place pods and allocate devices until SIGTERM."""
    from drakkar.allocator.compat import Quirks
    from drakkar.client import Client
    from drakkar.scheduler import run

    try:
        Quirks.of(compat)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--compat") from None

    async def serve(stop: asyncio.Event) -> None:
        async with Client.from_kubeconfig(kubeconfig) as client:
            await run(client, stop, compat)

    run_part(serve)

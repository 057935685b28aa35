"""`drakkar scheduler`: the scheduler alone, against any cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from drakkar.cli.part import run_part


def scheduler(
    kubeconfig: Annotated[Path | None, typer.Option(help="As kubectl finds one, if not given.")] = None,
) -> None:
    """Place pods and allocate devices until SIGTERM."""
    from drakkar.client import Client
    from drakkar.scheduler import run

    async def serve(stop: asyncio.Event) -> None:
        async with Client.from_kubeconfig(kubeconfig) as client:
            await run(client, stop)

    run_part(serve)

"""`drakkar demo`: a cluster comes up, the lab runs on it step by step, and everything goes again."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

import drakkar
from drakkar.cluster.errors import CommandError, NotUpError, StepError
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.cluster.lab.stage import Stage
from drakkar.cluster.lab.steps import STEPS


def manifests() -> Path:
    """Where the lab's manifests lie: in the installed package, or beside the sources."""
    package = Path(drakkar.__file__).parent
    installed = package / "examples" / "lab"
    return installed if installed.exists() else package.parents[1] / "examples" / "lab"


def _play(stage: Stage) -> bool:
    """Every step until one fails; whether all of them held."""
    began = time.monotonic()
    for number, step in enumerate(STEPS, 1):
        typer.echo(f"\n== {number}. {step.__doc__}")
        start = time.monotonic()
        try:
            step(stage)
        except (StepError, CommandError) as error:
            typer.echo(f"  FAILED: {error}", err=True)
            return False
        except LookupError as error:
            # What the server answered lacks a field that has to be there.
            typer.echo(f"  FAILED: the answer has no {error}", err=True)
            return False
        typer.echo(f"  ({time.monotonic() - start:.1f} s)")
    typer.echo(f"\nall {len(STEPS)} steps, {stage.checks} checks, {time.monotonic() - began:.1f} s")
    return True


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the cluster up at the end, or where a step failed.")
    ] = False,
) -> None:
    """Run the DRA lab on a cluster of its own; exit code 0 only if every step showed what it must."""
    directory = Path(tempfile.mkdtemp(prefix="drakkar-demo-"))
    cluster = OwnCluster(directory / "state", directory)
    began = time.monotonic()
    held = False
    try:
        try:
            cluster.up("--without=driver")
        except NotUpError as error:
            typer.echo(f"drakkar: {error}", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"cluster up after {time.monotonic() - began:.1f} s")
        stage = cluster.stage(manifests(), typer.echo)
        if not stage.kubectl.real:
            typer.echo("kubectl is not on PATH: a stand-in of Drakkar's asks the same API")
        held = _play(stage)
    finally:
        if keep:
            typer.echo(f"left up: export KUBECONFIG={cluster.state / 'kubeconfig'}")
            typer.echo(f"end it with: drakkar down --purge --state={cluster.state}")
        else:
            cluster.down()
            shutil.rmtree(directory, ignore_errors=True)
            typer.echo("everything is down again")
    raise typer.Exit(0 if held else 1)

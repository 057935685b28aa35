"""`drakkar demo`: a cluster comes up, the lab runs on it step by step, and everything goes again."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

import drakkar
from drakkar.cluster.lab.kubectl import CommandFailed, Kubectl
from drakkar.cluster.lab.stage import Stage, StepFailed
from drakkar.cluster.lab.steps import STEPS


def manifests() -> Path:
    """Where the lab's manifests lie: in the installed package, or beside the sources."""
    package = Path(drakkar.__file__).parent
    installed = package / "examples" / "lab"
    return installed if installed.exists() else package.parents[1] / "examples" / "lab"


def _drakkar(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "drakkar", *arguments], check=False).returncode


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the cluster up at the end, or where a step failed.")
    ] = False,
) -> None:
    """Run the DRA lab on a cluster of its own; exit code 0 only if every step showed what it must."""
    directory = Path(tempfile.mkdtemp(prefix="drakkar-demo-"))
    state = directory / "state"
    began = time.monotonic()
    failed = False
    try:
        code = _drakkar("up", f"--state={state}", "--detach", "--without=driver")
        if code != 0:
            raise typer.Exit(code)
        typer.echo(f"cluster up after {time.monotonic() - began:.1f} s")
        kubectl = Kubectl(state / "kubeconfig", directory)
        if not kubectl.real:
            typer.echo("kubectl is not on PATH: a stand-in of Drakkar's asks the same API")
        stage = Stage(kubectl, manifests(), state, typer.echo)
        lab = time.monotonic()
        for number, step in enumerate(STEPS, 1):
            typer.echo(f"\n== {number}. {step.__doc__}")
            start = time.monotonic()
            try:
                step(stage)
            except (StepFailed, CommandFailed, LookupError) as error:
                failed = True
                typer.echo(
                    f"  FAILED: {error!r}" if isinstance(error, LookupError) else f"  FAILED: {error}",
                    err=True,
                )
                break
            typer.echo(f"  ({time.monotonic() - start:.1f} s)")
        if not failed:
            typer.echo(f"\nall {len(STEPS)} steps, {stage.checks} checks, {time.monotonic() - lab:.1f} s")
    finally:
        if keep:
            typer.echo(
                f"left up: export KUBECONFIG={state / 'kubeconfig'}; end it with drakkar down --state={state}"
            )
        else:
            _drakkar("down", f"--state={state}")
            shutil.rmtree(directory, ignore_errors=True)
    raise typer.Exit(1 if failed else 0)

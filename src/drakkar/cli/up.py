"""`drakkar up`, `down` and `status`: one cluster on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from drakkar.cli import gates
from drakkar.cluster import kubeconfig, running
from drakkar.cluster.errors import ClusterError, StateError
from drakkar.cluster.state import StateDirectory, default_directory
from drakkar.private_file import UnsafeFileError
from drakkar.stopping import stopped_by

_DETACH_LIMIT = 100.0
_DOWN_LIMIT = 60.0
# What is told in a line, without a traceback.
_FAULTS = (ClusterError, UnsafeFileError)

State = Annotated[
    Path,
    typer.Option(
        "--state", metavar="DIR", help="Where the cluster lives.", default_factory=default_directory
    ),
]


def _fail(message: str) -> typer.Exit:
    typer.echo(f"drakkar: {message}", err=True)
    return typer.Exit(2)


def _parts(value: str | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(name for name in value.split(",") if name)


async def _foreground(state: StateDirectory, wanted: running.Wanted) -> None:
    stop = stopped_by()
    began = time.monotonic()

    def tell(step: str) -> None:
        print(f"{time.monotonic() - began:6.2f} s  {step}", flush=True)

    await running.run(state, wanted, stop, tell)


def _detached(directory: StateDirectory, wanted: running.Wanted) -> None:
    """Leave the cluster to a process of its own, show what it says until it is ready, and return."""
    directory.make()
    if directory.supervisor() is not None:
        # Before its log is begun anew.
        raise directory.taken()
    log = directory.path / "up.log"
    with log.open("wb") as out:
        # Everything is imported by now: a fork has it at once, where another command would begin from nothing.
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _stay(directory, wanted, out.fileno())
    shown = 0
    end = time.monotonic() + _DETACH_LIMIT
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        text = log.read_text(errors="replace")
        # Only whole lines: the last one may still be in the writing.
        whole = text.rfind("\n") + 1
        typer.echo(text[shown:whole], nl=False)
        shown = whole
        if ended:
            raise typer.Exit(os.waitstatus_to_exitcode(status) or 1)
        if any(line.endswith("  ready") for line in text[:whole].splitlines()):
            return
        if time.monotonic() > end:
            os.kill(child, signal.SIGTERM)
            raise _fail(f"not ready after {_DETACH_LIMIT:g} s; see {log} and {directory.logs}")
        time.sleep(0.02)


def _stay(directory: StateDirectory, wanted: running.Wanted, log: int) -> NoReturn:
    """Be the cluster's own process, with no terminal, until it is told to end."""
    status = 1
    try:
        os.setsid()
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
        for number in (1, 2):
            os.dup2(log, number)
        try:
            asyncio.run(_foreground(directory, wanted))
            status = 0
        except _FAULTS as error:
            typer.echo(f"drakkar: {error}", err=True)
            status = 2
        except BaseException:
            traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # What is left on the way up belongs to the process that this one was forked from.
        os._exit(status)


def up(
    state: State,
    kubeconfig_file: Annotated[
        Path | None,
        typer.Option("--kubeconfig", metavar="FILE", help="Also put the cluster's access into this file."),
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The API server's port.")] = None,
    nodes: Annotated[int | None, typer.Option(help="How many nodes run pods.")] = None,
    simulated_nodes: Annotated[
        int | None, typer.Option(help="How many more nodes only say that they run pods.")
    ] = None,
    devices: Annotated[int | None, typer.Option(help="Devices a node of the example driver.")] = None,
    without: Annotated[
        str | None, typer.Option(metavar="PART,PART", help="Parts that you bring yourself.")
    ] = None,
    feature_gates: Annotated[str | None, gates.OPTION] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return once the cluster is ready.")] = False,
) -> None:
    """Bring a cluster up; a second time on the same state finds everything as it was left."""
    directory = StateDirectory(state)
    wanted = running.Wanted(port, nodes, devices, _parts(without), simulated_nodes, feature_gates)
    try:
        running.settle(directory, wanted)
        if detach:
            _detached(directory, wanted)
            if kubeconfig_file is not None:
                kubeconfig.copy(directory.kubeconfig, kubeconfig_file)
            typer.echo(f"export KUBECONFIG={kubeconfig_file or directory.kubeconfig}")
        else:
            asyncio.run(_foreground(directory, wanted))
    except _FAULTS as error:
        raise _fail(str(error)) from None


def down(
    state: State,
    purge: Annotated[bool, typer.Option("--purge", help="Also delete what the cluster held.")] = False,
) -> None:
    """End the cluster; what it held stays for the next `up` unless --purge."""
    directory = StateDirectory(state)
    try:
        pid = directory.supervisor()
    except StateError as error:
        raise _fail(str(error)) from None
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _DOWN_LIMIT
        while directory.supervisor() is not None:
            if time.monotonic() > end:
                raise _fail(f"process {pid} has not ended after {_DOWN_LIMIT:g} s; see {directory.logs}")
            time.sleep(0.03)
    left = 0
    if pid is None and directory.settings_file.exists():
        try:
            left = running.end_left_over(directory)
        except StateError as error:
            raise _fail(str(error)) from None
    if purge and state.exists():
        # Only what is a cluster's is deleted: a mistyped --state costs nobody their files.
        if not directory.is_ours:
            raise _fail(f"--state {state}: not a cluster's directory; nothing was deleted")
        shutil.rmtree(state)
    if left:
        typer.echo(f"ended {left} containers of a cluster whose supervisor was gone")
    typer.echo("down" if pid is not None or left else "nothing was up")


def status(
    state: State,
    kubeconfig_only: Annotated[
        bool, typer.Option("--kubeconfig", help="Print the path of the cluster's kubeconfig, nothing else.")
    ] = False,
) -> None:
    """Whether the cluster is up, where it listens, and its kubeconfig; exit code 1 when it is not up."""
    directory = StateDirectory(state)
    try:
        settings = directory.open()
    except StateError as error:
        raise _fail(str(error)) from None
    pid = directory.supervisor()
    if settings is None or pid is None:
        typer.echo(f"not up ({state})", err=kubeconfig_only)
        raise typer.Exit(1)
    if kubeconfig_only:
        typer.echo(directory.kubeconfig)
        return
    try:
        code, body = running.endpoint(directory, settings).get("/readyz")
        answer = "ready" if code == 200 else f"{code} {body.decode(errors='replace')[:200]}"
    except OSError as error:
        answer = f"no answer: {error}"
    typer.echo(f"up         https://127.0.0.1:{settings.port} (supervisor {pid})")
    typer.echo(f"apiserver  {answer}")
    typer.echo(f"kubeconfig {directory.kubeconfig}")

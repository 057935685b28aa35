"""`drakkar plan`: would these pods be placed, where, and with which devices."""

from __future__ import annotations

import asyncio
import json
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
import yaml

from drakkar.cli import gates

if TYPE_CHECKING:
    from drakkar.api.gates import Gates
    from drakkar.planner import Sourced, World

Files = Annotated[
    list[Path] | None,
    typer.Option(
        "--filename",
        "-f",
        metavar="FILE",
        help="Objects as YAML or JSON; a directory of such files, or - for stdin. May be given several times.",
    ),
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Plan on this cluster; files come on top of what it has."),
]
Context = Annotated[str | None, typer.Option(help="The kubeconfig's context, if not its current one.")]


class Form(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Form, typer.Option("--output", "-o", help="How the answer is written.")]


def fail(problems: list[str]) -> typer.Exit:
    """Say what is wrong with the input, a line each; exit code 2."""
    for problem in problems:
        typer.echo(f"drakkar: {problem}", err=True)
    return typer.Exit(2)


async def _live(kubeconfig: Path | None, context: str | None) -> list[Sourced]:
    from drakkar.planner import InputError

    try:
        from drakkar.client import Client, ClientError
        from drakkar.client.errors import AccessError
    except ModuleNotFoundError as error:
        message = f"to ask a cluster, {error.name} is needed: pip install 'drakkar[client]'"
        raise InputError([message]) from None
    from drakkar.sources.live import fetch

    try:
        async with Client.from_kubeconfig(kubeconfig, context) as client:
            try:
                return await fetch(client)
            except ClientError as error:
                raise InputError([f"{client.server}: {error}"]) from None
    except AccessError as error:
        raise InputError([str(error)]) from None


def load(files: list[Path] | None, kubeconfig: Path | None, context: str | None, on: Gates) -> World:
    """The world of the cluster and the files; ends the command with exit code 2 where they cannot be used.

    Single objects that cannot be used are left out, see `ending`.
    """
    from drakkar.planner import InputError, World
    from drakkar.sources.documents import read

    if not files and kubeconfig is None and context is None:
        # As kubectl: without a word of where, it is the cluster of the environment.
        if not os.environ.get("KUBECONFIG"):
            raise fail(["nothing to plan: give -f FILE, or --kubeconfig FILE, or set KUBECONFIG"])
        kubeconfig = Path(os.environ["KUBECONFIG"].partition(os.pathsep)[0])
    sources: list[Sourced] = []
    try:
        if kubeconfig is not None or context is not None:
            sources += asyncio.run(_live(kubeconfig, context))
        sources += read(files or [])
        return World(sources, on)
    except InputError as error:
        raise fail(error.problems) from None


def ending(world: World, good: bool) -> typer.Exit | None:
    """How a command ends once it has answered: what is wrong in the user's own files is told and is an error."""
    faults = world.faults.of_files()
    if faults:
        return fail(faults)
    return None if good else typer.Exit(1)


def write(answer: msgspec.Struct, form: Form) -> None:
    """The answer as JSON or YAML."""
    plain = msgspec.to_builtins(answer)
    if form is Form.JSON:
        typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        typer.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), nl=False)


def plan(
    more: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="More files.")] = None,
    files: Files = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: Output = Form.TABLE,
    feature_gates: gates.FeatureGates = "",
) -> None:
    """Place the pods of files or of a cluster on nodes; 0 if all find a node, 1 if one does not, 2 for bad input."""
    from drakkar.api.features import Features
    from drakkar.planner import plan as make
    from drakkar.planner.report.plan_text import plan_text

    on = gates.read(feature_gates)
    world = load([*(files or []), *(more or [])], kubeconfig, context, on)
    found = make(world, Features.from_gates(on))
    if output is Form.TABLE:
        typer.echo(plan_text(found))
    else:
        write(found, output)
    end = ending(world, found.complete)
    if end is not None:
        raise end

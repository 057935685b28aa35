"""Puts the subcommands together; a user's error is one line on stderr and exit code 2."""

from __future__ import annotations

from typing import Annotated

import typer

import drakkar
from drakkar.cli.allocate import allocate_command
from drakkar.cli.apiserver import apiserver
from drakkar.cli.controllers import controllers
from drakkar.cli.demo import demo
from drakkar.cli.driver import driver
from drakkar.cli.explain import explain
from drakkar.cli.kubelet import kubelet
from drakkar.cli.plan import plan
from drakkar.cli.scheduler import scheduler
from drakkar.cli.simulated import simulated
from drakkar.cli.up import down, status, up

app = typer.Typer(
    name="drakkar",
    help="Kubernetes Dynamic Resource Allocation, end to end, in Python.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"drakkar {drakkar.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Kubernetes Dynamic Resource Allocation, end to end, in Python."""


for command in (up, down, status, demo, apiserver, controllers, scheduler, kubelet, simulated):
    app.command()(command)
app.command("allocate")(allocate_command)
app.command()(plan)
app.command()(explain)
# What follows the driver's name is the driver's own, --help too.
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(driver)


def main() -> None:
    """The entry point of the console script."""
    app()

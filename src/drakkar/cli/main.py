"""Puts the subcommands together; a user's error is one line on stderr and exit code 2."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import typer

import drakkar
from drakkar.cli.go_flags import translated


class Command(NamedTuple):
    """Where a subcommand's function is, and the extra that it needs."""

    module: str
    function: str
    extra: str = ""
    settings: dict[str, Any] | None = None


# What follows the driver's name is the driver's own, --help too.
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
COMMANDS = {
    "up": Command("up", "up", "server"),
    "down": Command("up", "down", "server"),
    "status": Command("up", "status", "server"),
    "demo": Command("demo", "demo", "server"),
    "plan": Command("plan", "plan"),
    "explain": Command("explain", "explain"),
    "allocate": Command("allocate", "allocate_command"),
    "driver": Command("driver", "driver", "driver", _PASSED_ON),
    "apiserver": Command("apiserver", "apiserver", "server"),
    "controllers": Command("controllers", "controllers", "client"),
    "scheduler": Command("scheduler", "scheduler", "client"),
    "kubelet": Command("kubelet", "kubelet", "server"),
    "simulated": Command("simulated", "simulated", "server"),
}


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"drakkar {drakkar.__version__}")
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Kubernetes Dynamic Resource Allocation, end to end, in Python."""


def application(names: Iterable[str]) -> typer.Typer:
    """The command with the subcommands named; ModuleNotFoundError where one needs an extra that is not installed."""
    app = typer.Typer(
        name="drakkar",
        help="Kubernetes Dynamic Resource Allocation, end to end, in Python.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # In boxes 80 columns wide the longer names would be cut.
        rich_markup_mode=None,
    )
    app.callback()(root)
    for name in names:
        command = COMMANDS[name]
        function = getattr(importlib.import_module(f"drakkar.cli.{command.module}"), command.function)
        app.command(name, context_settings=command.settings)(function)
    return app


def _installed() -> list[str]:
    found = []
    for name, command in COMMANDS.items():
        try:
            importlib.import_module(f"drakkar.cli.{command.module}")
        except ModuleNotFoundError:
            continue
        found.append(name)
    return found


def main() -> None:
    """The entry point of the console script. Only the subcommand that runs is imported."""
    sys.argv[1:] = translated(sys.argv[1:])
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    if asked not in COMMANDS:
        application(_installed())()
        return
    try:
        app = application([asked])
    except ModuleNotFoundError as error:
        extra = COMMANDS[asked].extra
        typer.echo(f"drakkar: {asked} needs {error.name}: pip install 'drakkar[{extra}]'", err=True)
        raise SystemExit(2) from None
    app()

"""`drakkar driver NAME`: one of the drivers that ship with Drakkar; what follows the name is the driver's own."""

from __future__ import annotations

from typing import Annotated

import typer

from drakkar.cli.part import end_with_supervisor, wait_for_turn

_DRIVERS = ("example",)


def driver(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(_DRIVERS)}.")],
) -> None:
    """Run a DRA driver; its flags are named like the original's and follow the name."""
    if name not in _DRIVERS:
        typer.echo(f"drakkar: no driver {name!r}; there is {', '.join(_DRIVERS)}", err=True)
        raise typer.Exit(2)
    from drakkar.drivers.example.run import main

    end_with_supervisor()
    wait_for_turn()
    raise typer.Exit(main(context.args))

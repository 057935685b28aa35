"""--feature-gates, as every part and tool has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from drakkar.api.gates import Gates

OPTION = typer.Option(
    "--feature-gates",
    metavar="A=true,B=false",
    help="Gates that are not to be as Kubernetes 1.37 has them.",
)
FeatureGates = Annotated[str, OPTION]


def read(text: str) -> Gates:
    """The gates that are on; ends the command where they cannot be had so."""
    from drakkar.api.gates import GateError, Gates

    try:
        return Gates.parse(text)
    except GateError as error:
        raise typer.BadParameter(str(error), param_hint="--feature-gates") from None

"""`drakkar explain`: why a pod or claim has the devices it has, or has none: node by node, device by device."""

from __future__ import annotations

from typing import Annotated

import typer

from drakkar.cli import gates
from drakkar.cli.plan import Context, Files, Form, Kubeconfig, Output, ending, fail, load, write


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="POD|CLAIM", help="A name, or pod/NAME, claim/NAME, deployment/NAME and the like."
        ),
    ],
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Where it is, if the name is in several.")
    ] = None,
    files: Files = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: Output = Form.TABLE,
    feature_gates: gates.FeatureGates = "",
) -> None:
    """Say why a pod or claim has, or would have, its devices or none; exit codes as those of plan."""
    from drakkar.api.features import Features
    from drakkar.planner import SubjectNotFoundError
    from drakkar.planner import explain as find
    from drakkar.planner.report.explanation_text import explanation_text

    on = gates.read(feature_gates)
    world = load(files, kubeconfig, context, on)
    try:
        found = find(world, subject, namespace, Features.from_gates(on))
    except SubjectNotFoundError as error:
        raise fail([*world.faults.of_files(), str(error)]) from None
    if output is Form.TABLE:
        typer.echo(explanation_text(found))
    else:
        write(found, output)
    end = ending(world, found.good)
    if end is not None:
        raise end

"""The flags of leader election, named like upstream's, and what they ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drakkar.cli.durations import seconds

if TYPE_CHECKING:
    import asyncio

    from drakkar.client import Client
    from drakkar.client.leader_election import Election

LeaderElect = Annotated[
    bool,
    typer.Option(
        "--leader-elect/--no-leader-elect",
        help="Work only while holding a Lease, so that one of several does.",
    ),
]
LeaseDuration = Annotated[
    str, typer.Option(help="How long others wait for a leader that no longer renews.", metavar="DURATION")
]
RenewDeadline = Annotated[
    str, typer.Option(help="How long a leader goes on without having renewed.", metavar="DURATION")
]
RetryPeriod = Annotated[str, typer.Option(help="The pause between two tries.", metavar="DURATION")]
ResourceName = Annotated[str, typer.Option(help="The Lease's name.")]
ResourceNamespace = Annotated[str, typer.Option(help="The Lease's namespace.")]
ResourceLock = Annotated[str, typer.Option(help="Only leases.", hidden=True)]
Identity = Annotated[
    str | None,
    typer.Option(
        help="Who this is in the Lease; a name of its own by default. Give the name of one before it only if that one"
        " has certainly ended: then there is nothing to wait for."
    ),
]


def election(
    name: str, namespace: str, identity: str | None, lease: str, renew: str, retry: str, lock: str
) -> Election:
    """What the flags say; typer.BadParameter where they cannot work."""
    from drakkar.client.leader_election import Election

    if lock != "leases":
        raise typer.BadParameter(f"{lock!r}: only leases", param_hint="--leader-elect-resource-lock")
    times = {
        "lease": seconds(lease, "--leader-elect-lease-duration"),
        "renew": seconds(renew, "--leader-elect-renew-deadline"),
        "retry": seconds(retry, "--leader-elect-retry-period"),
    }
    given = {} if identity is None else {"identity": identity}
    try:
        return Election(name=name, namespace=namespace, **given, **times)  # type: ignore[arg-type]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--leader-elect-…") from None


async def serve_leading(
    kubeconfig: Path | None,
    election: Election | None,
    stop: asyncio.Event,
    work: Callable[[Client], Awaitable[None]],
) -> None:
    """Do `work` with a client: at once without an election, else while leading. A lost lease ends the program with 1."""
    from drakkar.client import Client
    from drakkar.client.errors import LeadershipLostError
    from drakkar.client.leader_election import lead

    async with Client.from_kubeconfig(kubeconfig) as client:
        if election is None:
            await work(client)
            return
        # What asks for the lease must not wait behind what the part itself sends.
        asking = Client.from_kubeconfig(kubeconfig)
        try:
            await lead(client, asking, election, stop, lambda: work(client))
        except LeadershipLostError as lost:
            typer.echo(f"drakkar: {lost}", err=True)
            raise SystemExit(1) from None

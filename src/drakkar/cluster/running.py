"""One cluster from start to stop: takes the state directory, starts the parts in order, keeps them up, ends them all."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from drakkar.api.gates import GateError, Gates
from drakkar.cluster import processes, readiness
from drakkar.cluster.certificates import KeyPair
from drakkar.cluster.errors import NotReadyError, StateError
from drakkar.cluster.state import Settings, StateDirectory
from drakkar.cluster.supervisor import Gate, Supervisor
from drakkar.kubelet.errors import NodeTakenError
from drakkar.kubelet.node import lock as node_lock
from drakkar.kubelet.runtime.process.leftover import end_containers
from drakkar.stopping import done_unless

_SERVER_LIMIT = 30.0
_NODES_LIMIT = 60.0
# What one more simulated node may take.
_SIMULATED_LIMIT = 0.2
_MOST_SIMULATED = 5000
_MOST_DEVICES = 128
# Parts end this long after their supervisor was killed, at the latest, and some more.
_ORPHANS_LIMIT = 15.0
_DEVICES_LIMIT = 30.0
_ACCOUNTS_LIMIT = 30.0
# Where a user's first pods go.
_FIRST_NAMESPACE = "default"
_CONTAINER_GRACE = 5.0


def free_port() -> int:
    """A loopback port that nobody listens on now; written down in the settings so that it stays the cluster's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(port: int) -> None:
    """StateError if somebody else listens on the port."""
    with socket.socket() as probe:
        # As the server itself will: a port whose last connections are only fading away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StateError(
                f"--port {port}: {error.strerror}; name another port, or none to have one chosen"
            ) from None


def endpoint(state: StateDirectory, settings: Settings) -> readiness.Endpoint:
    """How to ask this cluster's API server as its administrator."""
    pki = state.pki
    return readiness.Endpoint(settings.port, pki / "ca.crt", KeyPair(pki / "admin.crt", pki / "admin.key"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked of `up`; None keeps what the cluster had."""

    port: int | None = None
    nodes: int | None = None
    devices: int | None = None
    without: tuple[str, ...] | None = None
    simulated_nodes: int | None = None
    feature_gates: str | None = None


def settle(state: StateDirectory, wanted: Wanted) -> Settings:
    """The settings to start with: what the cluster had, then what was asked for, then the defaults.

    Nothing is written. StateError names the option that cannot be had.
    """
    had = state.open()
    for name in wanted.without or ():
        if name not in processes.NAMES:
            raise StateError(f"--without {name}: no such part; the parts are {', '.join(processes.NAMES)}")
    if wanted.nodes is not None and not 0 <= wanted.nodes <= 100:
        raise StateError(f"--nodes {wanted.nodes}: from 0 to 100")
    if wanted.simulated_nodes is not None and not 0 <= wanted.simulated_nodes <= _MOST_SIMULATED:
        raise StateError(f"--simulated-nodes {wanted.simulated_nodes}: from 0 to {_MOST_SIMULATED}")
    if wanted.devices is not None and not 0 <= wanted.devices <= _MOST_DEVICES:
        raise StateError(
            f"--devices {wanted.devices}: from 0 to {_MOST_DEVICES}, which one ResourceSlice holds"
        )
    try:
        Gates.parse(wanted.feature_gates or "")
    except GateError as error:
        raise StateError(f"--feature-gates: {error}") from None
    port = wanted.port if wanted.port is not None else (had.port if had else free_port())
    before = had or Settings(port=port)
    return Settings(
        port=port,
        nodes=before.nodes if wanted.nodes is None else wanted.nodes,
        devices=before.devices if wanted.devices is None else wanted.devices,
        without=before.without if wanted.without is None else wanted.without,
        simulated_nodes=before.simulated_nodes if wanted.simulated_nodes is None else wanted.simulated_nodes,
        feature_gates=before.feature_gates if wanted.feature_gates is None else wanted.feature_gates,
    )


@dataclass(frozen=True, slots=True)
class _Gates:
    """What parts wait for."""

    server: Gate
    nodes: Gate


async def _bring_up(
    state: StateDirectory,
    settings: Settings,
    supervisor: Supervisor,
    gates: _Gates,
    tell: Callable[[str], None],
) -> None:
    # What a cluster is ready with starts at once, the rest when the first of it is: there are few processors.
    made = processes.certificates(state, settings)
    ours = "apiserver" not in settings.without
    address = f"https://127.0.0.1:{settings.port}"
    if ours:
        supervisor.start(processes.apiserver(state, settings, made))
    else:
        tell(f"waiting for your API server on {address}; its certificates are in {state.pki}")
    for part in processes.kubelets(state, settings):
        supervisor.start(part, gates.server)
    for part in processes.drivers(state, settings):
        supervisor.start(part, gates.nodes)
    access = endpoint(state, settings)
    await _served(access, supervisor)
    tell(f"apiserver ready on {address}")
    if not ours:
        # Only here is a client needed, which takes long to import.
        from drakkar.cluster import roles

        await roles.grant(state.kubeconfig)
    gates.server.open()
    for part in processes.others(state, settings):
        supervisor.start(part)
    await _nodes_come(access, settings, tell)
    gates.nodes.open()
    for part in processes.simulated(state, settings):
        supervisor.start(part)
    await _rest_comes(access, settings, tell)
    tell("ready")


async def _nodes_come(access: readiness.Endpoint, settings: Settings, tell: Callable[[str], None]) -> None:
    if settings.nodes and "kubelet" not in settings.without:
        names = processes.node_names(settings.nodes)
        await readiness.nodes(access, set(names), _NODES_LIMIT)
        tell(f"nodes Ready: {', '.join(names)}")


async def _rest_comes(access: readiness.Endpoint, settings: Settings, tell: Callable[[str], None]) -> None:
    simulated = processes.simulated_names(settings)
    if simulated:
        await readiness.nodes(access, set(simulated), _NODES_LIMIT + _SIMULATED_LIMIT * len(simulated))
        tell(f"simulated nodes Ready: {len(simulated)}")
    if settings.nodes and settings.devices and not {"driver", "kubelet"} & set(settings.without):
        await readiness.devices(access, set(processes.node_names(settings.nodes)), _DEVICES_LIMIT)
        tell(f"devices published: {settings.devices} a node")
    if "controllers" not in settings.without:
        names = set(simulated)
        if "kubelet" not in settings.without:
            names |= set(processes.node_names(settings.nodes))
        await readiness.untainted(access, names, _NODES_LIMIT + _SIMULATED_LIMIT * len(names))
        await readiness.accounts(access, {_FIRST_NAMESPACE}, _ACCOUNTS_LIMIT)


async def _served(access: readiness.Endpoint, supervisor: Supervisor) -> None:
    """Return once the API server is ready; one that refuses its data is told at once."""
    ready = asyncio.create_task(readiness.server(access, _SERVER_LIMIT))
    refused = asyncio.create_task(supervisor.refusal())
    try:
        await asyncio.wait({ready, refused}, return_when=asyncio.FIRST_COMPLETED)
        if refused.done():
            raise NotReadyError(f"the API server does not start: {refused.result()}")
        ready.result()
    finally:
        ready.cancel()
        refused.cancel()


async def run(
    state: StateDirectory, wanted: Wanted, stop: asyncio.Event, tell: Callable[[str], None]
) -> None:
    """Bring the cluster up, call `tell` at each step, keep it until `stop` is set, then end every part.

    `stop` is heard while the cluster still comes up, too.
    """
    settings = settle(state, wanted)
    state.lock()
    supervisor = Supervisor(
        state.logs, lambda name, pid, n: tell(f"{name} started again ({n})") if n else None
    )
    gates = _Gates(Gate(), Gate())
    try:
        if "apiserver" not in settings.without:
            check_port(settings.port)
        state.save(settings)
        await done_unless(stop, _bring_up(state, settings, supervisor, gates, tell))
        await stop.wait()
    finally:
        await supervisor.stop()
        gates.server.close()
        gates.nodes.close()
        # A kubelet leaves its containers to the next one; a whole cluster that ends leaves nothing running.
        for node in processes.node_names(settings.nodes):
            await asyncio.to_thread(end_containers, state.path / "nodes" / node, _CONTAINER_GRACE)
        state.unlock()


def end_left_over(state: StateDirectory) -> int:
    """End the containers of a cluster whose supervisor was killed; how many there were. StateError if an agent stays."""
    ended = 0
    for node in sorted((state.path / "nodes").glob("*")):
        end = time.monotonic() + _ORPHANS_LIMIT
        while True:
            try:
                lock = node_lock.take(node)
                break
            except NodeTakenError as error:
                # The parts of a supervisor that was killed end by themselves within seconds.
                if time.monotonic() > end:
                    raise StateError(str(error)) from None
                time.sleep(0.05)
        try:
            ended += end_containers(node, _CONTAINER_GRACE)
        finally:
            os.close(lock)
    return ended

"""The processes of a cluster: what each is called, the command that starts it, and the certificates it needs."""

from __future__ import annotations

import socket
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from drakkar.cluster import kubeconfig
from drakkar.cluster.certificates import Authority, Identity, KeyPair
from drakkar.cluster.state import Settings, StateDirectory, default_directory
from drakkar.cluster.supervisor import Part
from drakkar.kubelet.simulated import names as called

NAMES = ("apiserver", "controllers", "scheduler", "kubelet", "driver", "simulated")
SERVICE_IP = "10.96.0.1"
_MASTERS = ("system:masters",)


def simulated_names(settings: Settings) -> list[str]:
    """The nodes on which nothing runs."""
    if "simulated" in settings.without:
        return []
    return called.simulated_names(settings.simulated_nodes)


def node_names(count: int) -> list[str]:
    """`drakkar-worker`, then `drakkar-worker2` and so on: kind's way of naming, which its users know."""
    return ["drakkar-worker" if index == 1 else f"drakkar-worker{index}" for index in range(1, count + 1)]


@dataclass(frozen=True, slots=True)
class Certificates:
    """Every key pair of a cluster; made on first use, found again afterwards."""

    authority: KeyPair
    server: KeyPair
    service_accounts: KeyPair
    admin: KeyPair
    kubelet_client: KeyPair


def certificates(state: StateDirectory, settings: Settings) -> Certificates:
    """Make what is missing of the cluster's certificates and one kubeconfig a part, all inside the state directory."""
    authority = Authority(state.pki)
    names = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
    server = authority.issue(
        "apiserver", Identity("kube-apiserver", hosts=(*names, "127.0.0.1", "::1", SERVICE_IP))
    )
    admin = authority.issue("admin", Identity("kubernetes-admin", _MASTERS))
    made = Certificates(
        authority=authority.pair,
        server=server,
        service_accounts=authority.issue("service-accounts", Identity("service-accounts")),
        admin=admin,
        kubelet_client=authority.issue("apiserver-kubelet-client", Identity("kube-apiserver", _MASTERS)),
    )
    users = {
        "controllers": Identity("system:kube-controller-manager"),
        "scheduler": Identity("system:kube-scheduler"),
        "service-proxy": Identity("system:kube-proxy"),
    }
    if settings.simulated_nodes or (state.path / "kubeconfigs" / "simulated").exists():
        users["simulated"] = Identity("drakkar:simulated", ("drakkar:simulated",))
    for node in node_names(settings.nodes):
        users[f"driver-{node}"] = Identity(f"drakkar:driver:{node}", ("drakkar:drivers",))
        users[f"kubelet-{node}"] = Identity(f"system:node:{node}", ("system:nodes",))
        authority.issue(
            f"serving-{node}", Identity(f"system:node:{node}", hosts=(node, "localhost", "127.0.0.1"))
        )
    url = f"https://127.0.0.1:{settings.port}"
    kubeconfig.merge(state.kubeconfig, "drakkar", url, authority.pair.certificate, admin)
    for name, identity in users.items():
        path = state.path / "kubeconfigs" / name
        kubeconfig.merge(path, "drakkar", url, authority.pair.certificate, authority.issue(name, identity))
    return made


def _drakkar(*arguments: str) -> list[str]:
    # Without -P a module in the directory where somebody says `up` would run in the place of Python's own.
    return [sys.executable, "-P", "-m", "drakkar", *arguments]


def _gates(settings: Settings) -> list[str]:
    return [f"--feature-gates={settings.feature_gates}"] if settings.feature_gates else []


def apiserver(state: StateDirectory, settings: Settings, made: Certificates) -> Part:
    """The API server; everything else needs it to be ready first."""
    command = _drakkar(
        "apiserver",
        f"--data-dir={state.path / 'apiserver'}",
        "--bind-address=127.0.0.1",
        f"--secure-port={settings.port}",
        f"--client-ca-file={made.authority.certificate}",
        f"--tls-cert-file={made.server.certificate}",
        f"--tls-private-key-file={made.server.key}",
        f"--service-account-signing-key-file={made.service_accounts.key}",
        f"--kubelet-client-certificate={made.kubelet_client.certificate}",
        f"--kubelet-client-key={made.kubelet_client.key}",
        f"--kubelet-certificate-authority={made.authority.certificate}",
        *_gates(settings),
    )
    return Part("apiserver", command)


def others(state: StateDirectory, settings: Settings) -> Iterator[Part]:
    """The controllers and the scheduler, less what the user wants to bring himself; they need the API server to answer."""
    configs = state.path / "kubeconfigs"
    # Whoever the supervisor starts in place of one that has ended is that one: it need not wait for its lease.
    identity = f"{socket.gethostname()}_{uuid.uuid4()}"
    for name in ("controllers", "scheduler"):
        if name not in settings.without:
            flags = (
                f"--kubeconfig={configs / name}",
                f"--leader-elect-identity={identity}",
                *_gates(settings),
            )
            yield Part(name, _drakkar(name, *flags))


def kubelets(state: StateDirectory, settings: Settings) -> Iterator[Part]:
    """The agents of the nodes that run pods; they need the API server to answer."""
    configs = state.path / "kubeconfigs"
    if "kubelet" in settings.without:
        return
    for index, node in enumerate(node_names(settings.nodes)):
        flags = [
            f"--kubeconfig={configs / f'kubelet-{node}'}",
            f"--node-name={node}",
            f"--root-dir={state.path / 'nodes' / node}",
            *(f"--hidden-dir={path}" for path in (state.path, default_directory())),
            f"--client-ca-file={state.pki / 'ca.crt'}",
            f"--tls-cert-file={state.pki / f'serving-{node}.crt'}",
            f"--tls-private-key-file={state.pki / f'serving-{node}.key'}",
        ]
        if index == 0:
            flags.append(f"--service-proxy-kubeconfig={configs / 'service-proxy'}")
        flags += _gates(settings)
        yield Part(f"kubelet-{node}", _drakkar("kubelet", *flags))


def simulated(state: StateDirectory, settings: Settings) -> Iterator[Part]:
    """All simulated nodes in one process; also where there were some once, for the ones too many must go again."""
    config = state.path / "kubeconfigs" / "simulated"
    if "simulated" in settings.without or not config.exists():
        return
    flags = (
        f"--kubeconfig={config}",
        f"--nodes={settings.simulated_nodes}",
        f"--devices={settings.devices}",
        *_gates(settings),
    )
    yield Part("simulated", _drakkar("simulated", *flags))


def drivers(state: StateDirectory, settings: Settings) -> Iterator[Part]:
    """The example driver beside each kubelet; it needs its node to be there, for the node owns its slices."""
    if "driver" in settings.without:
        return
    for node in node_names(settings.nodes):
        root = state.path / "nodes" / node
        flags = (
            f"--kubeconfig={state.path / 'kubeconfigs' / f'driver-{node}'}",
            f"--node-name={node}",
            f"--num-devices={settings.devices}",
            f"--cdi-root={root / 'cdi' / 'run'}",
            f"--kubelet-registrar-directory-path={root / 'kubelet' / 'plugins_registry'}",
            f"--kubelet-plugins-directory-path={root / 'kubelet' / 'plugins'}",
            *_gates(settings),
        )
        yield Part(f"driver-{node}", _drakkar("driver", "example", *flags))

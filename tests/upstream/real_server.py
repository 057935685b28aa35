"""The real API server and its etcd in place of ours, with the certificates of one of our clusters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from drakkar.cluster import processes
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.cluster.running import free_port
from drakkar.cluster.state import Settings, StateDirectory

from .beside import beside


@contextlib.contextmanager
def real_server(cluster: OwnCluster, apiserver: Path, etcd: Path, more: Sequence[str] = ()) -> Iterator[None]:
    """Start both for a cluster that is not up yet; its `up` waits until they are ready. `more` are flags of the server."""
    state = StateDirectory(cluster.state)
    settings = Settings(port=free_port())
    cluster.state.mkdir(mode=0o700)
    state.save(settings)
    processes.certificates(state, settings)
    clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    store = [
        f"--data-dir={cluster.home / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
    ]
    pki = state.pki
    server = [
        f"--etcd-servers={clients}",
        f"--secure-port={settings.port}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={cluster.home / 'unused'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / 'service-accounts.crt'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",
        "--authorization-mode=Node,RBAC",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet-client.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        # The names of nodes are known to nobody here.
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged=true",
        "--enable-admission-plugins=NodeRestriction",
        *more,
    ]
    with beside(cluster, [str(etcd), *store]), beside(cluster, [str(apiserver), *server]):
        yield

"""Two API servers with the same certificates and the same objects, the original and ours, for questions of access."""

from __future__ import annotations

import contextlib
import datetime
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drakkar.cluster.certificates import Authority, Identity, KeyPair
from drakkar.cluster.running import free_port

_START_S = 60
_END_S = 20
ISSUER = "https://kubernetes.default.svc.cluster.local"


class Pki:
    """One authority for both servers, and a certificate for each user that the rows name."""

    def __init__(self, directory: Path, users: Mapping[str, Identity]) -> None:
        self.directory = directory
        self._authority = Authority(directory)
        self.ca = self._authority.pair.certificate
        self.server = self._authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
        self.accounts = self._authority.issue("accounts", Identity("accounts"))
        self.users = {name: self._authority.issue(name, user) for name, user in users.items()}
        foreign = Authority(directory / "foreign")
        # The name of the right authority and the key of another: a client that looks at names shows it.
        self.users["foreign"] = foreign.issue("foreign", Identity("admin", ("system:masters",)))
        self.users["expired"] = self._expired()

    def _expired(self) -> KeyPair:
        pair = KeyPair(self.directory / "expired.crt", self.directory / "expired.key")
        signer = serialization.load_pem_private_key(self._authority.pair.key.read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        issuer = x509.load_pem_x509_certificate(self.ca.read_bytes()).subject
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "admin")]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=2))
            .not_valid_after(now - datetime.timedelta(days=1))
            .sign(signer, hashes.SHA256())
        )
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pair


class World:
    """One server as its users see it; `uids` are those of its objects, by path, `tokens` those that rows use."""

    def __init__(self, pki: Pki, port: int) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self._pki = pki
        self._clients: dict[str, httpx.Client] = {}
        self.uids: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def client(self, who: str) -> httpx.Client:
        """A client with the certificate of a user; `nobody` has none."""
        if who not in self._clients:
            context = ssl.create_default_context(cafile=str(self._pki.ca))
            pair = self._pki.users.get(who)
            if pair is not None:
                context.load_cert_chain(pair.certificate, pair.key)
            self._clients[who] = httpx.Client(base_url=self.url, verify=context, timeout=30)
        return self._clients[who]

    def make(self, path: str, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object as the administrator; what is sent of a status is stored, too."""
        found = self.client("admin").post(path, json=obj)
        assert found.status_code == 201, f"{path}: {found.text}"
        made: dict[str, Any] = found.json()
        name = made["metadata"]["name"]
        self.uids[f"{path}/{name}"] = made["metadata"]["uid"]
        if obj.get("status"):
            patched = self.client("admin").patch(
                f"{path}/{name}/status",
                content=json.dumps({"status": obj["status"]}),
                headers={"Content-Type": "application/merge-patch+json"},
            )
            assert patched.status_code == 200, f"{path}/{name}: {patched.text}"
        return made

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def _await(world: World, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()[-4000:]
        with contextlib.suppress(httpx.TransportError):
            if world.client("admin").get("/readyz").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"{world.url} is not ready: {log.read_text()[-4000:]}")


@contextlib.contextmanager
def _running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_END_S)


@contextlib.contextmanager
def original(home: Path, pki: Pki, apiserver: Path, etcd: Path) -> Iterator[World]:
    """kube-apiserver with etcd, both roles and nodes authorized, NodeRestriction on."""
    port, clients, peers = free_port(), *(f"http://127.0.0.1:{free_port()}" for _ in range(2))
    store = [
        str(etcd),
        f"--data-dir={home / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
    ]
    server = [
        str(apiserver),
        f"--etcd-servers={clients}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={home / 'unused'}",
        f"--client-ca-file={pki.ca}",
        f"--tls-cert-file={pki.server.certificate}",
        f"--tls-private-key-file={pki.server.key}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={pki.accounts.certificate}",
        f"--service-account-signing-key-file={pki.accounts.key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--enable-admission-plugins=NodeRestriction",
    ]
    log = home / "apiserver.log"
    with _running(store, home / "etcd.log"), _running(server, log) as process:
        world = World(pki, port)
        _await(world, process, log)
        yield world
        world.close()


@contextlib.contextmanager
def ours(home: Path, pki: Pki) -> Iterator[World]:
    """The API server of this tree."""
    port, log = free_port(), home / "ours.log"
    command = [
        *(sys.executable, "-m", "drakkar", "apiserver"),
        f"--data-dir={home / 'data'}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--client-ca-file={pki.ca}",
        f"--tls-cert-file={pki.server.certificate}",
        f"--tls-private-key-file={pki.server.key}",
        f"--service-account-signing-key-file={pki.accounts.key}",
    ]
    with _running(command, log) as process:
        world = World(pki, port)
        _await(world, process, log)
        yield world
        world.close()

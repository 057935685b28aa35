"""The two API servers that benchmarks stand beside each other: ours, and etcd with kube-apiserver."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from upstream import originals  # noqa: E402

from drakkar.cluster.certificates import Authority, Identity, KeyPair  # noqa: E402
from drakkar.cluster.running import free_port  # noqa: E402

_READY_S = 120


class Running(NamedTuple):
    """`ready` is how many seconds it took, `processes` the ids of what runs."""

    ready: float
    processes: list[int]

    @property
    def memory(self) -> int:
        """Bytes that they hold in memory now."""
        return sum(map(resident, self.processes))


@contextlib.contextmanager
def programs(commands: list[list[str]], log: Path) -> Iterator[list[int]]:
    """They run for the time of the block, in the directory of their log, and end in the reverse order; their process ids."""
    home = log.parent
    with open(log, "a") as out:
        started = [
            subprocess.Popen(command, stdout=out, stderr=out, cwd=home, env={**os.environ, "HOME": str(home)})
            for command in commands
        ]
    try:
        yield [one.pid for one in started]
    finally:
        for one in reversed(started):
            one.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(20)
            one.kill()


def loaded(program: Path, server: Server, work: str, count: int, clients: int, *more: str) -> dict[str, Any]:
    """What the load program has measured; RuntimeError with its words where it failed."""
    command = [
        str(program),
        *access(server),
        f"-work={work}",
        f"-count={count}",
        f"-clients={clients}",
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{work}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout) or {}
    return found


class Server:
    """Programs that are one API server together, and who may ask it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.authority = Authority(home / "pki")
        self.admin = self.authority.issue("admin", Identity("admin", ("system:masters",)))
        self.serving = self.authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
        self.accounts = self.authority.issue("accounts", Identity("accounts"))
        self.port = free_port()

    def commands(self) -> list[list[str]]:
        """What is started, in order."""
        raise NotImplementedError

    @contextlib.contextmanager
    def running(self) -> Iterator[Running]:
        """It runs for the time of the block."""
        began = time.perf_counter()
        with programs(self.commands(), self.home / "log") as started:
            wait(self, began)
            yield Running(time.perf_counter() - began, started)


class Ours(Server):
    """`drakkar apiserver`."""

    def commands(self) -> list[list[str]]:
        return [
            [
                *(sys.executable, "-m", "drakkar", "apiserver", f"--data-dir={self.home / 'data'}"),
                f"--secure-port={self.port}",
                f"--client-ca-file={self.authority.pair.certificate}",
                f"--tls-cert-file={self.serving.certificate}",
                f"--tls-private-key-file={self.serving.key}",
                f"--service-account-signing-key-file={self.accounts.key}",
            ]
        ]


class Theirs(Server):
    """etcd and kube-apiserver."""

    def commands(self) -> list[list[str]]:
        etcd, server = originals.built(originals.ETCD), originals.built(originals.API_SERVER)
        clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        return [
            [
                str(etcd),
                f"--data-dir={self.home / 'etcd'}",
                f"--listen-client-urls={clients}",
                f"--advertise-client-urls={clients}",
                f"--listen-peer-urls={peers}",
                f"--initial-advertise-peer-urls={peers}",
                f"--initial-cluster=default={peers}",
            ],
            [
                str(server),
                f"--etcd-servers={clients}",
                f"--secure-port={self.port}",
                "--bind-address=127.0.0.1",
                f"--cert-dir={self.home / 'unused'}",
                f"--client-ca-file={self.authority.pair.certificate}",
                f"--tls-cert-file={self.serving.certificate}",
                f"--tls-private-key-file={self.serving.key}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self.accounts.certificate}",
                f"--service-account-signing-key-file={self.accounts.key}",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--endpoint-reconciler-type=none",
                "--authorization-mode=Node,RBAC",
            ],
        ]


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def load_program(home: Path) -> Path:
    program = home / "load"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE / "go" / "load", check=True)
    return program


def access(server: Server) -> list[str]:
    admin: KeyPair = server.admin
    return [
        f"-address=https://127.0.0.1:{server.port}",
        f"-authority={server.authority.pair.certificate}",
        f"-certificate={admin.certificate}",
        f"-key={admin.key}",
    ]


def wait(server: Server, began: float) -> None:
    import ssl
    import urllib.error
    import urllib.request

    context = ssl.create_default_context(cafile=str(server.authority.pair.certificate))
    context.load_cert_chain(server.admin.certificate, server.admin.key)
    while time.perf_counter() < began + _READY_S:
        with contextlib.suppress(urllib.error.URLError, OSError):
            url = f"https://127.0.0.1:{server.port}/readyz"
            if urllib.request.urlopen(url, context=context, timeout=5).status == 200:
                return
        time.sleep(0.01)
    raise TimeoutError((server.home / "log").read_text()[-2000:])

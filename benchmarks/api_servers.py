"""The API server beside etcd and kube-apiserver, each alone on the machine, with the same client: requests from one and from
sixteen clients, lists, watches, the start, and memory.

`python benchmarks/api_servers.py [SMALLER]` puts its table into benchmarks/results.md; SMALLER divides all numbers, and then
nothing is written. Both write durably: each write is on the disk before it is answered.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import sections  # noqa: E402
from upstream import originals  # noqa: E402

from drakkar.cluster.certificates import Authority, Identity, KeyPair  # noqa: E402
from drakkar.cluster.running import free_port  # noqa: E402

_READY_S = 120
_INTRODUCTION = (
    "The same client, a program in Go, asks one server after the other, each alone on the machine; both have"
    " each write on the disk before they answer. Above 1 Drakkar is faster than etcd and kube-apiserver 1.37.2."
)


class Row(NamedTuple):
    """One kind of requests: `asked` is what the client is told, `count` how many, from so many clients."""

    title: str
    work: str
    count: int
    clients: int
    namespace: str = "default"
    start: int = 0


# In the order in which they are done: what is got must have been made.
ROWS = (
    Row("create a claim, 1 client", "create", 500, 1),
    Row("create a claim, 16 clients", "create", 9_500, 16, start=500),
    Row("get a claim, 1 client", "get", 1_000, 1),
    Row("get a claim, 16 clients", "get", 5_000, 16),
    Row("replace a claim, 1 client", "update", 500, 1),
    Row("replace a claim, 16 clients", "update", 3_000, 16),
    Row("merge-patch a claim, 1 client", "patch", 500, 1),
    Row("merge-patch a claim, 16 clients", "patch", 3_000, 16),
    Row("apply a claim, 1 client", "apply", 300, 1),
    Row("apply a claim, 16 clients", "apply", 2_000, 16),
    Row("list 10,000 claims, 1 client", "list", 5, 1),
    Row("list 10,000 claims, 16 clients", "list", 16, 16),
    Row("an event to 100 watchers", "watch", 200, 1, "kube-system"),
)
_SLICES = Row("", "slices", 12_500, 16)
_LISTED = Row("list 12,500 slices with 100,000 devices", "list-slices", 2, 1)


@dataclass
class Result:
    """What one server came to: seconds by row's title, the seconds until it was ready, and bytes of memory."""

    seconds: dict[str, float] = field(default_factory=dict)
    ready: float = 0.0
    memory: int = 0


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
    def running(self, result: Result) -> Iterator[None]:
        """It runs for the time of the block; how long it took to be ready, and what it had in memory at the end, is noted."""
        began = time.perf_counter()
        with open(self.home / "log", "a") as log:
            started = [
                subprocess.Popen(command, stdout=log, stderr=log, cwd=self.home)
                for command in self.commands()
            ]
        try:
            _wait(self, began)
            result.ready = time.perf_counter() - began
            yield
            result.memory = sum(_resident(one.pid) for one in started)
        finally:
            for one in reversed(started):
                one.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    one.wait(20)
                one.kill()


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


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _load_program(home: Path) -> Path:
    program = home / "load"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE / "go" / "load", check=True)
    return program


def _access(server: Server) -> list[str]:
    admin: KeyPair = server.admin
    return [
        f"-address=https://127.0.0.1:{server.port}",
        f"-authority={server.authority.pair.certificate}",
        f"-certificate={admin.certificate}",
        f"-key={admin.key}",
    ]


def _wait(server: Server, began: float) -> None:
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


def _asked(program: Path, server: Server, row: Row) -> float:
    command = [
        str(program),
        *_access(server),
        f"-work={row.work}",
        f"-count={row.count}",
        f"-clients={row.clients}",
        f"-namespace={row.namespace}",
        f"-from={row.start}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{row.title}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return float(found["seconds"])


def measure(program: Path, server: Server, rows: tuple[Row, ...], slices: Row, listed: Row) -> Result:
    """All rows on a server that has nothing, then its memory with many slices on another one."""
    result = Result()
    with server.running(result):
        # Upstream's server makes its namespaces and its caches in its first second.
        time.sleep(2)
        for row in rows:
            result.seconds[row.title] = _asked(program, server, row)
    with server.running(Result()):
        time.sleep(2)
        _asked(program, server, slices)
        result.seconds[listed.title] = _asked(program, server, listed)
    # As it is after a start with all of them.
    with server.running(result):
        time.sleep(3)
    return result


def _table(ours: Result, theirs: Result, rows: tuple[Row, ...]) -> list[str]:
    lines = [
        "| requests | Drakkar, a second | upstream, a second | ratio |",
        "|---|---|---|---|",
    ]
    for row in rows:
        mine, other = (row.count / one.seconds[row.title] for one in (ours, theirs))
        lines.append(f"| {row.title} | {mine:,.1f} | {other:,.1f} | {mine / other:.2f} |")
    lines += [
        "",
        f"Ready with that in store: {ours.ready:.2f} s, upstream {theirs.ready:.2f} s. Resident memory with 100,000 devices in"
        f" slices and 10,000 claims, just started: {ours.memory / 1e6:,.0f} MB, etcd and kube-apiserver"
        f" {theirs.memory / 1e6:,.0f} MB.",
    ]
    return lines


def main(smaller: int) -> None:
    """Measure and write."""
    began = sections.circumstances()
    rows = tuple(
        row._replace(count=max(row.count // smaller, row.clients), start=row.start // smaller) for row in ROWS
    )
    slices, listed = _SLICES._replace(count=_SLICES.count // smaller), _LISTED
    results = []
    for kind in (Ours, Theirs):
        home = Path(tempfile.mkdtemp(prefix="drakkar-bench-"))
        try:
            results.append(measure(_load_program(home), kind(home), rows, slices, listed))
        finally:
            shutil.rmtree(home)
    lines = _table(results[0], results[1], (*rows, listed))
    print("\n".join(lines))
    if smaller == 1:
        sections.write("api servers", "API server", began, [_INTRODUCTION, "", *lines])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)

"""A whole control plane beside another: 1,000 pods, each with a claim from a template and a request with a selector, from the
first creation until the last pod has its node. Ours, and etcd with kube-apiserver, kube-controller-manager and kube-scheduler.

`python benchmarks/pods.py [NODES ...]` puts its table into benchmarks/results.md; with other numbers of nodes than its own
nothing is written. Nobody is on the nodes: what is measured ends with the binding.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import sections  # noqa: E402
from servers import Ours, Server, Theirs, load_program, loaded, programs  # noqa: E402
from soak.footprint import footprint  # noqa: E402
from upstream import originals  # noqa: E402

from drakkar.cluster import kubeconfig  # noqa: E402

PODS, CLIENTS, NODES = 1_000, 16, (100, 500, 2_000, 5_000)
_INTRODUCTION = (
    f"{PODS:,} pods, each with a claim from a template and a request with a selector, made by {CLIENTS} clients as fast as the"
    " server takes them; from the first creation until the last pod has its node. 8 devices a node. Each control plane alone on"
    " the machine, by the same client, a program in Go; both have each write on the disk before they answer. Upstream is etcd,"
    " kube-apiserver, kube-controller-manager and kube-scheduler 1.37.2, the limits on requests a second raised to 1,000."
    " Work is processor time for a pod; p99 is from creation to node, with half as many pods a second as the slower side came to."
)


class Part(NamedTuple):
    """What one program of a control plane came to: milliseconds of a processor for a pod, and MB of memory."""

    name: str
    work: float
    memory: float


@dataclass
class Result:
    """Of one control plane at one size."""

    seconds: float
    p99: float
    parts: list[Part]

    @property
    def rate(self) -> float:
        """Pods a second."""
        return PODS / self.seconds

    @property
    def memory(self) -> float:
        """MB of all parts."""
        return sum(part.memory for part in self.parts)


def _controllers(server: Server, config: Path) -> list[list[str]]:
    """What decides, beside the server."""
    if isinstance(server, Ours):
        command = [sys.executable, "-m", "drakkar"]
        return [
            [*command, part, f"--kubeconfig={config}", "--no-leader-elect"]
            for part in ("controllers", "scheduler")
        ]
    own = ["--leader-elect=false", "--secure-port=0", "--kube-api-qps=1000", "--kube-api-burst=1000"]
    access = [
        f"--{name}={config}"
        for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    # Nobody is on the nodes who could say that they are well.
    patience = ["--node-monitor-grace-period=1h", "--node-startup-grace-period=1h"]
    manager, scheduler = originals.built(originals.CONTROLLER_MANAGER), originals.built(originals.SCHEDULER)
    return [[str(manager), *access, *own, *patience], [str(scheduler), *access, *own]]


def _beside(server: Server, home: Path) -> AbstractContextManager[list[int]]:
    """They run for the time of the block; their process ids."""
    config = home / "kubeconfig"
    address = f"https://127.0.0.1:{server.port}"
    kubeconfig.merge(config, "bench", address, server.authority.pair.certificate, server.admin)
    return programs(_controllers(server, config), home / "controllers.log")


def measure(kind: type[Server], nodes: int, rate: float = 0) -> Result:
    """With so many nodes; at a `rate`, or as fast as it goes."""
    home = Path(tempfile.mkdtemp(prefix="drakkar-bench-"))
    try:
        program, server = load_program(home), kind(home)
        with server.running() as running:
            # Upstream's server makes its namespaces and its roles in its first second.
            time.sleep(2)
            with _beside(server, home) as others:
                loaded(program, server, "nodes", nodes, CLIENTS)
                loaded(program, server, "slices", nodes, CLIENTS)
                loaded(program, server, "template", 1, 1)
                # What all that makes the others do is over by then.
                time.sleep(5 + nodes / 500)
                processes = [*running.processes, *others]
                before = [footprint(pid) for pid in processes]
                found = loaded(program, server, "pods", PODS, CLIENTS, f"-rate={rate}")
                after = [footprint(pid) for pid in processes]
        names = ("API server", "controllers", "scheduler")
        names = names if kind is Ours else ("etcd", *names)
        parts = [
            Part(name, (now.work - then.work) / PODS * 1000, now.memory)
            for name, then, now in zip(names, before, after, strict=True)
        ]
        return Result(found["seconds"], found["p99"], parts)
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{(home / 'controllers.log').read_text()[-2000:]}") from None
    finally:
        shutil.rmtree(home)


def _table(rows: dict[int, tuple[Result, Result, float, float]]) -> list[str]:
    lines = [
        "| nodes | Drakkar, pods/s | upstream, pods/s | ratio | p99 at half load, s | upstream, s | memory, MB | upstream, MB |"
        " work, ms a pod | upstream, ms |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for nodes, (ours, theirs, p99, other) in rows.items():
        works = [" + ".join(f"{part.work:.1f}" for part in one.parts) for one in (ours, theirs)]
        lines.append(
            f"| {nodes:,} | {ours.rate:.0f} | {theirs.rate:.0f} | {ours.rate / theirs.rate:.2f} | {p99:.2f} | {other:.2f} |"
            f" {ours.memory:.0f} | {theirs.memory:.0f} | {works[0]} | {works[1]} |"
        )
    names = ["API server, controllers, scheduler", "etcd, API server, controllers, scheduler"]
    return [*lines, "", f"Work is that of {names[0]}; and of {names[1]}."]


def main(sizes: tuple[int, ...]) -> None:
    """Measure and write."""
    began = sections.circumstances()
    rows = {}
    for nodes in sizes:
        ours, theirs = measure(Ours, nodes), measure(Theirs, nodes)
        half = min(ours.rate, theirs.rate) / 2
        rows[nodes] = ours, theirs, measure(Ours, nodes, half).p99, measure(Theirs, nodes, half).p99
        print("\n".join(_table(rows)), flush=True)
    if sizes == NODES:
        sections.write("pods", "Pods a second", began, [_INTRODUCTION, "", *_table(rows)])


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or NODES)

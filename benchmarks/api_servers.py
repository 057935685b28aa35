"""The API server beside etcd and kube-apiserver, each alone on the machine, with the same client: requests from one and from
sixteen clients, lists, watches, the start, and memory.

`python benchmarks/api_servers.py [SMALLER]` puts its table into benchmarks/results.md; SMALLER divides all numbers, and then
nothing is written. Both write durably: each write is on the disk before it is answered.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import sections  # noqa: E402
from servers import Ours, Server, Theirs, load_program, loaded  # noqa: E402

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


def _asked(program: Path, server: Server, row: Row) -> float:
    more = f"-namespace={row.namespace}", f"-from={row.start}"
    return float(loaded(program, server, row.work, row.count, row.clients, *more)["seconds"])


def measure(program: Path, server: Server, rows: tuple[Row, ...], slices: Row, listed: Row) -> Result:
    """All rows on a server that has nothing, then its memory with many slices on another one."""
    result = Result()
    with server.running():
        # Upstream's server makes its namespaces and its caches in its first second.
        time.sleep(2)
        for row in rows:
            result.seconds[row.title] = _asked(program, server, row)
    with server.running():
        time.sleep(2)
        _asked(program, server, slices)
        result.seconds[listed.title] = _asked(program, server, listed)
    # As it is after a start with all of them.
    with server.running() as running:
        time.sleep(3)
        result.ready, result.memory = running.ready, running.memory
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
            results.append(measure(load_program(home), kind(home), rows, slices, listed))
        finally:
            shutil.rmtree(home)
    lines = _table(results[0], results[1], (*rows, listed))
    print("\n".join(lines))
    if smaller == 1:
        sections.write("api servers", "API server", began, [_INTRODUCTION, "", *lines])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)

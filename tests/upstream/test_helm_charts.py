"""Charts of real projects through real Helm: installed, changed, rolled back and removed, with the same words and the same
objects as on the real server."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .charts import CHARTS, Chart
from .differences import Difference, differences
from .go_modules import downloaded
from .two_servers import Asked, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_LIMIT_S = 180
_SPACE = "of-the-chart"
# What no two servers say alike.
_OWN = ("uid", "resourceVersion", "creationTimestamp", "selfLink")
_TIMES = re.compile(r"LAST DEPLOYED: .*|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+(Z| \+0000 UTC) *")
# Of tables, which are as wide as what stands in them.
_BLANKS = re.compile(" +")
# Where they differ, and why.
_AGGREGATED = (
    "no request is passed on to the service of an APIService, so that nobody says whether it could be"
)
LISTED: tuple[tuple[str, str], ...] = (
    (r"kueue: (install|install again|upgrade|roll back)\.error", _AGGREGATED),
    (r"kueue: .*\.APIService/.*\.(status\.conditions|metadata\.managedFields)", _AGGREGATED),
)


class Programs(NamedTuple):
    """Those that are asked, and those beside which."""

    helm: Path
    kubectl: Path


class Done(NamedTuple):
    """What a program came to."""

    code: int
    out: str
    error: str

    @property
    def plain(self) -> Object:
        """Without what no two servers print alike."""
        said = (_BLANKS.sub(" ", _TIMES.sub("TIME", text)) for text in (self.out, self.error))
        return dict(zip(("code", "out", "error"), (self.code, *said), strict=True))


class User:
    """Somebody with Helm and kubectl at one server."""

    def __init__(self, programs: Programs, server: Asked, home: Path) -> None:
        home.mkdir()
        self._programs = programs
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(server.kubeconfig(home / "kubeconfig")),
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
        }

    async def helm(self, *arguments: str) -> Done:
        """Run Helm in the chart's namespace."""
        return await self._run(self._programs.helm, "", *arguments, f"--namespace={_SPACE}")

    async def objects(self, manifest: str) -> dict[str, Object]:
        """The objects of a manifest as the server has them, by kind and name."""
        got = await self._run(
            *(self._programs.kubectl, manifest),
            *("get", "-f", "-", "-o", "json", "--show-managed-fields", "--ignore-not-found"),
        )
        assert got.code == 0, got
        found = json.loads(got.out) if got.out else {"items": []}
        items = found["items"] if found.get("kind") == "List" or "items" in found else [found]
        return {f"{one['kind']}/{one['metadata']['name']}": bare(one) for one in items}

    async def settle_down(self) -> None:
        """What says nothing of a namespace is in the chart's."""
        done = await self._run(
            self._programs.kubectl, "", "config", "set-context", "test", f"--namespace={_SPACE}"
        )
        assert done.code == 0, done

    async def _run(self, program: Path, typed: str, *arguments: str) -> Done:
        process = await asyncio.create_subprocess_exec(
            *(str(program), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )
        out, error = await asyncio.wait_for(process.communicate(typed.encode()), _LIMIT_S)
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), error.decode())


def bare(obj: Object) -> Object:
    """An object without what no two servers have alike."""
    found = copy.deepcopy(obj)
    meta = found["metadata"]
    for name in _OWN:
        meta.pop(name, None)
    for entry in meta.get("managedFields", ()):
        entry["time"] = "TIME"
    for condition in (found.get("status") or {}).get("conditions") or ():
        if "lastTransitionTime" in condition:
            condition["lastTransitionTime"] = "TIME"
    if found["kind"] == "Service":
        spec = found["spec"]
        for name in ("clusterIP", "clusterIPs"):
            if name in spec and spec[name] not in ("None", ["None"]):
                spec[name] = "IP"
    return found


class Both:
    """One user at each server, who do the same."""

    def __init__(self, chart: str, users: Sequence[User]) -> None:
        self._chart, self._users = chart, users
        self.found: list[tuple[str, Difference]] = []
        self.objects = 0

    async def helm(self, what: str, *arguments: str) -> str:
        """Both run Helm; what it printed at the original's user."""
        theirs, mine = await asyncio.gather(*(user.helm(*arguments) for user in self._users))
        self._note(what, theirs.plain, mine.plain)
        assert theirs.code == 0, theirs
        return theirs.out

    async def compare(self, what: str, manifest: str) -> None:
        """The manifest's objects, once each server has come to rest."""
        theirs, mine = await asyncio.gather(*(user.objects(manifest) for user in self._users))
        for _ in range(20):
            if theirs == mine:
                break
            # Definitions and services of the API get their states a little later.
            await asyncio.sleep(0.5)
            theirs, mine = await asyncio.gather(*(user.objects(manifest) for user in self._users))
        self.objects += len(theirs)
        self._note(what, theirs, mine)

    def _note(self, what: str, theirs: Any, mine: Any) -> None:
        what = f"{self._chart}: {what}"
        self.found += [
            (what, one) for one in differences(theirs, mine) if not _is_listed(f"{what}{one.path}")
        ]

    def told(self) -> Iterator[str]:
        """The differences in words."""
        for what, one in self.found:
            yield f"{what}{one.path}:\n  theirs {one.theirs!r}\n  ours   {one.mine!r}"


def _is_listed(where: str) -> bool:
    return any(re.fullmatch(pattern, where) for pattern, _ in LISTED)


async def _life(chart: Chart, at: Path, users: Sequence[User]) -> Both:
    pair = Both(at.name, users)
    settings = [f"--set={one}" for one in chart.settings]
    await pair.helm("install", "install", "one", str(at), "--create-namespace", *settings)
    first = await pair.helm("manifest", "get", "manifest", "one")
    await pair.compare("installed", first)
    await pair.helm("install again", "upgrade", "--install", "one", str(at), *settings)
    await pair.helm("upgrade", "upgrade", "one", str(at), *settings, f"--set={chart.change}")
    second = await pair.helm("manifest of the upgrade", "get", "manifest", "one")
    assert second != first
    await pair.compare("upgraded", second)
    await pair.helm("roll back", "rollback", "one", "1")
    await pair.compare("rolled back", first)
    await pair.helm("history", "history", "one", "-o", "yaml")
    await pair.helm("list", "list")
    await pair.helm("status", "status", "one")
    await pair.helm("uninstall", "uninstall", "one", "--wait")
    await pair.compare("uninstalled", first)
    return pair


@pytest.mark.parametrize("chart", CHARTS, ids=lambda one: one.module.rpartition("/")[2])
def test_charts_live_as_on_the_real_server(
    chart: Chart, tmp_path: Path, apiserver_137: Path, etcd: Path, kubectl_137: Path, helm: Path
) -> None:
    found = downloaded(chart.module, chart.version)
    if isinstance(found, str):
        pytest.skip(f"{chart.module}: {found}")

    async def compare() -> Both:
        async with both(tmp_path, apiserver_137, etcd) as servers:
            users = [
                User(Programs(helm, kubectl_137), server, tmp_path / f"user-{index}")
                for index, server in enumerate(servers)
            ]
            for user in users:
                await user.settle_down()
            return await _life(chart, found / chart.path, users)

    pair = asyncio.run(compare())
    assert pair.objects > 6
    assert not pair.found, "\n".join(pair.told())

"""Query parameters and media types that are odd, put to both servers: what is taken, and what is said of the others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
PODS = "/api/v1/namespaces/default/pods"
NUMBERS = [
    "",
    "1",
    "+5",
    "1_0",
    " 5",
    "5 ",
    "٣",
    "²",
    "-1",
    "-0",
    "0",
    "007",
    "1e3",
    "0x10",
    "1.0",
    "abc",
    "9223372036854775807",
]
NUMBERS += ["9223372036854775808", "-9223372036854775809", "9" * 30, "9" * 5000]
LISTS = [f"limit={number}" for number in NUMBERS] + [f"timeoutSeconds={number}" for number in NUMBERS]
LISTS += [f"resourceVersion={number}" for number in NUMBERS if number not in ("1", "+5", "007")]
LISTS += [f"resourceVersion={number}&resourceVersionMatch=Exact" for number in ("abc", "-1", "0", "")]
LISTS += [
    f"watch=1&timeoutSeconds=1&resourceVersion={number}"
    for number in ("abc", "-1", "9" * 19, "9" * 30, "1_0", "+5")
]
LISTS += [
    f"watch=1&timeoutSeconds=1&{more}" for more in ("continue=x", "limit=1", "limit=x", "limit=-1", "limit=")
]
LISTS += [
    "continue=x",
    "continue=",
    "continue=x&resourceVersion=5",
    "limit=1&resourceVersion=0",
    "sendInitialEvents=maybe",
]
LOGS = [f"{name}={number}" for name in ("tailLines", "limitBytes", "sinceSeconds") for number in NUMBERS]
LOGS += [
    f"sinceTime={text}"
    for text in ("", "x", "2020-01-01T00:00:00Z", "2020-01-01", "0", "2020-02-30T00:00:00Z")
]
LOGS += [f"stream={text}" for text in ("", "Stdin", "stdout", "Stdout", "All", "Stderr")]
LOGS += [
    "stream=Stdout&tailLines=1",
    "stream=All&tailLines=1",
    "sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z",
]
LOGS += [
    "follow=maybe",
    "container=",
    "container=zz",
    "container=zz&tailLines=-1",
    "tailLines=-1&limitBytes=0",
]
# Those that are well would be connected to.
PORTS = ["", "80,", "-1", "65536", "70000", "²", "٣", " 80", "+80", "abc", "8_0", "9" * 5000]
GRACE = [1, 0, -1, 10**11, 10**14, 2**31, 2**62, 2**63 - 1, -(2**63), 2**63, 1.5, "5", None, True]
MEDIA = [
    "application/json;charset=utf-8",
    "application/json;x",
    "application/json;x=",
    "application/json; ",
    "application/json;",
]
MEDIA += [
    "application/JSON",
    "text/plain",
    "*/*",
    "application/",
    "application/json, text/plain",
    "application/json;=x",
]
ACCEPT = [
    "",
    "text/html",
    "*/*;q=0",
    "application/*",
    "application/*;q=1",
    "application/yaml, application/json",
    "a/b/c",
]
_AS = "application/json;as={};v=v1;g=meta.k8s.io"
ACCEPT += [
    _AS.format(name) for name in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList", "Foo", "")
]
ACCEPT += [
    "application/json;as=Table",
    "application/json;as=Table;v=v2;g=meta.k8s.io",
    "application/json;stream=watch",
]
ACCEPT += [
    _AS.format("Foo") + ",application/json",
    "application/json;profile=x",
    "application/*, application/json",
]
Case = tuple[Any, ...]


def _escaped(query: str) -> str:
    from urllib.parse import quote

    return quote(query, safe="=&,:")


def _cases() -> list[Case]:
    cases: list[Case] = [("GET", f"{PODS}?{_escaped(query)}") for query in LISTS]
    cases += [("GET", f"{PODS}/p0/log?{_escaped(query)}") for query in LOGS]
    cases += [("POST", f"{PODS}/p0/portforward?ports={_escaped(ports)}") for ports in PORTS]
    names = [f"p{number}" for number in range(len(GRACE) + len(NUMBERS))]
    for name, grace in zip(names, GRACE, strict=False):
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": grace}
        cases.append(("DELETE", f"{PODS}/{name}?dryRun=All", options))
    for name, number in zip(names[len(GRACE) :], NUMBERS, strict=True):
        cases.append(("DELETE", f"{PODS}/{name}?dryRun=All&gracePeriodSeconds={_escaped(number)}"))
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    cases += [("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", made, media) for media in MEDIA]
    for path in (PODS, "/api/v1/namespaces/default"):
        cases += [("GET", path, None, "application/json", accept) for accept in ACCEPT]
    return cases


async def _furnish(asked: Asked, pods: int) -> None:
    await asked.ask("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})
    spec = {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}
    for number in range(pods):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": spec}
        assert (await asked.ask("POST", PODS, pod)).code == 201


async def _differences(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    found = []
    async with both(directory, apiserver, etcd) as servers:
        for one in servers:
            await _furnish(one, len(GRACE) + len(NUMBERS))
        for case in _cases():
            theirs, mine = await ask_both(servers, *case)
            # Of what has failed the original gives no reason.
            if theirs.code != mine.code or (theirs.reason != mine.reason and theirs.code < 500):
                said = [
                    f"{one.code} {one.reason} {str(one.body.get('message'))[:300]}" for one in (theirs, mine)
                ]
                found.append("\n    ".join([str(case)[:200], *said]))
    return found


def test_query_parameters(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)

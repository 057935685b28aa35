"""Texts in the place of times and of base64, sent to the original and to ours: what is taken, what is stored, what is said."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Answer, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_MIDNIGHT = "2020-01-01T00:00:00"
TIMES = ["x", "", "20-01-01T00:00:00Z", "2020-1-1T0:0:0Z", "2020-01-01 00:00:00Z", "2020-01-01t00:00:00z"]
TIMES += ["2020-00-01T00:00:00Z", "2020-13-01T00:00:00Z", "2020-01-00T00:00:00Z", "2020-01-32T00:00:00Z"]
TIMES += ["2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:60:00Z", "2020-01-01T00:00:60Z"]
TIMES += ["2020-01-01T0:00:00Z", "2020-01-01T0:00:00.000000Z", "2020-01-01T00:00:0", _MIDNIGHT]
TIMES += [f"{_MIDNIGHT}.{figures}Z" for figures in ("", "5", "123456", "1234567890123")]
TIMES += [f"{_MIDNIGHT},123456Z", f"{_MIDNIGHT}.000000Zx", f"{_MIDNIGHT}Zx"]
ZONES = ("Z", "+02:00", "-23:59", "+24:00", "+25:00", "+02:60", "+02:61", "+0200", "+2:00", " +02:00")
TIMES += [f"{_MIDNIGHT}{fraction}{zone}" for fraction in ("", ".000000") for zone in ZONES]
# Python's times end where Go's go on.
BEYOND = ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59"]
BYTES = [
    "",
    "!!!",
    "d",
    "dg",
    "dg=",
    "dg==",
    "dh==",
    "dg==x",
    "dg==\n",
    "\ndg==",
    "d\r\ng==",
    "dg=\n=",
    "dg=\n",
    "d g==",
]
BYTES += ["d=", "d===", "====", "=", "ZGF0Y", "ZGF0YQ==ZGF0YQ==", "ZGF0-_==", "ZGF1", "ZGF1ZGF", "é", "ZGFé"]


def _event(text: str) -> tuple[str, Object]:
    about = {"kind": "Pod", "namespace": "default", "name": "p"}
    told = {"reason": "r", "type": "Normal", "source": {"component": "c"}, "firstTimestamp": text}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": about, **told}
    return "/api/v1/namespaces/default/events", event


def _lease(text: str) -> tuple[str, Object]:
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}
    return "/apis/coordination.k8s.io/v1/namespaces/default/leases", {**lease, "spec": {"acquireTime": text}}


def _secret(text: str) -> tuple[str, Object]:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": text}}
    return "/api/v1/namespaces/default/secrets", secret


def _config_map(text: str) -> tuple[str, Object]:
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}, "binaryData": {"a": text}}
    return "/api/v1/namespaces/default/configmaps", found


def _owned(text: str) -> tuple[str, Object]:
    entry = {
        "manager": "m",
        "operation": "Update",
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "time": text,
    }
    meta = {"name": "s", "managedFields": [{**entry, "fieldsV1": {}}]}
    return "/api/v1/namespaces/default/configmaps", {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
    }


def _said(answer: Answer) -> Any:
    if answer.code >= 400:
        return answer.code, answer.reason, answer.body["message"]
    return [answer.body.get(field) for field in ("firstTimestamp", "spec", "data", "binaryData")]


async def _differences(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    cases = [make(text) for text in TIMES for make in (_event, _lease, _owned)]
    cases += [make(text) for text in BYTES for make in (_secret, _config_map)]
    found = []
    async with both(directory, apiserver, etcd) as servers:
        for path, obj in cases:
            theirs, mine = map(_said, await ask_both(servers, "POST", f"{path}?dryRun=All", obj))
            if theirs != mine:
                found.append(f"{obj}\n    theirs {theirs}\n    ours   {mine}")
        for text in BEYOND:
            path, obj = _event(text)
            theirs, mine = map(_said, await ask_both(servers, "POST", f"{path}?dryRun=All", obj))
            assert isinstance(theirs, list) and mine[0] == 400 and "year out of range" in mine[2]
    return found


def test_times_and_bytes(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)

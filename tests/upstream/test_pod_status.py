"""Changes of a pod and of its status, sent to the original and to ours: the same ones are refused, in the same words."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Answer, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
PODS = "/api/v1/namespaces/default/pods"
MIRROR = "kubernetes.io/config.mirror"
# The original tells the whole object here, ours the patch.
_SENT = re.compile('"{.*}": ')
_MERGE = "application/merge-patch+json"
_ENDED = {"terminated": {"exitCode": 0}}
_RUNS = {"running": {"startedAt": "2020-01-01T00:00:00Z"}}


def _pod(name: str, **meta: Any) -> Object:
    spec = {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}
    if meta:
        spec["nodeName"] = "n"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **meta}, "spec": spec}


def _container(state: Object, count: int = 0) -> Object:
    return {"name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": count, "state": state}


STATUS: dict[str, Object] = {
    "a mirror": {"metadata": {"annotations": {MIRROR: "y"}}},
    "another annotation": {"metadata": {"annotations": {"a": "b"}}},
    "a class of service": {"status": {"qosClass": "Guaranteed"}},
    "the class it has": {"status": {"qosClass": "BestEffort"}},
    "an address": {"status": {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}},
    "an address that is none": {"status": {"podIP": "999.1.1.1", "podIPs": [{"ip": "999.1.1.1"}]}},
    "addresses of one family": {"status": {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]}},
    "addresses of two": {"status": {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}},
    "three addresses": {"status": {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}, {"ip": "fd00::2"}]}},
    "addresses that differ": {"status": {"podIP": "10.0.0.3", "podIPs": [{"ip": "10.0.0.1"}]}},
    "an address with noughts": {"status": {"podIP": "10.0.0.01", "podIPs": [{"ip": "10.0.0.01"}]}},
    "a host's address that is none": {"status": {"hostIP": "x", "hostIPs": [{"ip": "x"}]}},
    "a nominated node": {"status": {"nominatedNodeName": "n"}},
    "a nominated node of no name": {"status": {"nominatedNodeName": "a b"}},
    "a container that runs": {"status": {"containerStatuses": [_container(_RUNS)]}},
    "a container that is none of its": {
        "status": {"containerStatuses": [{**_container(_RUNS), "name": "d"}]}
    },
    "a claim that is none of its": {
        "status": {"resourceClaimStatuses": [{"name": "g", "resourceClaimName": "x"}]}
    },
    "a phase of no name": {"status": {"phase": "Odd"}},
    "a time that is none": {"status": {"startTime": "x"}},
}
OF_MIRROR: dict[str, Object] = {
    "not a mirror": {"metadata": {"annotations": {MIRROR: None}}},
    "another mirror": {"metadata": {"annotations": {MIRROR: "z"}}},
}
OF_ENDED: dict[str, Object] = {
    "a container that runs again": {"status": {"containerStatuses": [_container(_RUNS)]}},
    "a container that has not begun": {"status": {"containerStatuses": [_container({"waiting": {}})]}},
    "a container with an exit": {
        "status": {"containerStatuses": [_container({"terminated": {"exitCode": 1}})]}
    },
}


def _said(answer: Answer) -> Any:
    status = _less(answer.body.get("status")) if answer.code < 400 else None
    return (
        answer.code,
        answer.reason,
        [(*cause[:2], _SENT.sub("", cause[2])) for cause in answer.causes],
        status,
    )


def _less(value: Any) -> Any:
    """Without what Go writes of a struct of which nothing is said."""
    if isinstance(value, dict):
        kept = {key: _less(part) for key, part in value.items()}
        return {key: part for key, part in kept.items() if part not in ({}, None)}
    return [_less(one) for one in value] if isinstance(value, list) else value


def _timeless(made: Answer) -> Object:
    status: Object = made.body["status"]
    for one in status["conditions"]:
        # Some moment, on both sides.
        assert one.pop("lastTransitionTime")
    return status


async def _differences(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    found = []
    async with both(directory, apiserver, etcd) as servers:
        await ask_both(servers, "POST", PODS, _pod("p"))
        await ask_both(servers, "POST", PODS, _pod("m", annotations={MIRROR: "y"}))
        await ask_both(servers, "POST", PODS, _pod("e"))
        gated = _pod("g")
        gated["spec"]["schedulingGates"] = [{"name": "a.b/c"}]
        theirs, mine = map(_timeless, await ask_both(servers, "POST", PODS, gated))
        if theirs != mine:
            found.append(f"a gated pod\n    theirs {theirs}\n    ours   {mine}")
        over = {"status": {"phase": "Failed", "containerStatuses": [_container(_ENDED)]}}
        made = await ask_both(servers, "PATCH", f"{PODS}/e/status", over, _MERGE)
        assert [one.code for one in made] == [200, 200]
        asked = [(f"{PODS}/p/status", what, change) for what, change in STATUS.items()]
        asked += [(f"{PODS}/m/status", what, change) for what, change in OF_MIRROR.items()]
        asked += [(f"{PODS}/m", what, change) for what, change in OF_MIRROR.items()]
        asked += [(f"{PODS}/p", what, STATUS[what]) for what in ("a mirror", "another annotation")]
        asked += [(f"{PODS}/e/status", what, change) for what, change in OF_ENDED.items()]
        for path, what, change in asked:
            theirs, mine = map(_said, await ask_both(servers, "PATCH", f"{path}?dryRun=All", change, _MERGE))
            if theirs != mine:
                found.append(f"{path} {what}\n    theirs {theirs}\n    ours   {mine}")
    return found


def test_changes_of_pods(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)

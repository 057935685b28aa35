"""Deletions, evictions and bindings with all that may be wrong with them, sent to the original and to ours."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
CORE = "/api/v1/namespaces/default"
_DRY = "?dryRun=All"
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\(\d+\)|: \d+")
NOBODYS = "00000000-0000-4000-8000-000000000000"

OPTIONS: dict[str, Any] = {
    "nothing": {},
    "preconditions that are a list": {"preconditions": []},
    "preconditions that are a text": {"preconditions": "x"},
    "another kind": {"kind": "Pod"},
    "another version": {"kind": "DeleteOptions", "apiVersion": "v2"},
    "its kind": {"kind": "DeleteOptions", "apiVersion": "v1"},
    "the kind of its group": {"kind": "DeleteOptions", "apiVersion": "apps/v1"},
    "a dry run that is none": {"dryRun": {}},
    "a dry run of some": {"dryRun": ["Some"]},
    "two ways with children": {"propagationPolicy": "Orphan", "orphanDependents": True},
    "a way with children": {"propagationPolicy": "Sometimes"},
    "no way with children": {"propagationPolicy": ""},
    "a grace below nothing": {"gracePeriodSeconds": -1},
    "a grace in words": {"gracePeriodSeconds": "soon"},
    "an unknown field": {"graceSeconds": 5},
    "another id": {"preconditions": {"uid": NOBODYS}},
    "another version of it": {"preconditions": {"resourceVersion": "1"}},
    "an id of no form": {"preconditions": {"uid": 5}},
    "a list": [],
    "a text": "x",
}
EVICTIONS: dict[str, Any] = {
    "nothing wrong": {"metadata": {"name": "p"}},
    "no name": {},
    "another name": {"metadata": {"name": "q"}},
    "another namespace": {"metadata": {"name": "p", "namespace": "kube-system"}},
    "options that are a text": {"metadata": {"name": "p"}, "deleteOptions": "x"},
    "options of another id": {
        "metadata": {"name": "p"},
        "deleteOptions": {"preconditions": {"uid": NOBODYS}},
    },
    "a dry run of some": {"metadata": {"name": "p"}, "deleteOptions": {"dryRun": ["Some"]}},
    "another kind": {"kind": "Pod", "metadata": {"name": "p"}},
    "an unknown field": {"metadata": {"name": "p"}, "more": 1},
}
BINDINGS: dict[str, Any] = {
    "nothing wrong": {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}},
    "no kind": {"metadata": {"name": "p"}, "target": {"name": "n"}},
    "no name": {"target": {"kind": "Node", "name": "n"}},
    "another name": {"metadata": {"name": "q"}, "target": {"kind": "Node", "name": "n"}},
    "another namespace": {
        "metadata": {"name": "p", "namespace": "x"},
        "target": {"kind": "Node", "name": "n"},
    },
    "no target": {"metadata": {"name": "p"}},
    "no node": {"metadata": {"name": "p"}, "target": {"kind": "Node"}},
    "a target that is a text": {"metadata": {"name": "p"}, "target": "n"},
    "a target of another kind": {"metadata": {"name": "p"}, "target": {"kind": "Pod", "name": "n"}},
    "another kind": {"kind": "Pod", "metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}},
    "another id": {"metadata": {"name": "p", "uid": NOBODYS}, "target": {"kind": "Node", "name": "n"}},
}
QUERIES = (
    "?dryRun=",
    "?dryRun=Some",
    "?dryRun=All&dryRun=Some",
    "?fieldManager=a%0Ab",
    "?fieldValidation=Odd",
)


def _said(answer: Answer) -> Any:
    if answer.code < 400:
        return answer.code
    # Of a body that cannot be read the original tells in Go's words.
    told = "" if answer.causes or answer.code == 400 else str(answer.body.get("message"))
    causes = [[_UID.sub("", part) for part in cause] for cause in answer.causes]
    return answer.code, answer.reason, causes, _UID.sub("", told)


def _listed(path: str, what: str, theirs: Any, mine: Any) -> bool:
    """Differences that are meant."""
    if "/binding" in path and what == "another id":
        # Its storage says it in its own words; and it does not look at the id where the pod is not in the URL.
        return bool(mine[0] == 409) and (theirs == 201 or theirs[0] == 409)
    # It answers some wrong bindings and evictions as if the fault were its own.
    return (
        isinstance(theirs, tuple) and theirs[:2] == (500, "") and isinstance(mine, tuple) and mine[0] == 422
    )


class _Conversation:
    def __init__(self, servers: tuple[Asked, Asked]) -> None:
        self._servers = servers
        self.asked = 0
        self.found: list[str] = []

    async def ask(
        self, what: str, verb: str, path: str, obj: Any = None, media: str = "application/json"
    ) -> None:
        self.asked += 1
        theirs, mine = map(_said, await ask_both(self._servers, verb, path, obj, media))
        if theirs != mine and not _listed(path, what, theirs, mine):
            self.found.append(f"{verb} {path} {what}\n    theirs {theirs}\n    ours   {mine}")


def _pod(name: str, **labels: str) -> Object:
    spec = {"containers": [{"name": "c", "image": "i"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def _config(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"q": "1"}}}


async def _budget(one: _Conversation, servers: tuple[Asked, Asked]) -> None:
    """A budget of one is spent by one eviction, though nobody counts its pods."""
    where = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"b": "1"}}}
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b"},
        "spec": spec,
    }
    await one.ask("a budget", "POST", where, budget)
    merge = "application/merge-patch+json"
    counted = {"disruptionsAllowed": 1, "currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3}
    status = {"status": {**counted, "observedGeneration": 1}}
    await one.ask("of one", "PATCH", f"{where}/b/status", status, merge)
    for name in ("b1", "b2", "b3"):
        await ask_both(servers, "POST", f"{CORE}/pods", _pod(name, b="1"))
        bound = {"metadata": {"name": name}, "target": {"kind": "Node", "name": "n"}}
        await ask_both(servers, "POST", f"{CORE}/pods/{name}/binding", bound)
        runs = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
        await ask_both(servers, "PATCH", f"{CORE}/pods/{name}/status", runs, merge)
    for name in ("b1", "b2", "b3"):
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        await one.ask("on trial", "POST", f"{CORE}/pods/{name}/eviction{_DRY}", eviction)
        await one.ask("of the budget", "POST", f"{CORE}/pods/{name}/eviction", eviction)
        await one.ask("after it", "GET", f"{CORE}/pods/{name}")


async def _converse(directory: Path, apiserver: Path, etcd: Path) -> _Conversation:
    async with both(directory, apiserver, etcd) as servers:
        one = _Conversation(servers)
        for name in ("p", "dry"):
            await ask_both(servers, "POST", f"{CORE}/pods", _pod(name))
        for name in ("a", "b"):
            await ask_both(servers, "POST", f"{CORE}/configmaps", _config(name))
        for what, options in OPTIONS.items():
            if isinstance(options, dict):
                # Where there is a body the original passes over what the URL says.
                options = {"dryRun": ["All"], **options}
            await one.ask(what, "DELETE", f"{CORE}/configmaps/a{_DRY}", options)
            await one.ask(what, "DELETE", f"{CORE}/configmaps{_DRY}&labelSelector=q=1", options)
            await one.ask(what, "DELETE", f"{CORE}/pods/p{_DRY}", options)
        for what in ("another id", "another version of it"):
            await one.ask(what, "DELETE", f"{CORE}/configmaps?labelSelector=q=1", OPTIONS[what])
            await one.ask(what, "GET", f"{CORE}/configmaps/a")
        for what, eviction in EVICTIONS.items():
            await one.ask(what, "POST", f"{CORE}/pods/p/eviction{_DRY}", eviction)
        trial = {"metadata": {"name": "dry"}, "deleteOptions": {"dryRun": ["All"]}}
        await one.ask("on trial", "POST", f"{CORE}/pods/dry/eviction", trial)
        await one.ask("after the trial", "GET", f"{CORE}/pods/dry")
        for what, binding in BINDINGS.items():
            await one.ask(what, "POST", f"{CORE}/pods/p/binding{_DRY}", binding)
            await one.ask(what, "POST", f"{CORE}/bindings{_DRY}", binding)
        for query in QUERIES:
            await one.ask(query, "POST", f"{CORE}/configmaps{query}", _config("c"))
            await one.ask(query, "PATCH", f"{CORE}/configmaps/a{query}", {}, "application/merge-patch+json")
            await one.ask(query, "DELETE", f"{CORE}/configmaps/none{query}")
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app"}}
        await one.ask("an account", "POST", f"{CORE}/serviceaccounts", account)
        for spec in (
            {},
            {"boundObjectRef": {}},
            {"boundObjectRef": {"kind": "Pod"}},
            {"boundObjectRef": None},
        ):
            await one.ask(str(spec), "POST", f"{CORE}/serviceaccounts/app/token", {"spec": spec})
        for seconds in ("nan", "inf", "1e400", "1_0", "-1", "0", "x", "1.5", "", "+1"):
            await one.ask("watch", "GET", f"{CORE}/configmaps?timeoutSeconds={seconds}&limit=1")
        await _budget(one, servers)
        return one


def test_deletions_evictions_and_bindings(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    done = asyncio.run(_converse(tmp_path, apiserver_137, etcd))
    assert not done.found, f"{len(done.found)} differences of {done.asked}\n" + "\n".join(done.found)

"""Pod security: what each level in each version refuses or warns of, and what labels of namespaces may say: both alike."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from . import pod_security_cases as cases
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_HOMES = "/api/v1/namespaces"
_MERGE = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
# The original sees what is stored a moment later.
_SEEN_S = 2.0
_AT_ONCE = 16
# Of the pods of which every version says the same, one in so many is put to every namespace.
_ONE_IN = 8
# Where every pod is asked about.
_ALWAYS = ("baseline-latest", "restricted-latest", "none")
# Warnings that only one of them has, and why.
LISTED = {
    "known-gaps.md": "ours says which fields nobody acts on",
    "duplicate port definition": "ports of containers of different sorts are not compared: they never run together",
    "deprecated in v1": "ours has never had volumes of these sorts",
    "deprecated since v1": "ours takes AppArmor's annotations for the fields, and old labels of nodes, without a word",
    "non-functional in v1.27": "ours has never read these annotations",
}
_MADE = re.compile(r"\bg-[a-z0-9]{5}\b")


class Question(NamedTuple):
    """One request, and of what it is."""

    what: str
    verb: str
    path: str
    body: Any
    media: str = "application/json"


def _said(answer: Answer) -> Object:
    warnings = [one for one in answer.warnings if not any(part in one for part in LISTED)]
    if answer.code < 400:
        return {"code": answer.code, "warnings": warnings}
    body = answer.body
    return {
        "code": answer.code,
        "reason": answer.reason,
        "message": _MADE.sub("g-", body["message"]),
        "name": _MADE.sub("g-", (body.get("details") or {}).get("name", "")),
        "kind": (body.get("details") or {}).get("kind"),
        "causes": answer.causes,
        "warnings": warnings,
    }


async def _compare(servers: tuple[Asked, Asked], questions: Iterable[Question]) -> AsyncIterator[str]:
    """What differs, of many that are asked side by side."""
    waiting = list(questions)
    for start in range(0, len(waiting), _AT_ONCE):
        some = waiting[start : start + _AT_ONCE]
        asked = (ask_both(servers, one.verb, one.path, one.body, one.media) for one in some)
        for question, answers in zip(some, await asyncio.gather(*asked), strict=True):
            theirs, mine = map(_said, answers)
            if theirs != mine:
                yield f"{question.what}: {question.body}\n    theirs {theirs}\n    ours   {mine}"


async def _furnish(servers: Sequence[Asked], name: str, labels: Object) -> None:
    for path, obj in (
        (_HOMES, {"metadata": {"name": name, "labels": labels}}),
        (f"{_HOMES}/{name}/serviceaccounts", {"metadata": {"name": "default"}}),
    ):
        made = await ask_both(servers, "POST", path, obj)
        assert [one.code for one in made] == [201, 201], made


def _pods() -> Iterator[Question]:
    pods, changing = list(cases.pods()), list(cases.changing())
    assert len(pods) + len(changing) >= 200
    for at, (home, _) in enumerate(cases.homes()):
        some = pods if home in _ALWAYS else [one for n, one in enumerate(pods) if (n + at) % _ONE_IN == 0]
        for n, pod in enumerate((*some, *changing)):
            meta = {"name": f"p-{n}", **pod.get("metadata", {})}
            yield Question(home, "POST", f"{_HOMES}/{home}/pods?dryRun=All", {**pod, "metadata": meta})


def _workloads() -> Iterator[Question]:
    for home in ("restricted-latest", "warn-baseline-v1-0", "both", "audited", "none"):
        for template in list(cases.changing())[:6]:
            for n, (path, obj) in enumerate(cases.workloads(template)):
                made = {**obj, "metadata": {"name": f"w-{n}"}}
                yield Question(home, "POST", path.replace("/NS/", f"/{home}/") + "?dryRun=All", made)


def _namespaces() -> Iterator[Question]:
    for n, labels in enumerate(cases.bad_labels()):
        obj = {"metadata": {"name": f"n-{n}", "labels": labels}}
        yield Question("a new namespace", "POST", f"{_HOMES}?dryRun=All", obj)
        patch = {"metadata": {"labels": labels}}
        yield Question("a namespace", "PATCH", f"{_HOMES}/both?dryRun=All", patch, _MERGE)
        yield Question("its status", "PATCH", f"{_HOMES}/both/status?dryRun=All", patch, _MERGE)


def _odd_names() -> Iterator[Question]:
    """Names that the server makes, other things that are wrong, and more than there is room for."""
    pod = next(cases.changing())
    path = f"{_HOMES}/restricted-latest/pods"
    yield Question("a name to be made", "POST", path, {**pod, "metadata": {"generateName": "g-"}})
    bad = {"generateName": "g-", "labels": {f"{cases.PREFIX}enforce": "x"}}
    yield Question("a name to be made", "POST", _HOMES, {"metadata": bad})
    # What is wrong otherwise is told first, or with it.
    wrong = {**pod, "metadata": {"name": "A B"}}
    yield Question("wrong besides", "POST", path, wrong)
    deprecated = {
        **pod,
        "metadata": {"name": "d"},
        "spec": {**pod["spec"], "nodeSelector": {"beta.kubernetes.io/os": "linux"}},
    }
    yield Question("warned besides", "POST", path, deprecated)
    yield Question("warned besides", "POST", f"{_HOMES}/warn-restricted-latest/pods?dryRun=All", deprecated)
    # More than a head has room for.
    many = [{"name": f"{'long' * 12}-{n}", "image": "i"} for n in range(60)]
    large = {"metadata": {"name": "m"}, "spec": {**pod["spec"], "containers": many}}
    for home in ("restricted-latest", "warn-restricted-latest"):
        yield Question("much", "POST", f"{_HOMES}/{home}/pods?dryRun=All", large)


def _changes_of_pods() -> Iterator[Question]:
    """Pods that were there before their namespace asked for anything; one change after the other."""
    path = f"{_HOMES}/changed/pods/p0"
    image = [{"op": "replace", "path": "/spec/containers/0/image", "value": "other"}]
    yield Question("labels", "PATCH", path, {"metadata": {"labels": {"a": "b"}}}, _MERGE)
    yield Question("status", "PATCH", f"{path}/status", {"status": {"phase": "Running"}}, _MERGE)
    yield Question("an image", "PATCH", path, image, _JSON_PATCH)
    yield Question("the same image", "PATCH", path, [{**image[0], "value": "i"}], _JSON_PATCH)
    yield Question("time", "PATCH", path, {"spec": {"activeDeadlineSeconds": 5}}, _MERGE)
    good = f"{_HOMES}/changed/pods/p4"
    yield Question("an image", "PATCH", good, image, _JSON_PATCH)
    for name, privileged in (("e", True), ("f", False)):
        added = {**cases.container(name, privileged=privileged), "targetContainerName": "c"}
        patch = {"spec": {"ephemeralContainers": [added]}}
        for one in (path, good):
            yield Question("ephemeral", "PATCH", f"{one}/ephemeralcontainers", patch, _MERGE)
    yield Question("a binding", "POST", f"{path}/binding", {"target": {"kind": "Node", "name": "n"}})


def _applied() -> Iterator[Question]:
    """The same in other ways to write."""
    media = "application/apply-patch+yaml"
    query = "?fieldManager=x&force=true"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": next(cases.changing())["spec"],
    }
    for home in ("restricted-latest", "warn-restricted-latest", "same"):
        path = f"{_HOMES}/{home}/pods/a{query}"
        yield Question("a pod that is applied", "PATCH", path, json.dumps(pod), media)
    for level in ("strict", "baseline"):
        meta = {"name": "there", "labels": {f"{cases.PREFIX}enforce": level}}
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
        yield Question("labels that are applied", "PATCH", f"{_HOMES}/there{query}", json.dumps(home), media)
        yield Question("labels that are put", "PUT", f"{_HOMES}/there", home)


async def _one_by_one(servers: tuple[Asked, Asked], questions: Iterable[Question]) -> list[str]:
    return [found for one in questions async for found in _compare(servers, [one])]


async def _changes_of_labels(servers: tuple[Asked, Asked]) -> list[str]:
    found = []
    for given in cases.CHANGES:
        labels = {f"{cases.PREFIX}{key}": value for key, value in given.items()}
        patch = {"metadata": {"labels": labels}}
        for dry in ("?dryRun=All", ""):
            asked = Question("labels of pods", "PATCH", f"{_HOMES}/there{dry}", patch, _MERGE)
            found += await _one_by_one(servers, [asked])
    return found


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        homes = [*cases.homes(), ("there", {}), ("changed", {})]
        await asyncio.gather(*(_furnish(servers, name, labels) for name, labels in homes))
        for home in ("there", "changed"):
            for pod in cases.existing():
                made = await ask_both(servers, "POST", f"{_HOMES}/{home}/pods", pod)
                assert [one.code for one in made] == [201, 201], made
        label = {"metadata": {"labels": {f"{cases.PREFIX}enforce": "baseline"}}}
        await ask_both(servers, "PATCH", f"{_HOMES}/changed", label, _MERGE)
        await asyncio.sleep(_SEEN_S)
        asked = [*_pods(), *_workloads(), *_namespaces()]
        found = [one async for one in _compare(servers, asked)]
        found += await _one_by_one(servers, _odd_names())
        found += await _changes_of_labels(servers)
        found += await _one_by_one(servers, _changes_of_pods())
        found += await _one_by_one(servers, _applied())
        return found


def test_pod_security(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)}\n" + "\n".join(found)

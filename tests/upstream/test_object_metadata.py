"""Objects with bad metadata, bad pods, and their good neighbours, sent to the original and to ours: the same answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from .object_kinds import METADATA, STORED, legal, path_of
from .pod_cases import CASES, deployment_of, pod_of
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_DRY = "?dryRun=All"
_AT_ONCE = 8
# What the server itself writes, which is another each time.
_SAME = re.compile(r"(.)\1{20,}")
# Volumes that are in use are kept by a controller that is not here, as nothing here mounts them.
_PROTECTION = tuple(f"kubernetes.io/{kind}-protection" for kind in ("pvc", "pv", "vac"))
# What is made of the object's own name and template: no metadata that a client sent.
_DERIVED = (
    "kubernetes.io/metadata.name",
    "deprecated.daemonset.template.generation",
    *(
        f"{domain}{name}"
        for domain in ("", "batch.kubernetes.io/")
        for name in ("controller-uid", "job-name")
    ),
)
_SUFFIX = re.compile("(UPPER|some)-[a-z0-9]{5}")
# The original's storage says where it has the object, and both say the id that they gave it.
_STORAGE = re.compile("(StorageError: .*)?Precondition failed.*")
# A pod's spec in Go's form where ours says null, or what differs in it.
_GO_VALUE = re.compile(
    r"null(?=: field is immutable)|\{\"Spec\":.*(?=: field is immutable)|(?<=\))\n@@ .*|(?<=\))\n  core\.PodSpec.*",
    re.DOTALL,
)
_OWN = ("uid", "creationTimestamp", "managedFields", "resourceVersion", "name")


def _said(answer: Answer) -> Object:
    """What must be the same: the code, the reason, the causes; and the metadata of what would be stored."""
    said: Object = {"code": answer.code}
    if answer.code >= 400:
        causes = [[_GO_VALUE.sub("", _SUFFIX.sub("UPPER-*", part)) for part in one] for one in answer.causes]
        said |= {"reason": answer.reason, "causes": causes}
        if not answer.causes:
            said["message"] = _STORAGE.sub("Precondition failed", answer.body["message"])
    else:
        meta = answer.body["metadata"]
        kept = {key: value for key, value in meta.items() if key not in _OWN}
        kept["finalizers"] = [one for one in kept.get("finalizers") or [] if one not in _PROTECTION]
        for part in ("labels", "annotations"):
            given = kept.get(part) or {}
            kept[part] = {key: value for key, value in given.items() if key not in _DERIVED}
        said["metadata"] = kept
        said["name"] = _SUFFIX.sub("*", meta["name"]) if "generateName" in meta else meta["name"]
    return said


def _listed(what: str, theirs: Object, mine: Object) -> bool:
    """Differences that are meant, each with its reason."""
    if what.startswith(("PersistentVolume", "VolumeAttributesClass")) and what.endswith(
        "finalizers that exclude each other"
    ):
        # The finalizers that protect volumes stand beside them, see _PROTECTION.
        return bool(theirs["code"] == mine["code"] == 422)
    if what.endswith(("DaemonSet, annotations of 256 KiB", "DaemonSet status, annotations of 256 KiB")):
        # The count of its template stands in an annotation, and the original keeps it elsewhere.
        return bool(theirs["code"] < 400 and mine["code"] == 422)
    if what == "LimitRange, no name":
        # Either makes an id the name.
        return bool(theirs["code"] == mine["code"] == 201)
    if what.startswith("ReplicationController status, "):
        # Labels of a template become those of an object without any; with us on a write of the whole only.
        labelled = {**mine.get("metadata", {}), "labels": {"app": "x"}}
        return bool(theirs.get("metadata") == labelled)
    return False


def _difference(what: str, answers: Iterable[Answer]) -> str:
    theirs, mine = map(_said, answers)
    if _listed(what, theirs, mine):
        return ""
    return "" if theirs == mine else _SAME.sub(r"\1\1...", f"{what}\n    theirs {theirs}\n    ours   {mine}")


async def _compare(servers: tuple[Asked, Asked], cases: Iterable[tuple[str, str, Object]]) -> list[str]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(what: str, path: str, obj: Object) -> str:
        async with gate:
            return _difference(what, await ask_both(servers, "POST", path + _DRY, obj))

    found = await asyncio.gather(*(one(*case) for case in cases))
    return [said for said in found if said]


def _metadata_cases() -> Iterable[tuple[str, str, Object]]:
    for kind in STORED:
        for what, meta in METADATA.items():
            obj = legal(kind)
            yield f"{kind.kind}, {what}", path_of(kind), {**obj, "metadata": {**obj["metadata"], **meta}}


async def _run(
    directory: Path, programs: tuple[Path, Path], cases: list[tuple[str, str, Object]]
) -> list[str]:
    async with both(directory, *programs) as servers:
        return await _compare(servers, cases)


def test_metadata_of_every_kind(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    cases = list(_metadata_cases())
    found = asyncio.run(_run(tmp_path, (apiserver_137, etcd), cases))
    assert not found, f"{len(found)} differences of {len(cases)}\n" + "\n".join(found)


def test_pods_and_their_templates(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    cases = []
    for what, changes in CASES.items():
        cases.append((f"pod, {what}", "/api/v1/namespaces/default/pods", pod_of(changes)))
        where = "/apis/apps/v1/namespaces/default/deployments"
        cases.append((f"template, {what}", where, deployment_of(changes)))
    found = asyncio.run(_run(tmp_path, (apiserver_137, etcd), cases))
    assert not found, f"{len(found)} differences of {len(cases)}\n" + "\n".join(found)


_CHANGED = ("ConfigMap", "Pod", "ResourceClaim", "Lease", "Deployment")
_MERGE = "application/merge-patch+json"
_POD_CHANGES: dict[str, Object] = {
    "an image": {"spec": {"containers": [{"name": "c", "image": "j"}]}},
    "an image with blanks around it": {"spec": {"containers": [{"name": "c", "image": " j "}]}},
    "no image": {"spec": {"containers": [{"name": "c", "image": ""}]}},
    "a label": {"metadata": {"labels": {"a b": "c"}}},
    "a toleration of a bad key": {"spec": {"tolerations": [{"key": "a b", "operator": "Exists"}]}},
    "a deadline": {"spec": {"activeDeadlineSeconds": 5}},
    "no time": {"spec": {"activeDeadlineSeconds": 0}},
    "a finalizer": {"metadata": {"finalizers": ["bare"]}},
}


async def _compare_changes(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    found = []
    async with both(directory, *programs) as servers:
        for kind in [one for one in STORED if one.kind in _CHANGED]:
            made = await ask_both(servers, "POST", path_of(kind), legal(kind))
            assert [one.code for one in made] == [201, 201], made
            where = f"{path_of(kind)}/some-name{_DRY}"
            for what, meta in METADATA.items():
                if not meta.keys() & {"name", "generateName", "namespace", "resourceVersion"}:
                    answers = await ask_both(servers, "PATCH", where, {"metadata": meta}, _MERGE)
                    found.append(_difference(f"{kind.kind}, {what}", answers))
            for what, change in _POD_CHANGES.items() if kind.kind == "Pod" else ():
                strategic = "application/strategic-merge-patch+json"
                answers = await ask_both(servers, "PATCH", where, change, strategic)
                found.append(_difference(f"pod, {what}", answers))
    return [said for said in found if said]


def test_metadata_of_changes(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_compare_changes(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)


async def _compare_replacements(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    found = []
    async with both(directory, *programs) as servers:
        for kind in STORED:
            obj = legal(kind)
            await ask_both(servers, "POST", path_of(kind), obj)
            for what in ("nothing wrong", "an id and a time", "a grace period"):
                sent = {**obj, "metadata": {**obj["metadata"], **METADATA[what]}}
                answers = await ask_both(servers, "PUT", f"{path_of(kind)}/some-name{_DRY}", sent)
                found.append(_difference(f"{kind.kind} in place of another, {what}", answers))
    return [said for said in found if said]


def test_metadata_of_replacements(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_compare_replacements(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)


async def _compare_status_changes(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    found = []
    async with both(directory, *programs) as servers:
        for kind in [one for one in STORED if one.status and one.kind != "Namespace"]:
            obj = legal(kind)
            made = await ask_both(servers, "POST", path_of(kind), obj)
            assert [one.code for one in made] == [201, 201], made
            where = f"{path_of(kind)}/some-name/status{_DRY}"
            for what, meta in METADATA.items():
                if not meta.keys() & {"name", "generateName", "namespace", "resourceVersion"}:
                    answers = await ask_both(servers, "PATCH", where, {"metadata": meta}, _MERGE)
                    found.append(_difference(f"patch of {kind.kind} status, {what}", answers))
                    sent = {**obj, "metadata": {**obj["metadata"], **meta}}
                    answers = await ask_both(servers, "PUT", where, sent)
                    found.append(_difference(f"{kind.kind} status, {what}", answers))
    return [said for said in found if said]


def test_metadata_of_status_changes(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_compare_status_changes(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)

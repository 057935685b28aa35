"""What is asked about one kind, from its first object to the last: good and bad, in the order in which it is asked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from drakkar.apiserver.kinds.kind import Kind

from .object_kinds import legal, path_of

Object = dict[str, Any]
JSON, MERGE, JSON_PATCH = "application/json", "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIALS = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
NAME = "some-name"


class Question(NamedTuple):
    """`body` is sent as JSON, or as it is where it is a text."""

    what: str
    verb: str
    path: str
    body: Any = None
    media: str = JSON
    accept: str = JSON


def _with(obj: Object, **meta: Any) -> Object:
    made = copy.deepcopy(obj)
    made["metadata"] |= meta
    return made


def _legal(kind: Kind) -> Object:
    obj = legal(kind)
    if kind.version != "v1beta1":
        return obj
    spec = copy.deepcopy(obj.get("spec") or {})
    devices = (spec.get("spec") or spec).get("devices")
    if isinstance(devices, dict):
        devices["requests"] = [{"name": one["name"], **one["exactly"]} for one in devices["requests"]]
    elif devices:
        spec["devices"] = [{"name": one["name"], "basic": {}} for one in devices]
    return {**obj, "spec": spec}


def questions(kind: Kind) -> Iterator[Question]:
    """All of them, each about the kind's own collection and the object of one name in it."""
    yield from _creations(kind)
    yield from _reads(kind)
    yield from _changes(kind)
    yield from _applies(kind)
    yield from _ends(kind)


def _creations(kind: Kind) -> Iterator[Question]:
    all_of, obj = path_of(kind), _legal(kind)
    strict = f"{all_of}?fieldValidation=Strict&dryRun=All"
    yield Question("a list of none", "GET", all_of)
    yield Question("on trial", "POST", f"{all_of}?dryRun=All", obj)
    yield Question("of another kind", "POST", all_of, {**obj, "kind": "Nothing"})
    yield Question("of another version", "POST", all_of, {**obj, "apiVersion": "nothing/v1"})
    yield Question("with an unknown field", "POST", f"{all_of}?dryRun=All", {**obj, "nope": 1})
    yield Question("with an unknown field, strictly", "POST", strict, {**obj, "nope": 1})
    yield Question("without a name", "POST", all_of, _with(obj, name=""))
    yield Question("with a bad name", "POST", all_of, _with(obj, name="Not/A Name"))
    yield Question("with a bad label", "POST", all_of, _with(obj, labels={"a": "b c"}))
    yield Question("with a version", "POST", all_of, _with(obj, resourceVersion="5"))
    yield Question("in another namespace", "POST", all_of, _with(obj, namespace="elsewhere"))
    yield Question("no JSON", "POST", all_of, "{")
    yield Question("a list", "POST", all_of, [])
    yield Question("an unknown option", "POST", f"{all_of}?dryRun=Some", obj)
    yield Question("of a bad medium", "POST", all_of, "a: b", "text/plain")
    yield Question("made", "POST", f"{all_of}?fieldManager=first", obj)
    yield Question("made twice", "POST", all_of, obj)
    yield Question("to a name", "POST", f"{all_of}/{NAME}", obj)


def _reads(kind: Kind) -> Iterator[Question]:
    all_of = path_of(kind)
    one = f"{all_of}/{NAME}"
    yield Question("read", "GET", one)
    yield Question("read as a table", "GET", one, accept=TABLE)
    yield Question("read in part", "GET", one, accept=PARTIAL)
    yield Question("read in a bad form", "GET", one, accept="text/plain")
    yield Question("read that is not there", "GET", f"{all_of}/nobody")
    yield Question("listed", "GET", f"{all_of}?limit=1&fieldSelector=metadata.name%3D{NAME}")
    yield Question("listed as a table", "GET", f"{all_of}?fieldSelector=metadata.name%3D{NAME}", accept=TABLE)
    yield Question("listed in part", "GET", f"{all_of}?fieldSelector=metadata.name%3D{NAME}", accept=PARTIALS)
    yield Question("listed by a label", "GET", f"{all_of}?labelSelector=no%3Dsuch")
    yield Question("listed by a bad label", "GET", f"{all_of}?labelSelector=a%3D%3D%3Db")
    yield Question("listed by an unknown field", "GET", f"{all_of}?fieldSelector=spec.nope%3D1")
    yield Question("listed at a bad version", "GET", f"{all_of}?resourceVersion=x")
    yield Question("listed exactly at none", "GET", f"{all_of}?resourceVersionMatch=Exact")
    yield Question("listed on from nowhere", "GET", f"{all_of}?limit=1&continue=nowhere")
    yield Question("its status", "GET", f"{one}/status")
    yield Question("its scale", "GET", f"{one}/scale")
    yield Question("what is below it", "GET", f"{one}/nothing")


def _changes(kind: Kind) -> Iterator[Question]:
    all_of, obj = path_of(kind), _legal(kind)
    one = f"{all_of}/{NAME}"
    trial = f"{one}?dryRun=All"
    yield Question("replaced at an old version", "PUT", one, _with(obj, resourceVersion="1"))
    yield Question("replaced under another name", "PUT", one, _with(obj, name="other"))
    yield Question("replaced by another", "PUT", one, _with(obj, uid="another"))
    yield Question("the collection replaced", "PUT", all_of, obj)
    yield Question("the collection patched", "PATCH", all_of, {}, MERGE)
    labels = {"metadata": {"labels": {"a": "b"}}}
    for medium in (MERGE, STRATEGIC):
        yield Question(f"patched by {medium}", "PATCH", f"{one}?fieldManager=second", labels, medium)
        bad = {"metadata": {"labels": {"a": "b c"}}}
        yield Question(f"patched badly by {medium}", "PATCH", one, bad, medium)
        yield Question(f"patched by {medium} to nothing", "PATCH", trial, None, medium)
        yield Question(
            f"patched by {medium} to another name", "PATCH", one, {"metadata": {"name": "x"}}, medium
        )
        yield Question(
            f"patched by {medium} at an old version",
            "PATCH",
            one,
            {"metadata": {"resourceVersion": "1"}},
            medium,
        )
    for what, operations in (
        ("well", [{"op": "add", "path": "/metadata/annotations", "value": {"c": "d"}}]),
        ("where nothing is", [{"op": "remove", "path": "/metadata/nope"}]),
        ("after a test that fails", [{"op": "test", "path": "/metadata/name", "value": "x"}]),
        ("by what is no operation", [{"op": "nope", "path": "/metadata"}]),
        ("by what is no list", {"op": "add"}),
    ):
        yield Question(
            f"patched by operations {what}", "PATCH", f"{one}?fieldManager=third", operations, JSON_PATCH
        )
    yield Question("patched by nothing known", "PATCH", one, "{}", "application/nope")
    yield Question("patched as JSON", "PATCH", one, {}, JSON)
    yield Question("patched that is not there", "PATCH", f"{all_of}/nobody", labels, MERGE)
    status = {"metadata": {"annotations": {"of": "status"}}}
    yield Question("its status patched", "PATCH", f"{one}/status?fieldManager=fourth", status, MERGE)
    yield Question("its status with a field of no kind", "PATCH", f"{one}/status", {"status": 5}, MERGE)


def _applies(kind: Kind) -> Iterator[Question]:
    one = f"{path_of(kind)}/{NAME}"
    own = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": NAME, "labels": {"a": "c"}},
    }
    yield Question("applied by nobody", "PATCH", one, own, APPLY)
    yield Question("applied against others", "PATCH", f"{one}?fieldManager=fifth", own, APPLY)
    yield Question("applied by force", "PATCH", f"{one}?fieldManager=fifth&force=true", own, APPLY)
    yield Question("applied again", "PATCH", f"{one}?fieldManager=fifth", own, APPLY)
    nameless = {key: value for key, value in own.items() if key != "kind"}
    yield Question("applied without a kind", "PATCH", f"{one}?fieldManager=fifth", nameless, APPLY)
    kept = _with(own, managedFields=[{"manager": "x"}])
    yield Question("applied with owners", "PATCH", f"{one}?fieldManager=fifth", kept, APPLY)
    yield Question("applied and given up", "PATCH", f"{one}?fieldManager=fifth", _with(own, labels={}), APPLY)
    yield Question("read after all that", "GET", one)


def _ends(kind: Kind) -> Iterator[Question]:
    all_of = path_of(kind)
    one = f"{all_of}/{NAME}"
    yield Question("deleted as another", "DELETE", one, {"preconditions": {"uid": "another"}})
    yield Question("deleted at an old version", "DELETE", one, {"preconditions": {"resourceVersion": "1"}})
    yield Question(
        "deleted twice over", "DELETE", one, {"orphanDependents": True, "propagationPolicy": "Orphan"}
    )
    yield Question("deleted by a bad way", "DELETE", f"{one}?propagationPolicy=Nope")
    yield Question("deleted on trial", "DELETE", f"{one}?dryRun=All")
    yield Question(
        "all deleted on trial", "DELETE", f"{all_of}?dryRun=All&fieldSelector=metadata.name%3D{NAME}"
    )
    yield Question("deleted", "DELETE", f"{one}?gracePeriodSeconds=0")
    yield Question("deleted again", "DELETE", f"{all_of}/nobody")
    yield Question("what is left", "GET", f"{all_of}?labelSelector=no%3Dsuch")

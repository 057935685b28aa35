"""What is said about custom objects, one step after the other, and what the two servers may say differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .custom_definitions import PLANETS, WIDGETS, changed, definition, version
from .custom_objects import widget

Object = dict[str, Any]
MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIALS = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_BASE = "/apis/stable.example.com/v1"
_THINGS = f"{_BASE}/namespaces/default/widgets"
_PLANETS, _OLD_PLANETS = f"{_BASE}/planets", "/apis/stable.example.com/v1beta1/planets"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SCHEMA_PATHS = ("/openapi/v3/apis/stable.example.com/v1", "/openapi/v3/apis/stable.example.com/v1beta1")


class Step(NamedTuple):
    """One question; `wait`, `gone` and `established` are none."""

    what: str
    verb: str
    path: str = ""
    body: Any = None
    media: str = "application/json"
    accept: str = ""


class Accepted(NamedTuple):
    """A difference that is meant: why, and what the two say then."""

    why: str
    same: Callable[[Object, Object], bool]


def _get(what: str, path: str, accept: str = "") -> Step:
    return Step(what, "GET", path, accept=accept)


def _post(what: str, path: str, body: Any) -> Step:
    return Step(what, "POST", path, body)


def _put(what: str, path: str, body: Any) -> Step:
    return Step(what, "PUT", path, body)


def _patch(what: str, path: str, body: Any, media: str = MERGE) -> Step:
    return Step(what, "PATCH", path, body, media)


def _delete(what: str, path: str, body: Any = None) -> Step:
    return Step(what, "DELETE", path, body)


def _planet(version_name: str, name: str, **more: Any) -> Object:
    return {
        "apiVersion": f"stable.example.com/{version_name}",
        "kind": "Planet",
        "metadata": {"name": name},
        **more,
    }


_ONE, _STATUS, _SCALE = f"{_THINGS}/one", f"{_THINGS}/one/status", f"{_THINGS}/one/scale"
_SCALED = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "one"}}
_ITEMS = [{"name": "a"}, {"name": "b", "port": 81}]

DISCOVERY = [
    _get("the group", "/apis/stable.example.com"),
    _get("the version", _BASE),
    _get("the older version", "/apis/stable.example.com/v1beta1"),
    _get("a version that is not there", "/apis/stable.example.com/v2"),
    _get("the aggregated form", "/apis", AGGREGATED),
    _get("a kind that is not there", f"{_BASE}/namespaces/default/gadgets"),
    _get("an object that is not there", f"{_THINGS}/nobody"),
    _get("an empty list", _THINGS),
    _get("an empty list of all namespaces", f"{_BASE}/widgets"),
    _get("a cluster's kind in a namespace", f"{_BASE}/namespaces/default/planets"),
    _get("a namespace's object without one", f"{_BASE}/widgets/one"),
    _get("an empty table", _THINGS, TABLE),
    _get("definitions as a table", f"{_DEFINITIONS}/widgets.stable.example.com", TABLE),
]
CREATION = [
    _post("an object", _THINGS, widget(items=_ITEMS, labels={"a": "b"}, tags=["x"], ratio=0.25, flag=True)),
    _post("the same again", _THINGS, widget()),
    _post("another", _THINGS, widget("two", mode="slow", size=2)),
    _post("a third", _THINGS, {**widget("three", any={"a": [1]}), "status": {"phase": "Ready"}}),
    _post("one in no namespace", f"{_BASE}/widgets", widget("four")),
    _post("one in a namespace that is not there", f"{_BASE}/namespaces/nowhere/widgets", widget("four")),
    _get("it", _ONE),
    _get("it as a table", _ONE, TABLE),
    _get("its metadata", _ONE, PARTIAL),
    _get("the list", _THINGS),
    _get("the list as a table", _THINGS, TABLE),
    _get("the list's metadata", _THINGS, PARTIALS),
    _get("a first page", f"{_THINGS}?limit=3"),
    _get("slow ones", f"{_THINGS}?fieldSelector=spec.mode%3Dslow"),
    _get("those that are not slow", f"{_THINGS}?fieldSelector=spec.mode!%3Dslow"),
    _get("those of a size", f"{_THINGS}?fieldSelector=spec.size%3D2"),
    _get("those of a flag", f"{_THINGS}?fieldSelector=spec.flag%3Dtrue"),
    _get("those without a flag", f"{_THINGS}?fieldSelector=spec.flag%3D"),
    _get("one by its name", f"{_THINGS}?fieldSelector=metadata.name%3Done,metadata.namespace%3Ddefault"),
    _get("those of a field that is not selectable", f"{_THINGS}?fieldSelector=spec.code%3Da"),
    _get("those of a label", f"{_THINGS}?labelSelector=a%3Db"),
]
_TWICE = '{"apiVersion":"stable.example.com/v1","kind":"Widget","metadata":{"name":"raw"},"spec":{"size":1,"size":2,"no":1}}'
_YAML = """\
apiVersion: stable.example.com/v1
kind: Widget
metadata: {name: raw}
spec: {size: 3, text: abc, any: {a: 2024-01-01}}
"""
_WATCH = "watch=true&resourceVersion=0&timeoutSeconds=1"
RAW = [
    Step("fields twice", "POST", f"{_THINGS}?dryRun=All", _TWICE),
    Step("fields twice, strictly", "POST", f"{_THINGS}?dryRun=All&fieldValidation=Strict", _TWICE),
    Step("fields twice, ignored", "POST", f"{_THINGS}?dryRun=All&fieldValidation=Ignore", _TWICE),
    Step("YAML", "POST", f"{_THINGS}?dryRun=All", _YAML, "application/yaml"),
    Step("no JSON", "POST", f"{_THINGS}?dryRun=All", "{", "application/json"),
    Step("a form", "POST", f"{_THINGS}?dryRun=All", "a=b", "application/x-www-form-urlencoded"),
    _get("a watch", f"{_THINGS}?{_WATCH}"),
    _get("a watch by a field", f"{_THINGS}?{_WATCH}&fieldSelector=spec.mode%3Dslow"),
    _get("a watch of tables", f"{_THINGS}?{_WATCH}&labelSelector=a%3Db", TABLE),
]
CHANGES = [
    _patch("a merge", _ONE, {"spec": {"size": 5, "nobody": 1}}),
    _patch("a merge strictly", f"{_ONE}?fieldValidation=Strict", {"spec": {"nobody": 1}}),
    _patch("a merge that takes away", _ONE, {"spec": {"labels": None}}),
    _patch("a merge that takes what is required", _ONE, {"spec": {"size": None}}),
    _patch("a merge of nothing", _ONE, {"spec": {"size": 5}}),
    _patch("a merge of a wrong value", _ONE, {"spec": {"mode": "x", "size": "y"}}),
    _patch("a merge of a status", _ONE, {"status": {"phase": "Ready"}}),
    _patch("a merge of the metadata", _ONE, {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}),
    _patch("a merge of a bad label", _ONE, {"metadata": {"labels": {"a b": "c"}}}),
    _patch("a JSON patch", _ONE, [{"op": "replace", "path": "/spec/size", "value": 6}], JSON_PATCH),
    _patch("a JSON patch that fails", _ONE, [{"op": "test", "path": "/spec/size", "value": 7}], JSON_PATCH),
    _patch(
        "a JSON patch of a wrong type", _ONE, [{"op": "add", "path": "/spec/flag", "value": 1}], JSON_PATCH
    ),
    _patch("a strategic merge", _ONE, {"spec": {"size": 7}}, STRATEGIC),
    _patch("a merge, dry", f"{_ONE}?dryRun=All", {"spec": {"size": 9}}),
    _put("a PUT without a version", _ONE, widget(size=8)),
    _put("a PUT of another name", _ONE, widget("other", size=8)),
    _put("a PUT of nobody", f"{_THINGS}/nobody", widget("nobody")),
    _get("what came of it", _ONE),
    _patch("a status", _STATUS, {"status": {"phase": "Ready", "replicas": 2}, "spec": {"size": 99}}),
    _patch("a status that is wrong", _STATUS, {"status": {"phase": "x", "replicas": "y"}}),
    _patch(
        "a status with conditions", _STATUS, {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    ),
    _patch(
        "conditions twice",
        _STATUS,
        {"status": {"conditions": [{"type": "A", "status": "True"}, {"type": "A", "status": "False"}]}},
    ),
    _patch("a status with labels", _STATUS, {"metadata": {"labels": {"x": "y"}}, "status": {"replicas": 3}}),
    _patch("a status with unknown fields", _STATUS, {"status": {"unknown": 1}}),
    _patch("no status", _STATUS, {"status": None}),
    _patch("a status again", _STATUS, {"status": {"selector": "a=b", "since": "2024-01-01T00:00:00Z"}}),
    _get("the status", _STATUS),
    _get("the table with it", _THINGS, TABLE),
    _get("the scale", _SCALE),
    _put("a scale", _SCALE, {**_SCALED, "spec": {"replicas": 4}}),
    _put("a scale below zero", _SCALE, {**_SCALED, "spec": {"replicas": -4}}),
    _put("a scale that is too large", _SCALE, {**_SCALED, "spec": {"replicas": 101}}),
    _patch("a merge of the scale", _SCALE, {"spec": {"replicas": 5}}),
    _get("what came of the scale", _ONE),
]
APPLIED = [
    _patch("without a manager", _ONE, widget(size=5), APPLY),
    _patch("a conflict", f"{_ONE}?fieldManager=m", widget(size=50), APPLY),
    _patch("by force", f"{_ONE}?fieldManager=m&force=true", widget(size=50), APPLY),
    _patch(
        "of a new one",
        f"{_THINGS}/applied?fieldManager=m",
        widget(
            "applied", items=[{"name": "a", "port": 1}], tags=["a", "b"], atom={"a": "x"}, any={"x": {"y": 1}}
        ),
        APPLY,
    ),
    _patch(
        "by another",
        f"{_THINGS}/applied?fieldManager=n",
        widget("applied", items=[{"name": "b", "port": 2, "note": "n"}], tags=["c"], any={"x": {"z": 1}}),
        APPLY,
    ),
    _patch(
        "of an atomic map by another",
        f"{_THINGS}/applied?fieldManager=n",
        widget("applied", atom={"b": "y"}),
        APPLY,
    ),
    _patch("of less", f"{_THINGS}/applied?fieldManager=m", widget("applied", tags=["a"]), APPLY),
    _patch("of what is not declared", f"{_ONE}?fieldManager=m", widget(nobody=1), APPLY),
    _patch("of another type", f"{_ONE}?fieldManager=m", widget(size="x"), APPLY),
    _patch("of a list for an object", f"{_ONE}?fieldManager=m", widget(made=[1]), APPLY),
    _patch("of items twice", f"{_ONE}?fieldManager=m", widget(tags=["a", "a"]), APPLY),
    _patch("of a wrong value", f"{_ONE}?fieldManager=m&force=true", widget(mode="x"), APPLY),
    _patch("of a status", f"{_STATUS}?fieldManager=m", {**widget(), "status": {"phase": "Failed"}}, APPLY),
    _patch("of an item without its port", f"{_ONE}?fieldManager=m", widget(items=[{"name": "c"}]), APPLY),
    _get("what came of it", f"{_THINGS}/applied"),
    _get("and of the other", _ONE),
]
VERSIONS = [
    _post("in the newer version", _PLANETS, _planet("v1", "new", spec={"new": "a", "old": "b", "both": "c"})),
    _get("read in the older", f"{_OLD_PLANETS}/new"),
    _post("in the older version", _OLD_PLANETS, _planet("v1beta1", "old", spec={"old": "b", "both": "c"})),
    _get("read in the newer", f"{_PLANETS}/old"),
    _get("the list of the older", _OLD_PLANETS),
    _patch("a merge in the older", f"{_OLD_PLANETS}/new", {"spec": {"both": "d"}}),
    _get("what came of it", f"{_PLANETS}/new"),
    _patch("a status in the whole", f"{_PLANETS}/new", {"status": {"ok": True}}),
    _get("a status that is none", f"{_PLANETS}/new/status"),
    _get("a scale that is none", f"{_PLANETS}/new/scale"),
    _get("a table of the older", _OLD_PLANETS, TABLE),
    _patch("an apply", f"{_PLANETS}/new?fieldManager=m", _planet("v1", "new", status={"ok": True}), APPLY),
    _patch("an apply in the older", f"{_OLD_PLANETS}/mine?fieldManager=m", _planet("v1beta1", "mine"), APPLY),
    _post("in the other's words", _PLANETS, _planet("v1beta1", "x")),
    _patch("a strategic merge", f"{_PLANETS}/new", {"spec": {}}, STRATEGIC),
    _get("a watch of the older", f"{_OLD_PLANETS}?{_WATCH}"),
]
_TIGHTER = changed(
    WIDGETS, "spec", "versions", 0, "schema", "openAPIV3Schema", "properties", "spec", "properties", "size", "maximum",
    value=3,
)  # fmt: skip
_SPEC_PATCH = {"spec": {"versions": _TIGHTER["spec"]["versions"]}}
DEFINED = [
    _patch("a tighter schema", f"{_DEFINITIONS}/widgets.stable.example.com", _SPEC_PATCH),
    Step("", "wait"),
    _patch("a change beside what is wrong now", _ONE, {"spec": {"text": "abc"}}),
    _patch("a change of what is wrong now", _ONE, {"spec": {"size": 51}}),
    _patch("a new scope", f"{_DEFINITIONS}/widgets.stable.example.com", {"spec": {"scope": "Cluster"}}),
    _patch("a new group", f"{_DEFINITIONS}/widgets.stable.example.com", {"spec": {"group": "b.example.com"}}),
    _patch("a new kind", f"{_DEFINITIONS}/widgets.stable.example.com", {"spec": {"names": {"kind": "Wodget"}}}),
    _patch("a stored version that goes", f"{_DEFINITIONS}/planets.stable.example.com",
           {"spec": {"versions": [changed(PLANETS, "spec", "versions", 0, "storage", value=True)["spec"]["versions"][0]]}}),
    _put("a definition without a version", f"{_DEFINITIONS}/widgets.stable.example.com", WIDGETS),
    _post("a definition again", _DEFINITIONS, WIDGETS),
    _post("a conflict of names", _DEFINITIONS, definition("wodgets", "Widget", names={
        "plural": "wodgets", "kind": "Widget", "shortNames": ["wd", "wo"]})),
    Step("", "wait"),
    _get("what came of the conflict", f"{_DEFINITIONS}/wodgets.stable.example.com"),
    _get("its objects", f"{_BASE}/namespaces/default/wodgets"),
    _patch("its way out", f"{_DEFINITIONS}/wodgets.stable.example.com",
           {"spec": {"names": {"kind": "Wodget", "singular": "wodget", "listKind": "WodgetList", "shortNames": ["wo"]}}}),
    Step("", "established", "wodgets.stable.example.com"),
    _get("what came of that", f"{_DEFINITIONS}/wodgets.stable.example.com"),
    _get("its objects now", f"{_BASE}/namespaces/default/wodgets"),
    _patch("a version more", f"{_DEFINITIONS}/wodgets.stable.example.com",
           {"spec": {"versions": [version("v1", False), version("v2")]}}),
    Step("", "wait"),
    _get("the versions now", "/apis/stable.example.com"),
    _get("the stored versions", f"{_DEFINITIONS}/wodgets.stable.example.com"),
]  # fmt: skip
END = [
    _patch("a finalizer", f"{_THINGS}/three", {"metadata": {"finalizers": ["example.com/wait"]}}),
    _delete("one that is held", f"{_THINGS}/three"),
    _get("it is there", f"{_THINGS}/three"),
    _patch(
        "one finalizer more",
        f"{_THINGS}/three",
        {"metadata": {"finalizers": ["example.com/wait", "b.example/c"]}},
    ),
    _patch("no finalizer", f"{_THINGS}/three", {"metadata": {"finalizers": None}}),
    _get("it is gone", f"{_THINGS}/three"),
    _delete("another version of it", _ONE, {"preconditions": {"uid": "nobody"}}),
    _delete("one", _ONE),
    _delete("it again", _ONE),
    _delete("a collection by a field", f"{_THINGS}?fieldSelector=spec.mode%3Dslow"),
    _get("what is left", _THINGS),
    _delete("in the foreground", f"{_THINGS}/applied", {"propagationPolicy": "Foreground"}),
    _patch("no finalizer again", f"{_THINGS}/applied", {"metadata": {"finalizers": None}}),
    _post("one more", _THINGS, widget("last", size=1)),
    _patch("its finalizer", f"{_THINGS}/last", {"metadata": {"finalizers": ["example.com/wait"]}}),
    _delete("the definition, dry", f"{_DEFINITIONS}/widgets.stable.example.com?dryRun=All"),
    _delete("the definition", f"{_DEFINITIONS}/widgets.stable.example.com"),
    Step("", "wait"),
    _post("one of a kind that goes", _THINGS, widget("late")),
    _get("the last one goes, too", f"{_THINGS}/last"),
    _get("what may be done with them", _BASE),
    _patch("the last finalizer", f"{_THINGS}/last", {"metadata": {"finalizers": None}}),
    Step("", "gone", f"{_DEFINITIONS}/widgets.stable.example.com"),
    Step("", "wait"),
    _get("its kind is gone", _THINGS),
    _delete("all planets", _PLANETS),
    _delete("the planets", f"{_DEFINITIONS}/planets.stable.example.com"),
    _delete("the rest", f"{_DEFINITIONS}/wodgets.stable.example.com"),
    Step("", "gone", f"{_DEFINITIONS}/planets.stable.example.com"),
    Step("", "gone", f"{_DEFINITIONS}/wodgets.stable.example.com"),
    Step("", "wait"),
    _get("the group is gone", "/apis/stable.example.com"),
]
_GUARDED = changed(
    definition("guards", "Guard", group="guards.k8s.io"),
    "metadata",
    "annotations",
    value={"api-approved.kubernetes.io": "https://a.example/1"},
)
GUARDED = [
    _post("a kind of a protected group", _DEFINITIONS, _GUARDED),
    Step("", "established", "guards.guards.k8s.io"),
    _get("what came of the approval", f"{_DEFINITIONS}/guards.guards.k8s.io"),
    _patch(
        "an approval that is taken back",
        f"{_DEFINITIONS}/guards.guards.k8s.io",
        {"metadata": {"annotations": {"api-approved.kubernetes.io": "unapproved, after all"}}},
    ),
    Step("", "wait"),
    _get("what came of that", f"{_DEFINITIONS}/guards.guards.k8s.io"),
    _delete("it", f"{_DEFINITIONS}/guards.guards.k8s.io"),
    Step("", "gone", f"{_DEFINITIONS}/guards.guards.k8s.io"),
]
_ROLES = "/apis/rbac.authorization.k8s.io"
_SHARED = changed(
    definition("clusterroles", "Foo", version("v7"), group="rbac.authorization.k8s.io", scope="Cluster"),
    "metadata",
    "annotations",
    value={"api-approved.kubernetes.io": "https://a.example/1"},
)
_ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "reader"},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}
_FOO = {"apiVersion": "rbac.authorization.k8s.io/v7", "kind": "Foo", "metadata": {"name": "foo"}, "rules": 5}
BUILT_IN = [
    _post("a role", f"{_ROLES}/v1/clusterroles", _ROLE),
    _post("another version of a kind of Kubernetes' own", _DEFINITIONS, _SHARED),
    Step("", "established", "clusterroles.rbac.authorization.k8s.io"),
    _get("the definition", f"{_DEFINITIONS}/clusterroles.rbac.authorization.k8s.io"),
    _get("its version", f"{_ROLES}/v7"),
    _get("its objects", f"{_ROLES}/v7/clusterroles"),
    _get("the role in it", f"{_ROLES}/v7/clusterroles/reader"),
    _post("an object of it", f"{_ROLES}/v7/clusterroles", _FOO),
    _patch("the role, changed in it", f"{_ROLES}/v7/clusterroles/reader", {"rules": 5}),
    _get("the role", f"{_ROLES}/v1/clusterroles/reader"),
    _delete("the definition, deleted", f"{_DEFINITIONS}/clusterroles.rbac.authorization.k8s.io"),
    Step("", "gone", f"{_DEFINITIONS}/clusterroles.rbac.authorization.k8s.io"),
    _get("the role that stays", f"{_ROLES}/v1/clusterroles/reader"),
]
CONVERSATION = [
    *DISCOVERY,
    *CREATION,
    *RAW,
    *CHANGES,
    *APPLIED,
    *VERSIONS,
    *DEFINED,
    *GUARDED,
    *BUILT_IN,
    *END,
]


def _code(theirs: int, mine: int) -> Callable[[Object, Object], bool]:
    return lambda one, other: one["code"] == theirs and other["code"] == mine


def _same_but(*path: str) -> Callable[[Object, Object], bool]:
    """The same but for what stands at a path."""

    def same(theirs: Object, mine: Object) -> bool:
        return _without(theirs, path) == _without(mine, path)

    return same


def _without(value: Any, path: tuple[str, ...]) -> Any:
    if not path:
        return None
    if isinstance(value, list):
        return [_without(one, path) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _without(one, path[1:]) if key == path[0] else one for key, one in value.items()}


def _message_alike(theirs: Object, mine: Object) -> bool:
    return theirs["code"] == mine["code"] == 400 and "cannot unmarshal" in mine["message"]


def _causes_alike(theirs: Object, mine: Object) -> bool:
    def known(answer: Object) -> list[Any]:
        return [
            (reason, field, text.split(": strict decoding")[-1]) for reason, field, text in answer["causes"]
        ]

    return theirs["code"] == mine["code"] and known(theirs) == known(mine)


def _first_alike(theirs: Object, mine: Object) -> bool:
    """The same rules are refused, and at the same place of the text first."""

    def places(answer: Object) -> list[Any]:
        return [
            (reason, field, text.split("ERROR: ")[1].split(": ")[0])
            for reason, field, text in answer["causes"]
        ]

    return theirs["code"] == mine["code"] == 422 and places(theirs) == places(mine)


# By what was asked, as a regular expression.
LISTED: dict[str, Accepted] = {
    "a version of its own.*": Accepted(
        "the original's storage refuses it in the same words, and a dry run does not come so far",
        _code(201, 400),
    ),
    "another version, strictly": Accepted(
        "the original reads a body by a schema that it does not have, and complains of what that would know",
        _code(400, 400),
    ),
    "a field of a schema of another type|two versions, the second bad": Accepted(
        "Go names the innermost struct, and ours the kind", _message_alike
    ),
    r"\d+ a merge strictly": Accepted(
        "the original shows the whole object after the patch, and ours the patch", _causes_alike
    ),
    r"\d+ definitions as a table": Accepted(
        "the column of the creation has words of our own", _same_but("body", "columnDefinitions")
    ),
    r"\d+ a status in the whole": Accepted(
        "where one version does not know a field of another, the original loses track of who owns what",
        _same_but("body", "metadata", "managedFields"),
    ),
    r"\d+ a table of the older": Accepted(
        "as above", _same_but("body", "rows", "object", "metadata", "managedFields")
    ),
    r"\d+ an apply": Accepted("as above: it fails then with an internal error", _code(500, 200)),
    r"\d+ a watch of the older": Accepted(
        "as above", _same_but("body", "events", "object", "metadata", "managedFields")
    ),
    r"rules: (a name that cannot be written|cel\.bind|a message expression without syntax)": Accepted(
        "of several errors in one expression ours tells the first", _first_alike
    ),
    "rules: no syntax": Accepted("ours does not list what may stand there", _first_alike),
    r"\d+ no JSON": Accepted("the reader of JSON has words of its own", _code(400, 400)),
    r"\d+ all planets": Accepted("as above", _same_but("body", "items", "metadata", "managedFields")),
}

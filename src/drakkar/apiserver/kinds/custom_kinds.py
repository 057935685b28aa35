"""The kinds that a definition makes: one a version."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.version_order import version_order
from drakkar.apiserver.custom import columns
from drakkar.apiserver.custom.form import form_of
from drakkar.apiserver.kinds.conditions import is_true
from drakkar.apiserver.kinds.custom_strategy import METADATA, STATUS_KEEPS, CustomStrategy, ScalePaths
from drakkar.apiserver.kinds.kind import SCALE, Kind
from drakkar.apiserver.kinds.strategy import Selectable

TERMINATING = "create not allowed while custom resource definition is terminating"
VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


def kinds(definition: Object) -> tuple[Kind, ...]:
    """The kinds of a definition whose names are accepted; none where they are not."""
    if not (is_true(definition, "NamesAccepted") or is_true(definition, "Established")):
        return ()
    versions = definition["spec"].get("versions") or []
    return tuple(
        _kind(definition, version) for version in versions if version.get("served") or version.get("storage")
    )


def _kind(definition: Object, version: Object) -> Kind:
    spec, names = definition["spec"], definition["status"]["acceptedNames"]
    group, name, kind = spec["group"], version["name"], names["kind"]
    source = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    fields = tuple(one["jsonPath"].removeprefix(".") for one in version.get("selectableFields") or ())
    form = form_of(source, group, name, kind, names["listKind"], fields)
    subresources = version.get("subresources") or {}
    status = subresources.get("status") is not None
    paths = _scale_paths(subresources.get("scale"))
    return Kind(
        group,
        name,
        names["plural"],
        kind,
        spec["scope"] == "Namespaced",
        tuple(names.get("shortNames") or ()),
        status,
        True,
        tuple(names.get("categories") or ()),
        SCALE if paths else (),
        VERBS,
        strategy=CustomStrategy(
            schema=form.schema,
            status_apart=status,
            scale=paths,
            expressions=form.has_rules,
            metadata=METADATA,
            fields={field: Selectable(field) for field in fields},
            columns=columns.layout(version.get("additionalPrinterColumns") or []),
            status_keeps=STATUS_KEEPS,
            needs_version=True,
        ),
        form=form,
        singular=names["singular"],
        list_kind=names["listKind"],
        warning=_deprecated(spec, version),
        closed=TERMINATING if "deletionTimestamp" in definition["metadata"] else "",
        served=bool(version.get("served")),
        storage=bool(version.get("storage")),
        webhook=_webhook(spec),
    )


def _webhook(spec: Object) -> Object | None:
    conversion = spec.get("conversion") or {}
    return conversion.get("webhook") or {} if conversion.get("strategy") == "Webhook" else None


def _scale_paths(scale: Object | None) -> ScalePaths | None:
    if scale is None:
        return None
    return ScalePaths(
        scale["specReplicasPath"], scale["statusReplicasPath"], scale.get("labelSelectorPath") or ""
    )


def _deprecated(spec: Object, version: Object) -> str:
    if not version.get("deprecated"):
        return ""
    if version.get("deprecationWarning") is not None:
        return str(version["deprecationWarning"])
    group, kind = spec["group"], spec["names"]["kind"]
    said = f"{group}/{version['name']} {kind} is deprecated"
    mine = version_order(version["name"])
    better = [
        one["name"]
        for one in spec["versions"]
        if one.get("served") and not one.get("deprecated") and version_order(one["name"]) < mine
    ]
    return f"{said}; use {group}/{min(better, key=version_order)} {kind}" if better else said


def made_ready(definition: Object) -> None:
    """Read the schemas of a definition that is to be served, where the caller has the time for it."""
    spec = definition.get("spec") or {}
    names = spec.get("names") or {}
    for version in spec.get("versions") or ():
        source = (version.get("schema") or {}).get("openAPIV3Schema") or {}
        fields = tuple(one["jsonPath"].removeprefix(".") for one in version.get("selectableFields") or ())
        form_of(source, spec["group"], version["name"], names["kind"], names["listKind"], fields)

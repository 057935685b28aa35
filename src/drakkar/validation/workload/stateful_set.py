"""StatefulSets: pods with names and volumes of their own, one after the other."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import immutable, items, mapping, text
from drakkar.validation.int_or_percent import amount, at_most_all, int_or_percent
from drakkar.validation.object_meta import object_annotations, object_labels
from drakkar.validation.storage.claim import claim_spec
from drakkar.validation.workload.counts import counts, not_fewer, parts
from drakkar.validation.workload.template import lasting_template, required_selector, selects_its_own

_MANAGEMENT = ("OrderedReady", "Parallel")
_RETENTION = ("Retain", "Delete")
_FIXED = ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy")


def stateful_set_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a StatefulSet."""
    found, spec = Findings(), mapping(obj, "spec")
    management = text(spec, "podManagementPolicy")
    if management not in _MANAGEMENT:
        said = f"must be '{_MANAGEMENT[0]}' or '{_MANAGEMENT[1]}'"
        found.invalid("spec.podManagementPolicy", management, said)
    _strategy(found, mapping(spec, "updateStrategy"))
    retention = mapping(spec, "persistentVolumeClaimRetentionPolicy")
    for field in ("whenDeleted", "whenScaled"):
        if text(retention, field) not in _RETENTION:
            here = f"spec.persistentVolumeClaimRetentionPolicy.{field}"
            found.not_supported(here, text(retention, field), _RETENTION)
    for at, claim in enumerate(items(spec, "volumeClaimTemplates")):
        claim_spec(found, f"spec.volumeClaimTemplates[{at}].spec", mapping(claim, "spec"))
    counts(found, "spec", spec, "replicas", "minReadySeconds")
    counts(found, "spec.ordinals", mapping(spec, "ordinals"), "start")
    service = text(spec, "serviceName")
    if service:
        found.each_invalid("spec.serviceName", service, formats.dns_label(service))
    required_selector(found, spec, "statefulset")
    _template(found, spec)
    return found.listed()


def _strategy(found: Findings, strategy: Object) -> None:
    kind, rolling, path = text(strategy, "type"), strategy.get("rollingUpdate"), "spec.updateStrategy"
    told = rolling and {
        "Partition": rolling.get("partition", 0),
        "MaxUnavailable": rolling.get("maxUnavailable"),
    }
    if kind == "OnDelete":
        if rolling is not None:
            found.invalid(f"{path}.rollingUpdate", told, "only allowed for updateStrategy 'RollingUpdate'")
    elif kind == "RollingUpdate":
        counts(found, f"{path}.rollingUpdate", rolling or {}, "partition")
        _unavailable(found, f"{path}.rollingUpdate.maxUnavailable", (rolling or {}).get("maxUnavailable"))
    else:
        whole = shown({"Type": kind, "RollingUpdate": told})
        found.add(FieldError.invalid(path, whole, "must be 'RollingUpdate' or 'OnDelete'"))


def _unavailable(found: Findings, path: str, most: int | str | None) -> None:
    if most is None:
        return
    int_or_percent(found, path, most)
    if not amount(most):
        found.invalid(path, most, "cannot be 0")
    at_most_all(found, path, most)


def _template(found: Findings, spec: Object) -> None:
    if not selects_its_own(found, spec, unreadable=""):
        return
    template = mapping(spec, "template")
    inner = {k: v for k, v in mapping(template, "spec").items() if k not in ("subdomain", "hostname")}
    # Each pod has its own claims; volumes of their names are theirs.
    claims = [text(mapping(claim, "metadata"), "name") for claim in items(spec, "volumeClaimTemplates")]
    if claims:
        own = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in dict.fromkeys(claims)]
        others = [one for one in items(inner, "volumes") if text(one, "name") not in claims]
        inner["volumes"] = [*own, *others]
    meta = mapping(template, "metadata")
    lasting_template(found, "spec.template", {**template, "spec": inner}, "StatefulSet")
    object_labels(found, "spec.template.labels", mapping(meta, "labels"))
    object_annotations(found, "spec.template.annotations", mapping(meta, "annotations"))


def stateful_set_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a StatefulSet may not change."""
    found = Findings()
    before, after = mapping(old, "spec"), mapping(new, "spec")
    for field in _FIXED:
        immutable(found, f"spec.{field}", after.get(field), before.get(field))
    return found.listed()


def stateful_set_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a StatefulSet that is taken."""
    if (mapping(new, "spec").get("revisionHistoryLimit") or 0) >= 0:
        return []
    said = "a negative value retains all historical revisions; a value >= 0 is recommended"
    return [f"spec.revisionHistoryLimit: {said}"]


def stateful_set_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of a StatefulSet."""
    found, status = Findings(), mapping(new, "status")
    fields = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    counts(found, "status", status, "replicas", *fields, "observedGeneration", "collisionCount")
    parts(found, status, "replicas", "status.replicas", *fields)
    parts(found, status, "readyReplicas", "status.readyReplicas", "availableReplicas")
    not_fewer(found, "collisionCount", status, mapping(old, "status"))
    return found.listed()

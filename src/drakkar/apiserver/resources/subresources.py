"""What is done below an object: binding and eviction of pods, the scale of workloads."""

from __future__ import annotations

from typing import Any

from drakkar.api.selectors import match_labels
from drakkar.apiserver import errors
from drakkar.apiserver.access import restrictions
from drakkar.apiserver.kinds import metadata
from drakkar.apiserver.kinds.core import PODS
from drakkar.apiserver.kinds.custom_strategy import CustomStrategy
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources import custom_scale
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.validation.field_error import FieldError

_SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


async def bind(rest: Rest, namespace: str, name: str, binding: Object, options: WriteOptions) -> Object:
    """Give a pod its node. A pod that has one already is a 409, so that two schedulers never both win."""
    restrictions.check(rest.store, options.requester, PODS, "create", binding, None)
    target = binding.get("target") or {}
    node = target.get("name")
    if not node or target.get("kind", "Node") not in ("", "Node"):
        cause = FieldError.required("target.name")
        raise errors.invalid("", "Binding", name, [cause])

    def bound(old: Object) -> Object:
        _bindable(old, binding)
        meta = dict(old["metadata"])
        annotations = (binding.get("metadata") or {}).get("annotations")
        if annotations:
            meta["annotations"] = {**(meta.get("annotations") or {}), **annotations}
        status = dict(old.get("status") or {})
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": metadata.now()}
        others = [c for c in status.get("conditions") or () if c.get("type") != "PodScheduled"]
        status["conditions"] = [*others, scheduled]
        return {**old, "metadata": meta, "spec": {**old["spec"], "nodeName": node}, "status": status}

    await rest.change(PODS, namespace, name, bound, "binding", options)
    return _SUCCESS


def _bindable(pod: Object, binding: Object) -> None:
    """Raises StatusError 409 where the pod is another one, or can be bound no more."""
    name = pod["metadata"]["name"]
    uid = (binding.get("metadata") or {}).get("uid")
    if uid and uid != pod["metadata"]["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {pod['metadata']['uid']}"
        raise errors.conflict("", "pods/binding", name, why)
    version = (binding.get("metadata") or {}).get("resourceVersion")
    if version and version != pod["metadata"]["resourceVersion"]:
        why = (
            f"Precondition failed: ResourceVersion in precondition: {version},"
            f" ResourceVersion in object meta: {pod['metadata']['resourceVersion']}"
        )
        raise errors.conflict("", "pods/binding", name, why)
    if "deletionTimestamp" in pod["metadata"]:
        raise errors.conflict(
            "", "pods/binding", name, f"pod {name} is being deleted, cannot be assigned to a host"
        )
    if (pod.get("spec") or {}).get("nodeName"):
        why = f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
        raise errors.conflict("", "pods/binding", name, why)
    if (pod.get("spec") or {}).get("schedulingGates"):
        raise errors.conflict("", "pods/binding", name, f"pod {name} has non-empty .spec.schedulingGates")


async def evict(rest: Rest, namespace: str, name: str, eviction: Object, options: WriteOptions) -> Object:
    """Delete a pod, unless a disruption budget says that it cannot be spared now (429)."""
    restrictions.check(rest.store, options.requester, PODS, "create", eviction, None)
    pod = rest.store.get((PODS.resource, namespace, name))
    if pod is None:
        raise errors.not_found("", "pods", name)
    status = pod.get("status") or {}
    if (
        status.get("phase") not in ("Succeeded", "Failed", "Pending")
        and "deletionTimestamp" not in pod["metadata"]
    ):
        _ask_budgets(rest, namespace, pod)
    await rest.delete(PODS, namespace, name, dict(eviction.get("deleteOptions") or {}), options)
    return _SUCCESS


def _ask_budgets(rest: Rest, namespace: str, pod: Object) -> None:
    labels = pod["metadata"].get("labels") or {}
    for budget in rest.store.list("policy/poddisruptionbudgets", namespace):
        if not match_labels((budget.get("spec") or {}).get("selector"), labels):
            continue
        counted = budget.get("status") or {}
        if int(counted.get("disruptionsAllowed") or 0) > 0:
            continue
        name = budget["metadata"]["name"]
        needs, has = counted.get("desiredHealthy", 0), counted.get("currentHealthy", 0)
        cause = FieldError(
            "DisruptionBudget",
            f"The disruption budget {name} needs {needs} healthy pods and has {has} currently",
            "",
        )
        raise errors.too_many_requests(
            "Cannot evict pod as it would violate the pod's disruption budget.", 0, cause
        )


def _selector_text(kind: Kind, spec: Object) -> str:
    selector = spec.get("selector") or {}
    if kind.strategy.selects_by_labels:
        return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for one in selector.get("matchExpressions") or ():
        key, values = one.get("key", ""), ",".join(sorted(one.get("values") or ()))
        match one.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(key)
            case "DoesNotExist":
                terms.append(f"!{key}")
    return ",".join(terms)


def scale_of(kind: Kind, obj: Object) -> Object:
    """The Scale of a workload."""
    if isinstance(kind.strategy, CustomStrategy):
        return custom_scale.scale_of(kind.strategy, obj)
    meta = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: meta[field] for field in kept if field in meta},
        "spec": {"replicas": spec["replicas"]} if spec.get("replicas") else {},
        "status": {"replicas": status.get("replicas", 0), "selector": _selector_text(kind, spec)},
    }


def scaled(kind: Kind, old: Object, scale: Any) -> Object:
    """The workload with the replicas and the preconditions of a Scale."""
    if not isinstance(scale, dict):
        raise errors.bad_request("the body is not a Scale")
    replicas = (scale.get("spec") or {}).get("replicas") or 0
    name = old["metadata"]["name"]
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise errors.bad_request(
            "json: cannot unmarshal into Go struct field Scale.spec.replicas of type int32"
        )
    if replicas < 0 and not isinstance(kind.strategy, CustomStrategy):
        cause = FieldError.invalid("spec.replicas", str(replicas), "must be greater than or equal to 0")
        raise errors.invalid("autoscaling", "Scale", name, [cause])
    if isinstance(kind.strategy, CustomStrategy):
        custom_scale.check(kind.strategy, old, scale)
    given = scale.get("metadata") or {}
    meta = {**old["metadata"], **{k: given[k] for k in ("resourceVersion", "uid") if given.get(k)}}
    if isinstance(kind.strategy, CustomStrategy):
        return {**custom_scale.scaled(kind.strategy, old, replicas), "metadata": meta}
    return {**old, "metadata": meta, "spec": {**old["spec"], "replicas": replicas}}

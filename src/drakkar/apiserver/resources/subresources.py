"""What is done below an object: the binding of pods."""

from __future__ import annotations

from drakkar.apiserver import errors
from drakkar.apiserver.access import restrictions
from drakkar.apiserver.kinds import metadata
from drakkar.apiserver.kinds.core import PODS
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.request import CREATE
from drakkar.apiserver.resources.rest import Object, Rest
from drakkar.apiserver.resources.write import Write
from drakkar.apiserver.resources.write_options import WriteOptions, fitted
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted

BINDING = Kind("", "v1", "bindings", "Binding", True, verbs=("create",))
SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


async def bind(rest: Rest, namespace: str, name: str, binding: Object, options: WriteOptions) -> Object:
    """Give a pod its node. A pod that has one already is a 409, so that two schedulers never both win."""
    restrictions.check(rest.store, options.requester, PODS, "create", binding, None)
    names_same(binding, namespace, name, "Binding")
    target = binding.get("target") or {}
    node = target.get("name")
    if target.get("kind", "Node") not in ("", "Node"):
        cause = FieldError.unsupported("target.kind", target["kind"], ["Node", "<empty>"])
        raise errors.invalid("", "Binding", name, [cause])
    if not node:
        raise errors.invalid("", "Binding", name, [FieldError.required("target.name")])
    problems = [FieldError.invalid("target.name", quoted(node), one) for one in formats.path_segment(node)]
    if problems:
        raise errors.invalid("", "Binding", name, problems)
    changed = await admit_sent(rest, namespace, name, binding, options)
    binding = binding if changed is None else fitted(BINDING, changed, options)
    target = binding.get("target") or {}

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
        # It waits for no node any more (ClearingNominatedNodeNameAfterBinding).
        status.pop("nominatedNodeName", None)
        return {
            **old,
            "metadata": meta,
            "spec": {**old["spec"], "nodeName": target.get("name")},
            "status": status,
        }

    await rest.change(PODS, namespace, name, bound, "binding", options)
    return SUCCESS


def names_same(obj: Object, namespace: str, name: str, kind: str) -> None:
    """Raises StatusError 400 where an object below a pod names another one than its URL."""
    meta = obj.get("metadata") or {}
    if meta.get("namespace", namespace) != namespace:
        raise errors.other_namespace()
    if meta.get("name", "") != name:
        raise errors.bad_request(f"name in URL does not match name in {kind} object")


async def admit_sent(
    rest: Rest, namespace: str, name: str, sent: Object, options: WriteOptions
) -> Object | None:
    """Have policies and webhooks look at what was sent about a pod, in the form that it is of at its path; the answer is what
    webhooks made of it, None where they left it as it was."""
    if options.requester is None:
        return None
    asked = options.requester.asked
    kind = rest.kinds.at("", "v1", asked.resource) or PODS
    below = kind.subresource(asked.subresource)
    typed = (below.group, below.version, below.kind) if below else (kind.group, kind.version, kind.kind)
    version = f"{typed[0]}/{typed[1]}" if typed[0] else typed[1]
    meta = {**(sent.get("metadata") or {}), "name": name, "namespace": namespace}
    whole = {**sent, "kind": typed[2], "apiVersion": version, "metadata": meta}
    made = await rest.admit_below(Write(CREATE, kind, asked.subresource, namespace, options), whole)
    return None if made is whole else made


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

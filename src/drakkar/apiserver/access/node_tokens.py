"""Which tokens a kubelet gets: those of pods on its node, for the audiences that the pods' volumes name."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import aggregate
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.storage.store import Store


class _UnknownError(Exception):
    """Something on the way from a volume to its driver is not there."""


def check_token(store: Store, requester: Requester, node: str, account: str, request: Object) -> None:
    """Let a node have a token of a service account, or raise StatusError 403 (404 for a pod that is not there)."""

    def refuse(why: str) -> errors.StatusError:
        return errors.forbidden("", "serviceaccounts", account, why)

    spec = request.get("spec") or {}
    bound: Object = spec.get("boundObjectRef") or {}
    if bound.get("apiVersion") != "v1" or bound.get("kind") != "Pod" or not bound.get("name"):
        raise refuse("node requested token not bound to a pod")
    uid = bound.get("uid")
    if not uid:
        raise refuse("node requested token with a pod binding without a uid")
    pod = store.get(("/pods", requester.asked.namespace, bound["name"]))
    if pod is None:
        details = {"name": bound["name"], "kind": "pod"}
        raise errors.StatusError(404, "NotFound", f'pod "{bound["name"]}" not found', details)
    if pod["metadata"]["uid"] != uid:
        raise refuse(
            f"the UID in the bound object reference ({uid}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
    if (pod.get("spec") or {}).get("nodeName") != node:
        raise refuse("node requested token bound to a pod scheduled on a different node")
    wrong = _audience_problem(store, requester, account, pod, spec.get("audiences") or [])
    if wrong:
        raise refuse(wrong)


def _audience_problem(
    store: Store, requester: Requester, account: str, pod: Object, audiences: list[str]
) -> str:
    if len(audiences) > 1:
        return "node may only request 0 or 1 audiences"
    audience = audiences[0] if audiences else ""
    unknown = []
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        try:
            if audience in _audiences(store, pod, volume):
                return ""
        except _UnknownError as failure:
            unknown.append(str(failure))
    if unknown:
        return f'error validating audience "{audience}": {aggregate(unknown)}'
    verb, space = "request-serviceaccounts-token-audience", requester.asked.namespace
    asked = Attributes(verb, resource=audience, namespace=space, name=account)
    if requester.decide(asked).allowed:
        return ""
    return f'{requester.user.name} is not authorized to request tokens for audience "{audience}"'


def _audiences(store: Store, pod: Object, volume: Object) -> Iterator[str]:
    for source in (volume.get("projected") or {}).get("sources") or ():
        if source.get("serviceAccountToken") is not None:
            yield source["serviceAccountToken"].get("audience") or ""
    name = _driver(store, pod, volume)
    if not name:
        return
    driver = _found(store, "storage.k8s.io/csidrivers", "", name, "csidriver.storage.k8s.io")
    for request in (driver.get("spec") or {}).get("tokenRequests") or ():
        yield request.get("audience") or ""


def _driver(store: Store, pod: Object, volume: Object) -> str:
    """The CSI driver that serves a volume, by way of its claim where it has one."""
    if volume.get("csi"):
        return str(volume["csi"].get("driver", ""))
    claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
    if volume.get("ephemeral"):
        claim = f"{pod['metadata']['name']}-{volume.get('name')}"
    if not claim:
        return ""
    space = pod["metadata"]["namespace"]
    found = _found(store, "/persistentvolumeclaims", space, claim, "persistentvolumeclaim")
    name = (found.get("spec") or {}).get("volumeName") or ""
    source = (_found(store, "/persistentvolumes", "", name, "persistentvolume").get("spec") or {}).get("csi")
    return str((source or {}).get("driver", ""))


def _found(store: Store, resource: str, namespace: str, name: str, called: str) -> Object:
    found = store.get((resource, namespace, name))
    if found is None:
        raise _UnknownError(f'{called} "{name}" not found')
    return found

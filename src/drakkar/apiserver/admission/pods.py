"""What a new pod gets or is refused for: its service account and token, its priority, its default tolerations."""

from __future__ import annotations

import secrets
import time
from collections.abc import Container

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.admission.plugin_names import (
    DEFAULT_TOLERATIONS,
    PRIORITY,
    RUNTIME_CLASS,
    SERVICE_ACCOUNT,
)
from drakkar.apiserver.admission.runtime_class import runtime_class
from drakkar.apiserver.kinds import pod_app_armor, pod_level_resources, pod_references
from drakkar.apiserver.kinds.pods import containers, qos_class
from drakkar.apiserver.storage.store import Store

_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_TOKEN_SECONDS = 3607
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_ACCOUNTS = "/serviceaccounts"
_DEFAULT_ACCOUNT = "default"
_ACCOUNT_WAIT = 2.0
_PRIORITY_CLASSES = "scheduling.k8s.io/priorityclasses"


async def wait_for_account(namespace: str, pod: Object, store: Store) -> None:
    """Wait for the default service account of a pod's namespace: it is made right after it. `pod` is as it was sent.

    Two seconds at most, as upstream's plugin asks ten times with 0.1 to 0.2 s between.
    """
    spec = pod.get("spec")
    if isinstance(spec, dict) and (spec.get("serviceAccountName") or _DEFAULT_ACCOUNT) != _DEFAULT_ACCOUNT:
        return
    end = time.monotonic() + _ACCOUNT_WAIT
    while store.get((_ACCOUNTS, namespace, _DEFAULT_ACCOUNT)) is None:
        left = end - time.monotonic()
        if left <= 0 or not await store.wait(_ACCOUNTS, store.revision, left):
            return


class PodAdmission(Plugin):
    """All of it, as an admission plugin, less the plugins of kube-apiserver's that are `off`."""

    resources = frozenset({"/pods"})

    def __init__(self, off: Container[str] = ()) -> None:
        self._off = off

    async def settle(self, namespace: str, given: Object, store: Store) -> None:
        """Wait for the default service account of a namespace that is there."""
        if SERVICE_ACCOUNT not in self._off and store.get(("/namespaces", "", namespace)) is not None:
            await wait_for_account(namespace, given, store)

    def refuse(self, new: Object) -> None:
        """Refuse a mirror pod with what mirror pods never have; StatusError 403."""
        if SERVICE_ACCOUNT not in self._off:
            _check_mirror(new)

    def mutate(self, new: Object, old: Object | None, store: Store) -> None:
        """Complete a pod in place; raises StatusError 403."""
        if old is None:
            self._admit(new, store)
        elif DEFAULT_TOLERATIONS not in self._off:
            _tolerate(new.get("spec") or {})

    def _admit(self, pod: Object, store: Store) -> None:
        off = self._off
        if SERVICE_ACCOUNT not in off and not pod_references.is_mirror(pod):
            _account(pod, store)
        if PRIORITY not in off:
            _priority(pod, store)
        if DEFAULT_TOLERATIONS not in off:
            _tolerate(pod["spec"])
        why = "" if RUNTIME_CLASS in off else runtime_class(pod["spec"], store)
        if why:
            raise _forbidden(pod, why)
        pod_app_armor.complete(pod)
        pod_level_resources.complete(pod["spec"])
        pod["status"]["qosClass"] = qos_class(pod["spec"])


def _check_mirror(pod: Object) -> None:
    """A mirror pod has none of what the API gives pods; raises StatusError 403."""
    if not pod_references.is_mirror(pod):
        return
    spec = pod.get("spec") or {}
    if pod_references.account(spec):
        raise _forbidden(pod, "a mirror pod may not reference service accounts")
    if pod_references.secrets(spec):
        raise _forbidden(pod, "a mirror pod may not reference secrets")
    if pod_references.reads_tokens(spec):
        raise _forbidden(pod, "a mirror pod may not use ServiceAccountToken volume projections")


def _forbidden(pod: Object, why: str) -> errors.StatusError:
    return errors.forbidden("", "pods", pod["metadata"].get("name", ""), why)


def _account(pod: Object, store: Store) -> None:
    spec, namespace = pod["spec"], pod["metadata"]["namespace"]
    name = spec.get("serviceAccountName") or _DEFAULT_ACCOUNT
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    account = store.get((_ACCOUNTS, namespace, name))
    if account is None:
        missing = f'serviceaccount "{name}" not found'
        raise _forbidden(pod, f"error looking up service account {namespace}/{name}: {missing}")
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        # A small pod may come to have many.
        beside.demand(store.weight((_ACCOUNTS, namespace, name)))
        spec["imagePullSecrets"] = [dict(one) for one in account["imagePullSecrets"]]
    wanted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    if wanted:
        _mount_token(spec)


def _mount_token(spec: Object) -> None:
    volumes: list[Object] = spec.get("volumes") or []
    found = next((v["name"] for v in volumes if v.get("name", "").startswith("kube-api-access-")), None)
    name = found or "kube-api-access-" + "".join(secrets.choice(_SUFFIX) for _ in range(5))
    used = False
    for container in containers(spec):
        mounts = container.setdefault("volumeMounts", [])
        if not any(mount.get("mountPath") == _TOKEN_PATH for mount in mounts):
            mounts.append({"name": name, "readOnly": True, "mountPath": _TOKEN_PATH})
            used = True
    if used and found is None:
        spec["volumes"] = [*volumes, _token_volume(name)]


def _token_volume(name: str) -> Object:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "name": name,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": _TOKEN_SECONDS, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [namespace]}},
            ],
            "defaultMode": 0o644,
        },
    }


def _priority(pod: Object, store: Store) -> None:
    spec = pod["spec"]
    name = spec.get("priorityClassName")
    if name:
        chosen = store.get((_PRIORITY_CLASSES, "", name))
        if chosen is None:
            raise _forbidden(pod, f"no PriorityClass with name {name} was found")
    else:
        marked = [c for c in store.list(_PRIORITY_CLASSES) if c.get("globalDefault")]
        chosen = min(marked, key=lambda c: int(c.get("value", 0)), default=None)
        if chosen is not None:
            spec["priorityClassName"] = chosen["metadata"]["name"]
    value = int((chosen or {}).get("value", 0))
    if spec.get("priority", value) != value:
        raise _forbidden(
            pod,
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
            f"priority admission controller computed {value} from the given PriorityClass name",
        )
    spec["priority"] = value
    policy = (chosen or {}).get("preemptionPolicy", "PreemptLowerPriority")
    if spec.setdefault("preemptionPolicy", policy) != policy:
        raise _forbidden(
            pod,
            f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be provided in pod spec; "
            f"priority admission controller computed {policy} from the given PriorityClass name",
        )


def _tolerate(spec: Object) -> None:
    """Have a pod stay on a node that is not well for five minutes, where it does not say itself."""
    given: list[Object] = spec.get("tolerations") or []
    added = []
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        tolerated = any(
            one.get("key", "") in ("", key) and one.get("effect", "") in ("", "NoExecute") for one in given
        )
        if not tolerated:
            added.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    if given or added:
        spec["tolerations"] = [*given, *added]

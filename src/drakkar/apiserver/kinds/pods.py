"""Pods: their defaults, which templates inside workloads share, what of them may change, how long they have to end."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from drakkar.api.label_keys import written_out
from drakkar.api.object import Object
from drakkar.apiserver.kinds import pod_level_resources, pod_resizing
from drakkar.apiserver.kinds.mark import mark
from drakkar.apiserver.kinds.pod_rules import of_change, of_ephemeral, of_pod, of_status
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy, selectable
from drakkar.apiserver.tables.pods import PODS
from drakkar.validation.field_error import FieldError

_FILE_MODE = 0o644
_GATED: Object = {
    "type": "PodScheduled",
    "status": "False",
    "lastProbeTime": None,
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
_VOLUME_SOURCES_WITH_MODE = ("configMap", "secret", "projected", "downwardAPI")


def containers(spec: Object) -> Iterator[Object]:
    """Every container of a pod's spec, init containers first."""
    for field in ("initContainers", "containers"):
        yield from spec.get(field) or ()


def pull_policy(image: str) -> str:
    """Always for `latest`, said or meant; a tag or a digest names one image that need not be fetched again."""
    if "@" in image:
        return "IfNotPresent"
    _, colon, tag = image.rsplit("/", 1)[-1].partition(":")
    return "IfNotPresent" if colon and tag != "latest" else "Always"


def _field_reference(holder: Object) -> None:
    reference = holder.get("fieldRef")
    if reference:
        reference.setdefault("apiVersion", "v1")


def _handler(handler: Object) -> None:
    request = handler.get("httpGet")
    if request is not None:
        request.setdefault("path", "/")
        request.setdefault("scheme", "HTTP")
    grpc = handler.get("grpc")
    if grpc is not None:
        grpc.setdefault("service", "")


def _probe(probe: Object) -> None:
    _handler(probe)
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        if not probe.get(field):
            probe[field] = value


def _container(container: Object) -> None:
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("resources", {})
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = pull_policy(container.get("image", ""))
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        _field_reference(variable.get("valueFrom") or {})
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(field) is not None:
            _probe(container[field])
    for moment in ("postStart", "preStop"):
        _handler((container.get("lifecycle") or {}).get(moment) or {})


def _volume(volume: Object) -> None:
    if not set(volume) - {"name"}:
        volume["emptyDir"] = {}
    for source in _VOLUME_SOURCES_WITH_MODE:
        if volume.get(source) is not None:
            volume[source].setdefault("defaultMode", _FILE_MODE)
    image = volume.get("image")
    if image is not None and not image.get("pullPolicy"):
        image["pullPolicy"] = pull_policy(image.get("reference", ""))
    if volume.get("hostPath") is not None:
        volume["hostPath"].setdefault("type", "")
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _field_reference(item)
    for source in (volume.get("projected") or {}).get("sources") or ():
        token = source.get("serviceAccountToken")
        if token is not None and not token.get("expirationSeconds"):
            token["expirationSeconds"] = 3600
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            _field_reference(item)


def pod_spec(spec: Object) -> None:
    """Fill a pod's spec in place; templates get the same."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("securityContext", {})
    # The old name of the field is still filled; either one sets both.
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for container in (*containers(spec), *(spec.get("ephemeralContainers") or ())):
        _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def template(holder: Object) -> None:
    """Fill the pod template of a workload's spec in place; one that was left out is an empty one."""
    if holder.get("template") is None:
        holder["template"] = {}
    holder["template"].setdefault("metadata", {})
    if holder["template"].get("spec") is None:
        holder["template"]["spec"] = {}
    pod_spec(holder["template"]["spec"])


def pod(obj: Object) -> None:
    """Fill a pod in place: what a template gets, and what only a pod has."""
    spec = obj.setdefault("spec", {})
    pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    if spec["terminationGracePeriodSeconds"] < 0:
        # The shortest that is not "at once".
        spec["terminationGracePeriodSeconds"] = 1
    for container in containers(spec):
        limits = container["resources"].get("limits") or {}
        if limits:
            requests = container["resources"].setdefault("requests", {})
            for name, value in limits.items():
                requests.setdefault(name, value)
        if spec.get("hostNetwork"):
            _host_ports(container)
    obj.setdefault("status", {})


def _begin(new: Object, old: Object | None, now: str) -> None:
    if old is None:
        new["spec"] = written_out(new)["spec"]
    status = new["status"]
    status.setdefault("phase", "Pending")
    conditions = status.get("conditions") or []
    if new["spec"].get("schedulingGates") and all(one.get("type") != "PodScheduled" for one in conditions):
        # Schedulers do not look at it yet, and so could not say why it waits.
        status["conditions"] = [*conditions, {**_GATED, "lastTransitionTime": now}]


def _host_ports(container: Object) -> None:
    for port in container.get("ports") or ():
        if "containerPort" in port and not port.get("hostPort"):
            port["hostPort"] = port["containerPort"]


def qos_class(spec: Object) -> str:
    """The class of service of a pod, by the cpu and memory of its containers, or by what it says for itself."""
    asked, limited = False, True
    for holder in [spec] if pod_level_resources.are_said(spec) else containers(spec):
        resources = holder.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in ("cpu", "memory"):
            request, limit = _positive(requests.get(name)), _positive(limits.get(name))
            asked = asked or bool(request or limit)
            if not limit or (request or limit) != limit:
                limited = False
    if not asked:
        return "BestEffort"
    return "Guaranteed" if limited else "Burstable"


def _positive(quantity: str | None) -> str | None:
    # Quantities are canonical here, so equal amounts of one family are equal texts, and zero is "0".
    return None if quantity in (None, "0") else quantity


def _deadline(old: Object, new: Object) -> list[FieldError]:
    """It may be set, and be made shorter."""
    before, after = (obj["spec"].get("activeDeadlineSeconds") for obj in (old, new))
    path = "spec.activeDeadlineSeconds"
    if before is None or before == after:
        return []
    if after is None:
        return [FieldError.invalid(path, "null", "must not update from a positive integer to nil value")]
    if after > before:
        return [FieldError.invalid(path, str(after), "must be less than or equal to previous value")]
    return []


def _changes(old: Object, new: Object) -> list[FieldError]:
    return [*of_change(old, new), *(_deadline(old, new) or _spec_changes(old, new))]


def _spec_changes(old: Object, new: Object) -> list[FieldError]:
    before, after = copy.deepcopy(old["spec"]), new["spec"]
    tolerations, kept = after.get("tolerations") or [], before.get("tolerations") or []
    if set(map(mark, tolerations)).issuperset(map(mark, kept)):
        before["tolerations"] = tolerations
    for field in ("initContainers", "containers"):
        new_images = {one.get("name"): one.get("image") for one in after.get(field) or ()}
        for container in before.get(field) or ():
            image = new_images.get(container.get("name"), container.get("image"))
            container.pop("image", None)
            if image is not None:
                container["image"] = image
    if before.get("schedulingGates"):
        wanted = set(map(mark, after.get("schedulingGates") or ()))
        left = [gate for gate in before["schedulingGates"] if mark(gate) in wanted]
        before["schedulingGates"] = left
        if not left:
            del before["schedulingGates"]
    for field in ("activeDeadlineSeconds", "terminationGracePeriodSeconds"):
        if field in after:
            before[field] = after[field]
    if {k: v for k, v in before.items() if v != []} == {k: v for k, v in after.items() if v != []}:
        return []
    said = (
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
        "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
    )
    return [FieldError.forbidden("spec", said)]


def _grace(obj: Object, options: Object) -> int:
    spec, phase = obj.get("spec") or {}, (obj.get("status") or {}).get("phase")
    if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    asked = options.get("gracePeriodSeconds")
    own = spec.get("terminationGracePeriodSeconds", 30)
    # Below nothing is the shortest that there is.
    return max(int(own), 0) if asked is None else int(asked) if asked >= 0 else 1


def _with_ephemeral(old: Object, sent: Object, now: str) -> Object:
    """A pod with other ephemeral containers, which have their defaults."""
    new = copy.deepcopy(old)
    new["spec"].pop("ephemeralContainers", None)
    given = (sent.get("spec") or {}).get("ephemeralContainers")
    if given:
        new["spec"]["ephemeralContainers"] = given
    pod(new)
    return {**old, "spec": new["spec"]}


def _resized(old: Object, sent: Object, now: str) -> Object:
    return pod_resizing.resized(old, sent, pod)


class _Pods(Strategy):
    def part_problems(self, new: Object, old: Object, subresource: str) -> list[FieldError]:
        """What is wrong with a pod that has other ephemeral containers, or other resources, than before."""
        if subresource == pod_resizing.RESIZE:
            return pod_resizing.problems(old, new, qos_class)
        return of_ephemeral(old, new)


STRATEGY = _Pods(
    parts={"ephemeralcontainers": _with_ephemeral, pod_resizing.RESIZE: _resized},
    parts_keep=OBJECT_METADATA,
    parts_claim=frozenset({"ephemeralcontainers", pod_resizing.RESIZE}),
    columns=PODS,
    default=pod,
    prepare=_begin,
    rules=of_pod,
    changes=_changes,
    status_changes=of_status,
    fields=selectable(
        "spec.nodeName",
        "status.phase",
        "spec.schedulerName",
        "spec.restartPolicy",
        "spec.serviceAccountName",
        "status.podIP",
        "status.nominatedNodeName",
        "spec.hostNetwork",
        hostNetwork="false",
    ),
    grace=_grace,
    answers_with_object=True,
    status_keeps=frozenset({"ownerReferences", "deletionTimestamp"}),
)

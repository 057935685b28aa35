"""The tables of nodes, namespaces, leases, priorities, quotas and the rest of a cluster's housekeeping."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, UNKNOWN, age, condition, joined, part, rows, since
from drakkar.apiserver.tables.layout import AGE, Column, Layout

_BOUNDS = ("minAvailable", "maxUnavailable")
_ROLE_PREFIX = "node-role.kubernetes.io/"


def _node_roles(obj: Object) -> str:
    found = part(obj, "metadata", "labels")
    roles = {key.removeprefix(_ROLE_PREFIX) for key in found if key.startswith(_ROLE_PREFIX)}
    roles.add(str(found.get("kubernetes.io/role") or ""))
    return joined(sorted(roles - {""}), absent=NONE)


def _node(obj: Object, now: datetime.datetime) -> list[Any]:
    ready = condition(obj, "Ready")
    word = "Unknown" if not ready else "Ready" if ready.get("status") == "True" else "NotReady"
    if part(obj, "spec").get("unschedulable"):
        word += ",SchedulingDisabled"
    status = part(obj, "status")
    info = part(status, "nodeInfo")
    addresses: dict[str, Any] = {}
    for found in rows(status, "addresses"):
        addresses.setdefault(str(found.get("type")), found.get("address"))
    return [
        word,
        _node_roles(obj),
        age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        *(info.get(name) or UNKNOWN for name in ("osImage", "kernelVersion", "containerRuntimeVersion")),
    ]


def _component_status(obj: Object, now: datetime.datetime) -> list[Any]:
    healthy = next((one for one in rows(obj, "conditions") if one.get("type") == "Healthy"), {})
    word = "Unknown" if not healthy else "Healthy" if healthy.get("status") == "True" else "Unhealthy"
    return [word, healthy.get("message") or "", healthy.get("error") or ""]


def _namespace(obj: Object, now: datetime.datetime) -> list[Any]:
    return [part(obj, "status").get("phase", ""), age(obj, now)]


def _event(obj: Object, now: datetime.datetime) -> list[Any]:
    # The two groups name the same facts differently; the old names come first.
    about = part(obj, "involvedObject") or part(obj, "regarding")
    source = part(obj, "source") or part(obj, "deprecatedSource")
    series = part(obj, "series")
    first_time = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    last_time = obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp")
    count = obj.get("count") or obj.get("deprecatedCount") or 1
    if series:
        last_time, count = series.get("lastObservedTime"), series.get("count") or 0
    kind = str(about.get("kind") or "").lower()
    reporter = obj.get("reportingComponent") or obj.get("reportingController")
    component = source.get("component") or reporter or ""
    instance = source.get("host") or obj.get("reportingInstance")
    return [
        since(last_time or first_time, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{kind}/{about['name']}" if about.get("name") else kind,
        about.get("fieldPath") or "",
        f"{component}, {instance}" if instance else component,
        str(obj.get("message") or obj.get("note") or "").strip(),
        since(first_time, now),
        count,
        part(obj, "metadata").get("name", ""),
    ]


def _config_map(obj: Object, now: datetime.datetime) -> list[Any]:
    return [len(part(obj, "data")) + len(part(obj, "binaryData")), age(obj, now)]


def _secret(obj: Object, now: datetime.datetime) -> list[Any]:
    return [obj.get("type", ""), len(part(obj, "data")), age(obj, now)]


def _lease(obj: Object, now: datetime.datetime) -> list[Any]:
    return [part(obj, "spec").get("holderIdentity") or "", age(obj, now)]


def _priority_class(obj: Object, now: datetime.datetime) -> list[Any]:
    preemption = obj.get("preemptionPolicy") or "PreemptLowerPriority"
    return [obj.get("value", 0), bool(obj.get("globalDefault")), age(obj, now), preemption]


def _disruption_budget(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    bounds = [str(spec[name]) if spec.get(name) is not None else "N/A" for name in _BOUNDS]
    return [*bounds, part(obj, "status").get("disruptionsAllowed") or 0, age(obj, now)]


def _runtime_class(obj: Object, now: datetime.datetime) -> list[Any]:
    return [obj.get("handler", ""), age(obj, now)]


def _csi_node(obj: Object, now: datetime.datetime) -> list[Any]:
    return [len(rows(part(obj, "spec"), "drivers")), age(obj, now)]


def _quota(obj: Object, now: datetime.datetime) -> list[Any]:
    used = part(obj, "status", "used")
    requests: list[str] = []
    limits: list[str] = []
    for name, hard in sorted(part(obj, "status", "hard").items()):
        (limits if name.startswith("limits") else requests).append(f"{name}: {used.get(name, 0)}/{hard}")
    return [", ".join(requests), ", ".join(limits), age(obj, now)]


EVENTS = Layout(
    (
        Column("Last Seen", description="Time since the event was last seen"),
        Column("Type", description="Normal or Warning"),
        Column("Reason", description="Why the event was recorded, in one word"),
        Column("Object", description="Object that the event is about"),
        Column("Subobject", description="Part of the object", wide=True),
        Column("Source", description="Who recorded the event", wide=True),
        Column("Message", description="What happened"),
        Column("First Seen", description="Time since the event was first seen", wide=True),
        Column("Count", description="How often it was seen", wide=True),
        Column("Name", description="Name of the event", wide=True, form="name"),
    ),
    _event,
    named=False,
)
NODES = Layout(
    (
        Column("Status", description="Whether the node is ready and takes pods"),
        Column("Roles", description="Roles named by labels of the node"),
        AGE,
        Column("Version", description="Version of the kubelet"),
        Column("Internal-IP", description="Address inside the cluster", wide=True),
        Column("External-IP", description="Address outside the cluster", wide=True),
        Column("OS-Image", description="Operating system", wide=True),
        Column("Kernel-Version", description="Version of the kernel", wide=True),
        Column("Container-Runtime", description="Container runtime and its version", wide=True),
    ),
    _node,
)
NAMESPACES = Layout((Column("Status", description="Phase of the namespace"), AGE), _namespace)
CONFIG_MAPS = Layout((Column("Data", description="Number of entries"), AGE), _config_map)
SECRETS = Layout(
    (
        Column("Type", description="Type of the secret"),
        Column("Data", description="Number of entries"),
        AGE,
    ),
    _secret,
)
LEASES = Layout((Column("Holder", description="Who holds the lease"), AGE), _lease)
PRIORITY_CLASSES = Layout(
    (
        Column("Value", "integer", "Priority of the pods of the class"),
        Column("Global-Default", "boolean", "Whether pods without a class get this one"),
        AGE,
        Column("PreemptionPolicy", description="Whether such pods may evict others"),
    ),
    _priority_class,
)
DISRUPTION_BUDGETS = Layout(
    (
        Column("Min Available", description="How many pods must stay"),
        Column("Max Unavailable", description="How many pods may be away"),
        Column("Allowed Disruptions", "integer", "How many pods may be evicted now"),
        AGE,
    ),
    _disruption_budget,
)
RUNTIME_CLASSES = Layout(
    (Column("Handler", description="Handler of the container runtime"), AGE), _runtime_class
)
CSI_NODES = Layout((Column("Drivers", "integer", "CSI drivers on the node"), AGE), _csi_node)
QUOTAS = Layout(
    (
        Column("Request", description="Used of allowed, for requests and counts"),
        Column("Limit", description="Used of allowed, for limits"),
        AGE,
    ),
    _quota,
)
COMPONENT_STATUSES = Layout(
    (
        Column("Status", description="Status of the component conditions"),
        Column("Message", description="Message of the component conditions"),
        Column("Error", description="Error of the component conditions"),
    ),
    _component_status,
)

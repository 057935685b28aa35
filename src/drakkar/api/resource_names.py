"""Names of what containers ask for, nodes have and quotas count: which are Kubernetes' own, and what may be done with them."""

from __future__ import annotations

from typing import Final

from drakkar.api.names import is_label_key

HUGEPAGES: Final = "hugepages-"
REQUESTS: Final = "requests."
LIMITS: Final = "limits."
# An extended resource of a DeviceClass that does not name one (KEP-5004).
DEVICE_CLASS: Final = "deviceclass.resource.kubernetes.io/"
# What a container, and what a pod as a whole may ask for by a plain name, hugepages aside.
CONTAINER: Final = ("cpu", "memory", "ephemeral-storage")
POD: Final = ("cpu", "memory")
# What is in the names of Kubernetes' own resources that have a domain.
DOMAIN: Final = "kubernetes.io/"
_OBJECTS = frozenset(
    (
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
    )
)
# What quotas have plain names for.
_QUOTA = _OBJECTS | {
    *CONTAINER,
    *(f"{part}{name}" for part in (REQUESTS, LIMITS) for name in CONTAINER),
    "requests.storage",
}
_STANDARD = _QUOTA | {"storage"}


def is_hugepages(name: str) -> bool:
    """Whether it is hugepages of some size."""
    return name.startswith(HUGEPAGES)


def is_native(name: str) -> bool:
    """Whether it is Kubernetes' own: names without a domain are."""
    return "/" not in name or DOMAIN in name


def is_extended(name: str) -> bool:
    """Whether a node may have it beside what Kubernetes counts, and a quota may count it behind `requests.`."""
    return not is_native(name) and not name.startswith(REQUESTS) and is_label_key(f"{REQUESTS}{name}")


def may_overcommit(name: str) -> bool:
    """Whether a limit may be above the request."""
    return is_native(name) and not is_hugepages(name)


def is_whole(name: str) -> bool:
    """Whether there are only whole ones of it."""
    return name in _OBJECTS or is_extended(name)


def is_standard(name: str) -> bool:
    """Whether a name without a domain is known at all."""
    return name in _STANDARD or _is_quota_hugepages(name)


def is_standard_for_quota(name: str) -> bool:
    """Whether a quota may count it by this name, which has no domain."""
    return name in _QUOTA or _is_quota_hugepages(name)


def _is_quota_hugepages(name: str) -> bool:
    return name.startswith((HUGEPAGES, f"{REQUESTS}{HUGEPAGES}"))


def is_for_pod(name: str) -> bool:
    """Whether a pod as a whole may ask for it."""
    return name in POD or is_hugepages(name)

"""Puts the rules of pods, which are `drakkar.validation`'s, into the terms of the API server."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.pod import pod, pod_template
from drakkar.validation.pod.pod_status import kept_annotations, pod_status


def of_pod(obj: Object) -> Iterator[FieldError]:
    """What is wrong with a pod, its metadata aside."""
    found = Findings()
    pod(found, obj)
    yield from found.listed()


def of_change(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the annotations of a pod that takes the place of `old`."""
    found = Findings()
    kept_annotations(found, new, old)
    return found.listed()


def of_status(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with a status that takes the place of that of `old`; it is completed in place."""
    status = new["status"]
    # Kubelets of old times say nothing of it.
    if not status.get("qosClass") and (old.get("status") or {}).get("qosClass"):
        status["qosClass"] = old["status"]["qosClass"]
    address, addresses = status.get("podIP"), status.get("podIPs")
    if address and (not addresses or addresses[0].get("ip") != address):
        status["podIPs"] = [{"ip": address}]
    elif addresses and not address:
        status["podIP"] = addresses[0].get("ip", "")
    found = Findings()
    kept_annotations(found, new, old)
    pod_status(found, new, old)
    return found.listed()


def of_template(template: Object, path: str) -> Iterator[FieldError]:
    """What is wrong with a template of pods that no workload has."""
    found = Findings()
    pod_template(found, path, template)
    yield from found.listed()

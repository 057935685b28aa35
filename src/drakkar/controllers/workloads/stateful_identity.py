"""Who the pods of a StatefulSet are: their numbers, names, labels and volumes; pure."""

from __future__ import annotations

import re

from drakkar.api.object import Object
from drakkar.api.workloads import Workload
from drakkar.controllers.machinery.podstate import SeenPod
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import labels_of
from drakkar.controllers.workloads.controller_revisions import HASH_LABEL
from drakkar.controllers.workloads.podtemplate import pod_from_template

SeenSet = Seen[Workload]

_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
_INDEX_LABEL = "apps.kubernetes.io/pod-index"
_NAME = re.compile("(.*)-([0-9]+)", re.ASCII | re.DOTALL)
_MOST = 2**31 - 1


def parent_and_ordinal(name: str) -> tuple[str, int]:
    """The set that a pod of this name is of, and its number there; -1 where the name ends in none."""
    found = _NAME.fullmatch(name)
    # The longest number is shorter than this, unless it begins with zeros.
    if found is None or len(found[2].lstrip("0")) > len(str(_MOST)) or int(found[2]) > _MOST:
        return ("" if found is None else found[1]), -1
    return found[1], int(found[2])


def ordinal(pod: SeenPod) -> int:
    return parent_and_ordinal(pod.it.metadata.name)[1]


def is_member(stateful_set: SeenSet, pod: SeenPod) -> bool:
    """Whether a pod has a name of the set."""
    return parent_and_ordinal(pod.it.metadata.name)[0] == stateful_set.it.metadata.name


def ordinals(stateful_set: SeenSet) -> range:
    """The numbers that its pods shall have."""
    start = stateful_set.it.spec.ordinals.start
    return range(start, start + stateful_set.it.spec.replicas)


def claim_name(stateful_set: SeenSet, template: Object, number: int) -> str:
    return f"{template['metadata']['name']}-{stateful_set.it.metadata.name}-{number}"


def claim_templates(stateful_set: SeenSet) -> list[Object]:
    return stateful_set.obj["spec"].get("volumeClaimTemplates") or []


def _volumes(stateful_set: SeenSet, number: int) -> list[Object]:
    return [
        {
            "name": template["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": claim_name(stateful_set, template, number)},
        }
        for template in claim_templates(stateful_set)
    ]


def _with_volumes(stateful_set: SeenSet, volumes: list[Object], number: int) -> list[Object]:
    """Volumes with those of the claims before them, in the place of others of their names."""
    claimed = _volumes(stateful_set, number)
    names = {volume["name"] for volume in claimed}
    return [*claimed, *(volume for volume in volumes if volume["name"] not in names)]


def _identity(name: str, number: int) -> dict[str, str]:
    return {_NAME_LABEL: name, _INDEX_LABEL: str(number)}


def new_pod(stateful_set: SeenSet, template: Object, revision: str, number: int) -> Object:
    """The pod of this number as a revision's template has it."""
    name = f"{stateful_set.it.metadata.name}-{number}"
    labels = {**_identity(name, number), HASH_LABEL: revision}
    pod = pod_from_template(template, stateful_set.obj, labels)
    spec = {**pod["spec"], "hostname": name}
    if stateful_set.it.spec.service_name:
        spec["subdomain"] = stateful_set.it.spec.service_name
    else:
        spec.pop("subdomain", None)
    volumes = _with_volumes(stateful_set, spec.get("volumes") or [], number)
    if volumes:
        spec["volumes"] = volumes
    return {**pod, "metadata": {"name": name, **pod["metadata"]}, "spec": spec}


def has_identity(pod: SeenPod) -> bool:
    """Whether a member carries its own name as a label."""
    return pod.it.metadata.labels.get(_NAME_LABEL) == pod.it.metadata.name


def has_storage(stateful_set: SeenSet, pod: SeenPod) -> bool:
    """Whether a pod has the volume of each of its claims."""
    held = {
        volume["name"]: (volume.get("persistentVolumeClaim") or {}).get("claimName")
        for volume in pod.obj["spec"].get("volumes") or ()
    }
    wanted = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in _volumes(stateful_set, ordinal(pod))
    }
    return wanted.items() <= held.items()


def with_identity(stateful_set: SeenSet, pod: SeenPod) -> Object:
    """A pod with its name as a label and the volumes of its claims, as far as it lacks them."""
    made, number = pod.copy(), ordinal(pod)
    if not has_identity(pod):
        made["metadata"]["labels"] = {**labels_of(made), **_identity(pod.it.metadata.name, number)}
    if not has_storage(stateful_set, pod):
        made["spec"]["volumes"] = _with_volumes(stateful_set, made["spec"].get("volumes") or [], number)
    return made

"""Which volumes a pod may have by the level `restricted`."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.or_empty import objects, text
from drakkar.pod_security.subject import Subject
from drakkar.pod_security.violation import Violation, in_quotes, named, plural

_ALLOWED = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"),
    *("image", "persistentVolumeClaim", "projected", "secret"),
)
# In the order in which they are looked for.
_FORBIDDEN = (
    *("hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd"),
    *(
        "flexVolume",
        "cinder",
        "cephfs",
        "flocker",
        "fc",
        "azureFile",
        "vsphereVolume",
        "quobyte",
        "azureDisk",
    ),
    *("photonPersistentDisk", "portworxVolume", "scaleIO", "storageos"),
)


def restricted_volumes(subject: Subject) -> Violation | None:
    """Only volumes that the cluster itself has, or that an administrator has let in."""
    volumes = [one for one in objects(subject.spec.get("volumes")) if not _source(one, _ALLOWED)]
    if not volumes:
        return None
    names = [text(one.get("name")) for one in volumes]
    sorts = sorted({_source(one, _FORBIDDEN) or "unknown" for one in volumes})
    used = f"{plural(names, 'uses', 'use')} {plural(sorts, 'restricted volume type')} {in_quotes(sorts)}"
    return Violation("restricted volume types", f"{named('volume', names)} {used}")


def _source(volume: Object, sources: tuple[str, ...]) -> str:
    return next((one for one in sources if volume.get(one) is not None), "")

"""PersistentVolumeClaims, PersistentVolumes and StorageClasses, as far as a pod's place depends on them."""

from __future__ import annotations

import msgspec

from drakkar.api.core import Amounts, LabelSelector, Metadata
from drakkar.api.meta import ObjectMeta
from drakkar.api.node_selector import NodeSelector
from drakkar.api.object import ObjectKey, Uid

# A class as it was named once, which counts before the field.
_OLD_CLASS = "volume.beta.kubernetes.io/storage-class"
# Annotations of claims: that the binding is known on both sides, and the node for which a volume is to be made.
BOUND, SELECTED_NODE = "pv.kubernetes.io/bind-completed", "volume.kubernetes.io/selected-node"
# Annotation of a volume that no person bound.
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
ONE_POD = "ReadWriteOncePod"
STORAGE = "storage"
_FILESYSTEM = "Filesystem"


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How every struct here is laid out."""


def _class(metadata: ObjectMeta, name: str) -> str:
    return metadata.annotations.get(_OLD_CLASS, name)


class VolumeResources(_Part, frozen=True, kw_only=True):
    requests: Amounts = {}


class ClaimSpec(_Part, frozen=True, kw_only=True):
    access_modes: tuple[str, ...] = ()
    selector: LabelSelector | None = None
    resources: VolumeResources = VolumeResources()
    volume_name: str = ""
    storage_class_name: str = ""
    volume_mode: str = _FILESYSTEM
    volume_attributes_class_name: str = ""


class Phase(_Part, frozen=True, kw_only=True):
    phase: str = ""


class VolumeClaim(_Part, frozen=True, kw_only=True):
    """A PersistentVolumeClaim."""

    metadata: Metadata
    spec: ClaimSpec = ClaimSpec()
    status: Phase = Phase()

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return ObjectKey(self.metadata.namespace, self.metadata.name)

    @property
    def class_name(self) -> str:
        """Of its storage class; empty where it has none."""
        return _class(self.metadata, self.spec.storage_class_name)

    @property
    def is_bound(self) -> bool:
        """Whether it has its volume, and that is settled."""
        return bool(self.spec.volume_name) and BOUND in self.metadata.annotations


class ClaimReference(_Part, frozen=True, kw_only=True):
    namespace: str = ""
    name: str = ""
    uid: Uid = Uid("")


class VolumeNodeAffinity(_Part, frozen=True, kw_only=True):
    required: NodeSelector | None = None


class VolumeSpec(_Part, frozen=True, kw_only=True):
    capacity: Amounts = {}
    access_modes: tuple[str, ...] = ()
    claim_ref: ClaimReference | None = None
    storage_class_name: str = ""
    volume_mode: str = _FILESYSTEM
    node_affinity: VolumeNodeAffinity = VolumeNodeAffinity()
    volume_attributes_class_name: str = ""


class Volume(_Part, frozen=True, kw_only=True):
    """A PersistentVolume."""

    metadata: Metadata
    spec: VolumeSpec = VolumeSpec()
    status: Phase = Phase()

    @property
    def class_name(self) -> str:
        """Of its storage class; empty where it has none."""
        return _class(self.metadata, self.spec.storage_class_name)

    def is_of(self, claim: VolumeClaim) -> bool:
        """Whether it is bound to the claim, or meant for it."""
        ref, metadata = self.spec.claim_ref, claim.metadata
        return (
            ref is not None
            and (ref.namespace, ref.name) == (metadata.namespace, metadata.name)
            and ref.uid in ("", metadata.uid)
        )


class LabelExpression(_Part, frozen=True, kw_only=True):
    key: str = ""
    values: tuple[str, ...] = ()


class TopologyTerm(_Part, frozen=True, kw_only=True):
    match_label_expressions: tuple[LabelExpression, ...] = ()


class StorageClass(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    provisioner: str = ""
    volume_binding_mode: str | None = None
    allowed_topologies: tuple[TopologyTerm, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether volumes are bound once it is known which pod uses them."""
        return self.volume_binding_mode == "WaitForFirstConsumer"

    @property
    def provisions(self) -> bool:
        """Whether anybody makes volumes of it."""
        return self.provisioner not in ("", "kubernetes.io/no-provisioner")

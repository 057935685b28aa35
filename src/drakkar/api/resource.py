"""The kinds of resource.k8s.io/v1 as structs: Python names here, Kubernetes' names on the wire (dra-semantics 1).

Quantities stay the text that was written, because results repeat it; whoever computes parses once. Where it makes a
difference whether a field is absent or empty, absent is None.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import field

from drakkar.api.integers import Int64
from drakkar.api.meta import ObjectMeta
from drakkar.api.node_selector import NodeSelector
from drakkar.api.object import Uid, without_nulls

API_VERSION = "resource.k8s.io/v1"


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How every struct here is laid out."""


class CELDeviceSelector(_Part, frozen=True, kw_only=True):
    expression: str = ""


class DeviceSelector(_Part, frozen=True, kw_only=True):
    cel: CELDeviceSelector | None = None


class OpaqueDeviceConfiguration(_Part, frozen=True, kw_only=True):
    """Parameters that only the driver understands."""

    driver: str
    parameters: Any = None


class DeviceTaint(_Part, frozen=True, kw_only=True):
    key: str
    effect: str
    value: str = ""
    time_added: str | None = None


class DeviceToleration(_Part, frozen=True, kw_only=True):
    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: Int64 | None = None


class DeviceAttribute(_Part, frozen=True, kw_only=True):
    """One value; exactly one field is set. The names on the wire are those of the types."""

    int_value: Int64 | None = field(default=None, name="int")
    bool_value: bool | None = field(default=None, name="bool")
    string: str | None = None
    version: str | None = None
    ints: tuple[Int64, ...] | None = None
    bools: tuple[bool, ...] | None = None
    strings: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None


class CapacityRequestPolicyRange(_Part, frozen=True, kw_only=True):
    min: str | None = None
    max: str | None = None
    step: str | None = None


class CapacityRequestPolicy(_Part, frozen=True, kw_only=True):
    default: str | None = None
    valid_values: tuple[str, ...] = ()
    valid_range: CapacityRequestPolicyRange | None = None


class DeviceCapacity(_Part, frozen=True, kw_only=True):
    value: str
    request_policy: CapacityRequestPolicy | None = None


class Counter(_Part, frozen=True, kw_only=True):
    value: str


class CounterSet(_Part, frozen=True, kw_only=True):
    name: str
    counters: dict[str, Counter] = {}


class DeviceCounterConsumption(_Part, frozen=True, kw_only=True):
    counter_set: str
    counters: dict[str, Counter] = {}
    compatibility_groups: tuple[str, ...] = ()


class NodeAllocatableMapping(_Part, frozen=True, kw_only=True):
    capacity_key: str | None = None
    capacity_multiplier: str | None = None
    device_multiplier: str | None = None


class NodeAllocatableOverhead(_Part, frozen=True, kw_only=True):
    per_pod: str | None = None
    per_container: str | None = None


class NodeAllocatableResource(_Part, frozen=True, kw_only=True):
    mapping: NodeAllocatableMapping | None = None
    overhead: NodeAllocatableOverhead | None = None


class Device(_Part, frozen=True, kw_only=True):
    name: str
    attributes: dict[str, DeviceAttribute] = {}
    capacity: dict[str, DeviceCapacity] = {}
    consumes_counters: tuple[DeviceCounterConsumption, ...] = ()
    node_name: str | None = None
    node_selector: NodeSelector | None = None
    all_nodes: bool | None = None
    taints: tuple[DeviceTaint, ...] = ()
    binds_to_node: bool | None = None
    binding_conditions: tuple[str, ...] | None = None
    binding_failure_conditions: tuple[str, ...] | None = None
    allow_multiple_allocations: bool | None = None
    node_allocatable_resources: dict[str, NodeAllocatableResource] = {}


class ResourcePool(_Part, frozen=True, kw_only=True):
    name: str
    generation: Int64 = 0
    resource_slice_count: Int64 = 0


class ResourceSliceSpec(_Part, frozen=True, kw_only=True):
    driver: str
    pool: ResourcePool
    node_name: str | None = None
    node_selector: NodeSelector | None = None
    all_nodes: bool | None = None
    per_device_node_selection: bool | None = None
    devices: tuple[Device, ...] = ()
    shared_counters: tuple[CounterSet, ...] = ()
    partition_type_attribute: str | None = None
    skip_node_operations: tuple[str, ...] = ()


class ResourceSlice(_Part, frozen=True, kw_only=True):
    spec: ResourceSliceSpec
    metadata: ObjectMeta = ObjectMeta()


class DeviceClassConfiguration(_Part, frozen=True, kw_only=True):
    opaque: OpaqueDeviceConfiguration | None = None


class DeviceClassSpec(_Part, frozen=True, kw_only=True):
    selectors: tuple[DeviceSelector, ...] = ()
    config: tuple[DeviceClassConfiguration, ...] = ()
    extended_resource_name: str | None = None


class DeviceClass(_Part, frozen=True, kw_only=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: DeviceClassSpec = DeviceClassSpec()


class CapacityRequirements(_Part, frozen=True, kw_only=True):
    requests: dict[str, str] = {}


class DeviceDerivedAttribute(_Part, frozen=True, kw_only=True):
    name: str
    expression: str


class DeviceSubRequest(_Part, frozen=True, kw_only=True):
    """One alternative of a request; what it and ExactDeviceRequest share has the same names in both."""

    name: str
    device_class_name: str = ""
    selectors: tuple[DeviceSelector, ...] = ()
    allocation_mode: str = ""
    count: Int64 = 0
    tolerations: tuple[DeviceToleration, ...] = ()
    capacity: CapacityRequirements | None = None
    derived_attributes: tuple[DeviceDerivedAttribute, ...] = ()


class ExactDeviceRequest(_Part, frozen=True, kw_only=True):
    device_class_name: str = ""
    selectors: tuple[DeviceSelector, ...] = ()
    allocation_mode: str = ""
    count: Int64 = 0
    admin_access: bool | None = None
    tolerations: tuple[DeviceToleration, ...] = ()
    capacity: CapacityRequirements | None = None
    derived_attributes: tuple[DeviceDerivedAttribute, ...] = ()


class DeviceRequest(_Part, frozen=True, kw_only=True):
    name: str
    exactly: ExactDeviceRequest | None = None
    first_available: tuple[DeviceSubRequest, ...] = ()


class DeviceConstraint(_Part, frozen=True, kw_only=True):
    requests: tuple[str, ...] = ()
    match_attribute: str | None = None
    distinct_attribute: str | None = None


class DeviceClaimConfiguration(_Part, frozen=True, kw_only=True):
    requests: tuple[str, ...] = ()
    opaque: OpaqueDeviceConfiguration | None = None


class DeviceClaim(_Part, frozen=True, kw_only=True):
    requests: tuple[DeviceRequest, ...] = ()
    constraints: tuple[DeviceConstraint, ...] = ()
    config: tuple[DeviceClaimConfiguration, ...] = ()


class ResourceClaimSpec(_Part, frozen=True, kw_only=True):
    devices: DeviceClaim = DeviceClaim()


class DeviceRequestAllocationResult(_Part, frozen=True, kw_only=True):
    request: str
    driver: str
    pool: str
    device: str
    admin_access: bool | None = None
    tolerations: tuple[DeviceToleration, ...] = ()
    binding_conditions: tuple[str, ...] = ()
    binding_failure_conditions: tuple[str, ...] = ()
    share_id: str | None = field(default=None, name="shareID")
    consumed_capacity: dict[str, str] = {}
    skip_node_operations: tuple[str, ...] = ()


class DeviceAllocationConfiguration(_Part, frozen=True, kw_only=True):
    source: str
    requests: tuple[str, ...] = ()
    opaque: OpaqueDeviceConfiguration | None = None


class DeviceAllocationResult(_Part, frozen=True, kw_only=True):
    results: tuple[DeviceRequestAllocationResult, ...] = ()
    config: tuple[DeviceAllocationConfiguration, ...] = ()


class AllocationResult(_Part, frozen=True, kw_only=True):
    devices: DeviceAllocationResult = DeviceAllocationResult()
    node_selector: NodeSelector | None = None
    allocation_timestamp: str | None = None


class ResourceClaimConsumerReference(_Part, frozen=True, kw_only=True):
    resource: str
    name: str
    uid: Uid
    api_group: str = ""


class ResourceClaimStatus(_Part, frozen=True, kw_only=True):
    """What the allocator reads of a status; `devices`, which drivers write, stays in its plain form."""

    allocation: AllocationResult | None = None
    reserved_for: tuple[ResourceClaimConsumerReference, ...] = ()


class ResourceClaim(_Part, frozen=True, kw_only=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: ResourceClaimSpec = ResourceClaimSpec()
    status: ResourceClaimStatus = ResourceClaimStatus()


class ResourceClaimTemplateSpec(_Part, frozen=True, kw_only=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: ResourceClaimSpec = ResourceClaimSpec()


class ResourceClaimTemplate(_Part, frozen=True, kw_only=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: ResourceClaimTemplateSpec = ResourceClaimTemplateSpec()


class DeviceTaintSelector(_Part, frozen=True, kw_only=True):
    driver: str | None = None
    pool: str | None = None
    device: str | None = None


class DeviceTaintRuleSpec(_Part, frozen=True, kw_only=True):
    taint: DeviceTaint
    device_selector: DeviceTaintSelector | None = None


class DeviceTaintRule(_Part, frozen=True, kw_only=True):
    spec: DeviceTaintRuleSpec
    metadata: ObjectMeta = ObjectMeta()


T = TypeVar("T")


class DecodeError(ValueError):
    """The object does not have the shape of its kind; the message ends with the path."""


def decode(kind: type[T], obj: Any) -> T:
    """The struct of a plain object; a null means the same as an absent field. DecodeError if the shape is wrong."""
    try:
        return msgspec.convert(obj, kind)
    except msgspec.ValidationError:
        # Go's encoders write null for what is empty; most objects have none, so only the failure pays the walk.
        try:
            return msgspec.convert(without_nulls(obj), kind)
        except msgspec.ValidationError as error:
            raise DecodeError(str(error)) from None


def encode(struct: msgspec.Struct) -> Any:
    """The plain form of a struct, without what is at its default."""
    return msgspec.to_builtins(struct)

"""What a driver is told of a claim: its own devices, and which configs hold for each."""

from __future__ import annotations

from typing import Any

import pytest
from driver.allocated import allocated, entry, result, stored

from drakkar.driver.claim_reading import read_claim
from drakkar.driver.errors import ClaimError, ConfigError, DriverError
from drakkar.driver.types import AllocatedClaim, Device


def held(claim: AllocatedClaim) -> dict[str, list[Any]]:
    """The parameters that hold for each device, by its request."""
    return {
        device.result.request: [one.opaque.parameters for one in device.configs if one.opaque]
        for device in claim.devices
    }


def test_a_driver_gets_its_devices_with_all_that_the_allocation_says_of_them() -> None:
    shared = {
        "shareID": "s1",
        "adminAccess": True,
        "consumedCapacity": {"memory": "1Gi"},
        "bindingConditions": ["attached"],
        "bindingFailureConditions": ["failed"],
        "tolerations": [{"key": "k", "operator": "Exists"}],
        "skipNodeOperations": ["NodeUnprepareResources"],
    }
    raw = stored([result("a", "gpu-1", **shared), result("b", driver="other")], [])
    claim = read_claim("d", raw)
    assert claim is not None and claim.raw is raw
    assert (claim.namespace, claim.name, claim.uid) == ("ns", "claim", "u1")
    (device,) = claim.devices
    found = device.result
    assert (found.request, found.pool, found.device, found.share_id) == ("a", "n", "gpu-1", "s1")
    assert found.admin_access and found.consumed_capacity == {"memory": "1Gi"}
    assert (found.binding_conditions, found.binding_failure_conditions) == (("attached",), ("failed",))
    assert found.tolerations[0].key == "k" and found.skip_node_operations == ("NodeUnprepareResources",)
    assert device.prepared("x=1", "x=2") == Device(("a",), "n", "gpu-1", ("x=1", "x=2"), "s1")


# The cases that upstream's library has for its ConfigForResult, and those that follow from its order.
@pytest.mark.parametrize(
    ("requests", "request_", "holds"),
    [
        ((), "foo", True),
        ((), "foo/bar", True),
        (("foo",), "foo", True),
        (("foo",), "foo/bar", True),
        (("foo/bar",), "foo/bar", True),
        (("foo/not-bar",), "foo/bar", False),
        (("foo/bar",), "foo", False),
        (("fo",), "foo/bar", False),
        (("other", "foo"), "foo/bar", True),
    ],
)
def test_for_which_requests_a_config_holds(requests: tuple[str, ...], request_: str, holds: bool) -> None:
    claim = allocated([result(request_)], [entry("FromClass", 1, requests)])
    assert held(claim) == {request_: [1] if holds else []}
    # What holds for none is still there for who wants to look at it.
    assert len(claim.configs) == 1


def test_the_claims_configs_come_after_the_classes_and_both_in_their_order() -> None:
    entries = [
        entry("FromClaim", "claim, subrequest", ("foo/bar",)),
        entry("FromClaim", "claim, all"),
        entry("FromClass", "class, subrequest", ("foo/bar",)),
        entry("FromClass", "of another driver", driver="other"),
        entry("FromClass", "class, request", ("foo",)),
    ]
    claim = allocated([result("foo/bar"), result("foo/baz"), result("x")], entries)
    # A config for fewer requests does not beat a later one for more.
    assert held(claim) == {
        "foo/bar": ["class, subrequest", "class, request", "claim, subrequest", "claim, all"],
        "foo/baz": ["class, request", "claim, all"],
        "x": ["claim, all"],
    }
    assert len(claim.configs) == 4


def test_nulls_are_fields_that_are_not_there() -> None:
    claim = allocated([result("a", shareID=None, tolerations=None)], [entry("FromClass", {"a": 1})])
    assert held(claim) == {"a": [{"a": 1}]} and claim.devices[0].result.share_id is None
    assert allocated([], []).devices == ()
    for status in ({}, None, {"allocation": None}):
        assert read_claim("d", {"metadata": {"uid": "u"}, "status": status}) is None


def test_another_allocation_has_another_text() -> None:
    same = [allocated([result("a")], [entry("FromClass", {"a": 1})]) for _ in range(2)]
    assert len({claim.allocation for claim in same}) == 1
    others = allocated([result("b")], same[0].raw["status"]["allocation"]["devices"]["config"])
    assert others.allocation != same[0].allocation


def test_what_is_not_read_cannot_be_wrong() -> None:
    raw = {**stored([result("a")], []), "spec": 7}
    found = read_claim("d", raw)
    assert found is not None and len(found.devices) == 1


def deep() -> Any:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("claim", "error", "text"),
    [
        ({"metadata": [], "status": {}}, ClaimError, "metadata"),
        ({"metadata": {}, "status": 7}, ClaimError, "status"),
        (stored([7], []), ClaimError, r"results\[0\]"),
        (stored([None], []), ClaimError, r"results\[0\]"),
        (stored([{"request": "r"}], []), ClaimError, "driver"),
        (stored([result("r", consumedCapacity=["1"])], []), ClaimError, "consumedCapacity"),
        (stored([result("r")], [{"opaque": {"driver": "d"}}]), ClaimError, "source"),
        (stored([7], [entry("FromClass", deep())]), ClaimError, "cannot be read"),
        (stored([], [entry("FromClass", deep())]), ClaimError, "cannot be read: maximum recursion depth"),
        (stored([], [entry("FromNowhere", {})]), ConfigError, "invalid config source: FromNowhere"),
        (stored([], [{"source": "FromClaim"}]), ConfigError, "only opaque parameters"),
    ],
)
def test_what_cannot_be_read_is_told(claim: Any, error: type[DriverError], text: str) -> None:
    with pytest.raises(error, match=text):
        read_claim("d", claim)

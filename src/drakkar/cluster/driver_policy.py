"""The admission policy that keeps drivers to the slices of their nodes on an API server that somebody else brought.

Ours does the same by itself (`apiserver.access.driver_restriction`), and serves no policies.
"""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.access.driver_restriction import GROUP, USER_PREFIX
from drakkar.client.resources import Resource

_API = "admissionregistration.k8s.io"
_NAME = "drakkar-drivers"
POLICIES = Resource(_API, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", False)
POLICY_BINDINGS = Resource(
    _API, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", False
)
_SLICES = {
    "apiGroups": ["resource.k8s.io"],
    "apiVersions": ["v1"],
    "operations": ["CREATE", "UPDATE", "DELETE"],
    "resources": ["resourceslices"],
}
_ITS_OWN = "({0} == null || {0}.spec.?nodeName.orValue('') == variables.own)"


def objects() -> Iterator[tuple[Resource, Object]]:
    """The policy and what puts it into force."""
    yield (
        POLICIES,
        {
            "apiVersion": f"{_API}/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": _NAME},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [_SLICES]},
                "matchConditions": [
                    {"name": "drivers", "expression": f"'{GROUP}' in request.userInfo.groups"}
                ],
                "variables": [
                    {
                        "name": "own",
                        "expression": f"request.userInfo.username.replace('{USER_PREFIX}', '', 1)",
                    }
                ],
                "validations": [
                    {
                        "expression": " && ".join(
                            _ITS_OWN.format(which) for which in ("object", "oldObject")
                        ),
                        "message": "a driver can only write ResourceSlices with spec.nodeName set to its node",
                    }
                ],
            },
        },
    )
    yield (
        POLICY_BINDINGS,
        {
            "apiVersion": f"{_API}/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": _NAME},
            "spec": {"policyName": _NAME, "validationActions": ["Deny"]},
        },
    )

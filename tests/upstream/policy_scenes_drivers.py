"""What the charts of DRA drivers bring."""

from __future__ import annotations

from typing import Any

from .policy_scene import (
    ALICE,
    DRY,
    MERGE,
    Object,
    Request,
    Scene,
    scene,
)

NODE_USER = {
    "Impersonate-User": "system:serviceaccount:default:driver",
    "Impersonate-Group": "system:masters",
    "Impersonate-Extra-authentication.kubernetes.io%2Fnode-name": "n1",
}


def drivers() -> dict[str, Scene]:
    """What the charts of DRA drivers bring: whoever runs on a node may write the slices of that node, and no others."""
    where = "/apis/resource.k8s.io/v1/resourceslices"
    pool = {"name": "p", "generation": 1, "resourceSliceCount": 1}
    rule = {
        "apiGroups": ["resource.k8s.io"],
        "apiVersions": ["v1", "v1beta1", "v1beta2"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["resourceslices"],
    }

    def of(name: str, **place: Any) -> Object:
        return {
            "metadata": {"name": name},
            "spec": {"driver": "d.example", "pool": pool, "devices": [{"name": "d"}], **place},
        }

    nowhere = {key: value for key, value in NODE_USER.items() if "Extra" not in key}
    own, away, wide = of("own", nodeName="n1"), of("away", nodeName="n2"), of("wide", allNodes=True)
    requests = [
        Request("POST", where, own, more=NODE_USER),
        Request("POST", where, away, more=NODE_USER),
        Request("POST", where, wide, more=NODE_USER),
        Request("POST", where, own, more=nowhere),
        Request("POST", where, away, more=ALICE),
        Request("PATCH", f"{where}/own", {"metadata": {"labels": {"a": "b"}}}, MERGE, NODE_USER),
        Request("PATCH", f"{where}/away", {"metadata": {"labels": {"a": "b"}}}, MERGE, NODE_USER),
        Request("DELETE", f"{where}/away", more=NODE_USER),
        Request("DELETE", f"{where}/own", more=NODE_USER),
        Request("DELETE", f"{where}/away", more=ALICE),
        Request(
            "POST",
            "/apis/resource.k8s.io/v1beta1/resourceslices" + DRY,
            {
                "metadata": {"name": "old"},
                "spec": {
                    "driver": "d.example",
                    "pool": pool,
                    "nodeName": "n2",
                    "devices": [{"name": "d", "basic": {}}],
                },
            },
            more=NODE_USER,
        ),
    ]
    node = "variables.mine"
    validations = [
        {"expression": f"{node} != ''", "message": "whoever writes slices must run on a node"},
        {
            "expression": f"{node} == variables.theirs",
            "messageExpression": f"'from ' + {node} + ' nobody writes slices ' + variables.of",
        },
    ]
    owner = "variables.theirs == '' ? 'of the cluster' : 'of ' + variables.theirs"
    variables = [
        {
            "name": "mine",
            "expression": "request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')",
        },
        {
            "name": "theirs",
            "expression": "(request.operation == 'DELETE' ? oldObject : object).spec.?nodeName.orValue('')",
        },
        {"name": "of", "expression": owner},
    ]
    condition = "request.userInfo.username == 'system:serviceaccount:default:driver'"
    return scene(
        "driver",
        requests,
        matchConstraints={"resourceRules": [rule]},
        matchConditions=[{"name": "driver", "expression": condition}],
        variables=variables,
        validations=validations,
    )

"""CDI ids to container edits."""

import json

import pytest

from drakkar.kubelet.devices.cdi import CdiError, container_edits, parse_id

SPEC = {
    "cdiVersion": "0.5.0",
    "kind": "v.example/gpu",
    "containerEdits": {"env": ["A=spec"]},
    "devices": [
        {
            "name": "0",
            "containerEdits": {
                "env": ["A=device", "B=x=y"],
                "mounts": [{"hostPath": "/h", "containerPath": "/c", "options": ["ro"]}],
                "deviceNodes": [{"path": "/dev/x"}],
            },
        }
    ],
}


def test_edits(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(SPEC))
    (tmp_path / "broken.json").write_text("{")
    edits = container_edits([tmp_path], ["v.example/gpu=0", "v.example/gpu=0"])
    assert edits.env == {"A": "device", "B": "x=y"}
    assert edits.mounts[0].options == ("ro",)
    assert edits.device_nodes[0].host_path == "/dev/x"


def test_unknown_and_malformed(tmp_path):
    with pytest.raises(CdiError, match=r"unresolvable CDI devices v\.example/gpu=9"):
        container_edits([tmp_path], ["v.example/gpu=9"])
    with pytest.raises(CdiError, match="unqualified"):
        parse_id("gpu0")

"""CDI ids to container edits."""

import json

import pytest

from drakkar.driver.errors import CdiError
from drakkar.kubelet.devices.cdi_files import CdiFiles

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


async def edits(directories, ids):
    return await CdiFiles(directories).container_edits(ids)


async def test_edits(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(SPEC))
    (tmp_path / "broken.json").write_text("{")
    made = await edits([tmp_path], ["v.example/gpu=0", "v.example/gpu=0"])
    assert made.env == {"A": "device", "B": "x=y"}
    assert made.mounts[0].options == ("ro",)
    assert made.device_nodes[0].host_path == "/dev/x"


async def test_unknown_and_malformed(tmp_path):
    with pytest.raises(CdiError, match=r"unresolvable CDI devices v\.example/gpu=9"):
        await edits([tmp_path], ["v.example/gpu=9"])
    with pytest.raises(CdiError, match="unqualified"):
        await edits([tmp_path], ["gpu0"])


async def test_a_broken_file_is_named_where_its_device_is_wanted(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(SPEC))
    (tmp_path / "bad.json").write_text(json.dumps({**SPEC, "kind": "v.example/nic", "devices": [{}]}))
    assert (await edits([tmp_path], ["v.example/gpu=0"])).env
    with pytest.raises(CdiError, match=r"unresolvable CDI devices v\.example/nic=0 \(bad\.json: invalid CDI"):
        await edits([tmp_path], ["v.example/nic=0"])


async def test_yaml_with_a_name_of_digits_and_fields_that_are_null(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "cdiVersion: 0.5.0\nkind: v.example/gpu\ncontainerEdits: null\ndevices:\n"
        "- name: 0\n  containerEdits: {env: [A=1], mounts: null}\n"
    )
    assert (await edits([tmp_path], ["v.example/gpu=0"])).env == {"A": "1"}

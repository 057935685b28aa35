"""CDI specs: what is written is what is read, and says no newer a version than it needs."""

import json

import pytest

from drakkar.driver import CdiDevice, CdiDirectory, ContainerEdits
from drakkar.driver.cdi.names import parse_id, qualified_name, spec_file_name
from drakkar.driver.cdi.spec import DeviceNode, Hook, IntelRdt, Mount, Spec, decode, encode, minimum_version
from drakkar.driver.errors import CdiError

EVERYTHING = {
    "cdiVersion": "0.7.0",
    "kind": "v.example/gpu",
    "devices": [
        {
            "name": "a",
            "containerEdits": {
                "env": ["A=b=c"],
                "deviceNodes": [
                    {
                        "path": "/dev/x",
                        "hostPath": "/dev/y",
                        "type": "c",
                        "major": 1,
                        "minor": 2,
                        "fileMode": 0o660,
                        "permissions": "rw",
                        "uid": 0,
                        "gid": 5,
                    }
                ],
                "hooks": [
                    {
                        "hookName": "createContainer",
                        "path": "/bin/h",
                        "args": ["h"],
                        "env": ["X=1"],
                        "timeout": 3,
                    }
                ],
                "mounts": [
                    {"hostPath": "/h", "containerPath": "/c", "options": ["ro", "bind"], "type": "none"}
                ],
                "intelRdt": {
                    "closID": "1",
                    "l3CacheSchema": "L3",
                    "memBwSchema": "MB",
                    "enableCMT": True,
                    "enableMBM": True,
                },
                "additionalGids": [7],
            },
            "annotations": {"x": "y"},
        }
    ],
    "containerEdits": {"env": ["S=1"]},
    "annotations": {"a": "b"},
}


def test_every_field_of_the_specification_survives():
    assert json.loads(encode(decode(EVERYTHING))) == EVERYTHING


def test_a_device_without_edits_still_says_so(tmp_path):
    written = json.loads(CdiDirectory(tmp_path).write("v.example/gpu", "uid:1", [CdiDevice("a")]).read_text())
    assert written == {
        "cdiVersion": "0.3.0",
        "kind": "v.example/gpu",
        "devices": [{"name": "a", "containerEdits": {}}],
    }
    assert [path.name for path in tmp_path.iterdir()] == [spec_file_name("v.example/gpu", "uid:1")]


@pytest.mark.parametrize(
    ("device", "kind", "version"),
    [
        (CdiDevice("a"), "v/c", "0.3.0"),
        (CdiDevice("a", ContainerEdits(mounts=(Mount("/h", "/c", type="none"),))), "v/c", "0.4.0"),
        (CdiDevice("0"), "v/c", "0.5.0"),
        (CdiDevice("a", ContainerEdits(device_nodes=(DeviceNode("/dev/x"),))), "v/c", "0.3.0"),
        (CdiDevice("a", ContainerEdits(device_nodes=(DeviceNode("/dev/x", "/dev/y"),))), "v/c", "0.5.0"),
        (CdiDevice("a"), "v/c.d", "0.6.0"),
        (CdiDevice("a", annotations={"x": "y"}), "v/c", "0.6.0"),
        (CdiDevice("a", ContainerEdits(intel_rdt=IntelRdt())), "v/c", "0.7.0"),
        (CdiDevice("a", ContainerEdits(additional_gids=(1,))), "v/c", "0.7.0"),
        (CdiDevice("a", ContainerEdits(hooks=(Hook("prestart", "/h"),))), "v/c", "0.3.0"),
    ],
)
def test_no_newer_a_version_than_needed(device, kind, version):
    assert minimum_version(Spec("", kind, (device,))) == version


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": 1}, "kind"),
        ({"devices": [{}]}, "devices"),
        ({"devices": [{"name": "a", "containerEdits": {"mounts": [{"hostPath": "/h"}]}}]}, "containerPath"),
    ],
)
def test_a_wrong_field_is_named(change, where):
    with pytest.raises(CdiError, match=where):
        decode({**EVERYTHING, **change})
    with pytest.raises(CdiError, match="invalid CDI spec"):
        decode([])


def test_ids():
    assert parse_id(qualified_name("v.example/gpu", "a=b")) == ("v.example/gpu", "a=b")
    with pytest.raises(CdiError, match="unqualified"):
        parse_id("gpu0")

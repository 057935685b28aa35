"""GpuConfig decoding and precedence."""

import pytest

from drakkar.drivers.example.gpu_config import ConfigError, config_for, configs_for, decode

API = {"apiVersion": "gpu.resource.example.com/v1alpha1", "kind": "GpuConfig"}


def test_defaults():
    assert decode(API).environment("3") == [
        "GPU_DEVICE_3_SHARING_STRATEGY=TimeSlicing",
        "GPU_DEVICE_3_TIMESLICE_INTERVAL=Default",
    ]
    assert decode({**API, "sharing": {"strategy": "SpacePartitioning"}}).partition_count == 1


@pytest.mark.parametrize(
    ("sharing", "message"),
    [
        ({"strategy": "X"}, "unknown GPU sharing strategy: X"),
        (
            {"strategy": "TimeSlicing", "timeSlicingConfig": {"interval": "Z"}},
            "unknown time-slice interval: Z",
        ),
        (
            {"strategy": "SpacePartitioning", "spacePartitioningConfig": {"partitionCount": -1}},
            "invalid partition count: -1",
        ),
        ({"strategy": "TimeSlicing", "spacePartitioningConfig": {}}, "cannot use SpacePartitioningConfig"),
        ({"strategy": "TimeSlicing", "bogus": 1}, "unknown field"),
    ],
)
def test_refused(sharing, message):
    with pytest.raises(ConfigError, match=message):
        decode({**API, "sharing": sharing})


def test_claim_beats_class():
    def entry(source, interval, requests=()):
        sharing = {"strategy": "TimeSlicing", "timeSlicingConfig": {"interval": interval}}
        opaque = {"driver": "d", "parameters": {**API, "sharing": sharing}}
        return {"source": source, "requests": list(requests), "opaque": opaque}

    configs = configs_for("d", [entry("FromClaim", "Long", ["a"]), entry("FromClass", "Short")])
    assert config_for("a", configs).interval == "Long"
    assert config_for("b", configs).interval == "Short"

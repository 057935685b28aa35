"""GpuConfig: decoding, defaults and what is refused."""

import pytest

from drakkar.driver.errors import ConfigError
from drakkar.drivers.example.gpu_config import decode

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

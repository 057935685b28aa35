"""The loopback addresses of pods."""

from kubelet.fake_api import pod

from drakkar.api.core import Pod
from drakkar.api.resource import decode
from drakkar.kubelet.runtime.addresses import PodAddresses, candidate
from drakkar.kubelet.runtime.sandbox import SandboxSpec


def test_addresses_of_pods() -> None:
    addresses = PodAddresses("127.0.0.1")
    first = addresses.take("uid-a")
    assert first == PodAddresses("127.0.0.1").take("uid-a") == candidate("uid-a", 0)
    assert first != addresses.take("uid-b")
    assert addresses.take("uid-c", host_network=True) == "127.0.0.1"
    octets = [int(part) for part in first.split(".")]
    assert octets[0] == 127 and octets[1] >= 1 and 1 <= octets[3] <= 254


def test_a_pod_keeps_the_address_that_its_status_shows() -> None:
    seen = pod("a") | {"status": {"podIP": "127.9.9.9"}}
    spec = SandboxSpec.of(decode(Pod, seen))
    assert (spec.pod_uid, spec.namespace, spec.name, spec.host_network) == ("uid-a", "ns", "a", False)
    addresses = PodAddresses("127.0.0.1")
    assert addresses.take(spec.pod_uid, spec.ip) == addresses.take(spec.pod_uid) == "127.9.9.9"
    assert SandboxSpec.of(decode(Pod, pod("b", hostNetwork=True))).host_network

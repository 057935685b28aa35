"""Devices to ask selectors about: every kind of attribute and of amount, several domains, and some that are broken."""

from __future__ import annotations

from typing import Any, Final

DRIVER: Final = "d.example"

# Every suffix.
_AMOUNTS: Final = (
    "1e3",
    "-5",
    "3Ki",
    "4Mi",
    "5Ti",
    "6Pi",
    "7Ei",
    "8k",
    "9M",
    "10T",
    "11P",
    "8E",
    "12u",
    "1E2",
)

DEVICES: Final[list[dict[str, Any]]] = [
    {
        "name": "full",
        "attributes": {
            "model": {"string": "A100-SXM4-40GB"},
            "index": {"int": 3},
            "healthy": {"bool": True},
            "driverVersion": {"version": "1.2.3-rc.1+build.5"},
            "other.example/root": {"string": "pci0000:00"},
            "uuid": {"string": "gpu-18db0e85-99e9-c746-8531-ffeb86328b39"},
        },
        "capacity": {"memory": {"value": "40Gi"}, "other.example/slots": {"value": "7"}},
        "allowMultipleAllocations": True,
    },
    {
        "name": "other",
        "attributes": {
            "model": {"string": "H100 PCIe"},
            "index": {"int": -1},
            "healthy": {"bool": False},
            "driverVersion": {"version": "2.0.0"},
            "d.example/numa": {"int": 9223372036854775807},
        },
        "capacity": {"memory": {"value": "80G"}, "fraction": {"value": "500m"}},
    },
    {"name": "empty"},
    {
        "name": "lists",
        "attributes": {
            "model": {"strings": ["a", "b", "a"]},
            "index": {"ints": [3, 1, 2]},
            "healthy": {"bools": [True, False]},
            "driverVersion": {"versions": ["1.0.0", "1.10.0"]},
        },
        "capacity": {"memory": {"value": "0"}},
    },
    {
        "name": "broken",
        "attributes": {"model": {"string": "A100"}, "driverVersion": {"version": "not.a.version"}},
    },
    {"name": "novalue", "attributes": {"model": {}}},
    {
        "name": "many",
        "attributes": {
            "model": {"string": "äÖ \U0001f600"},
            "index": {"int": -9223372036854775808},
            "healthy": {"bool": True},
            "driverVersion": {"version": "0.0.0-0"},
            "tags": {"strings": ["gpu", "mig", ""]},
            "ports": {"ints": [0, -1, 9223372036854775807, 443]},
            "flags": {"bools": [False]},
            "versions": {"versions": ["1.0.0", "2.0.0-rc.1", "1.0.0+x"]},
            "other.example/root": {"string": "10.0.0.1"},
            "other.example/index": {"int": 0},
            "third.example/a": {"string": "2024-01-02T03:04:05Z"},
        },
        "capacity": {
            "memory": {"value": "1.5Gi"},
            "fraction": {"value": "100n"},
            "other.example/slots": {"value": "0.5"},
            "third.example/memory": {"value": "9223372036854775807"},
            **{name: {"value": amount} for name, amount in zip("abcdefghijklmn", _AMOUNTS, strict=True)},
        },
        "allowMultipleAllocations": False,
    },
    {
        "name": "odd names",
        "attributes": {
            "in": {"string": "in"},
            "size": {"int": 1},
            "for": {"bool": True},
            "a-b": {"string": "dashed"},
            "a": {"int": 7},
            "other.example/": {"string": "no name"},
            "/model": {"string": "no domain"},
            "other.example/part/x": {"string": "two slashes"},
            "tags": {"string": "not a list"},
            "ports": {"int": 80},
        },
        "allowMultipleAllocations": True,
    },
    {
        "name": "empty texts",
        "attributes": {
            "model": {"string": ""},
            "index": {"int": 0},
            "healthy": {"bool": False},
            "driverVersion": {"version": "18446744073709551615.9223372036854775808.0"},
            "other.example/root": {"string": ""},
            "uuid": {"string": "("},
            "tags": {"strings": ["only"]},
        },
        "capacity": {"memory": {"value": "0Ki"}, "other.example/slots": {"value": "1000"}},
    },
    {
        "name": "capacity only",
        "capacity": {"memory": {"value": "16384Mi"}, "fraction": {"value": "1.000000001"}},
    },
    {
        "name": "broken list",
        "attributes": {"versions": {"versions": ["1.0.0", "1.0"]}, "index": {"int": 1}},
    },
    {
        "name": "long",
        "attributes": {
            "model": {"string": "x" * 64},
            "index": {"int": 64},
            "healthy": {"bool": True},
            "driverVersion": {"version": "1.0.0-" + "a" * 58},
            "tags": {"strings": [f"tag-{number}" for number in range(48)]},
            "ports": {"ints": list(range(32))},
        },
        "capacity": {"memory": {"value": "9223372036854775807"}, "fraction": {"value": "-1m"}},
    },
]

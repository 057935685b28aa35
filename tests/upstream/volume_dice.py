"""Volumes made by chance for kube-scheduler and ours, and pods that use them."""

from __future__ import annotations

from typing import Any

from .placement_dice import HOSTNAME, ZONE, PlacementDice

Object = dict[str, Any]
BOUND = {"pv.kubernetes.io/bind-completed": "yes"}
_GI = "Gi"


class VolumeDice(PlacementDice):
    """What is stored before the first pod comes, and pods that name it."""

    def classes(self) -> list[Object]:
        """One whose volumes are bound at once, and two that wait: with volumes that are there, and such that are made."""
        zones = [{"matchLabelExpressions": [{"key": ZONE, "values": ["a", "b"]}]}]
        made = {"provisioner": "example.com/made", "volumeBindingMode": "WaitForFirstConsumer"}
        if self._perhaps(0.5):
            made["allowedTopologies"] = zones
        return [
            _object("StorageClass", "now", provisioner="example.com/made", volumeBindingMode="Immediate"),
            _object("StorageClass", "made", **made),
            _object(
                "StorageClass",
                "local",
                provisioner="kubernetes.io/no-provisioner",
                volumeBindingMode="WaitForFirstConsumer",
            ),
        ]

    def volumes(self, nodes: list[Object]) -> list[Object]:
        """Local ones that are free, each of its own size, and those that are bound."""
        dice, found = self.dice, []
        for number in range(10):
            node = dice.choice(nodes)
            where = dice.choice([node["metadata"]["labels"].get(HOSTNAME, "nowhere"), None])
            mode = dice.choice(["ReadWriteOnce", "ReadWriteOnce", "ReadOnlyMany"])
            one = self._volume(f"local-{number}", "local", f"{number + 1}{_GI}", where, mode)
            if self._perhaps(0.3):
                one["metadata"]["labels"] = {"kind": "good"}
            if self._perhaps(0.1):
                one["spec"]["claimRef"] = {"namespace": "default", "name": f"wait-local-{number}"}
            found.append({**one, "status": {"phase": dice.choice(["Available", "Available", "Pending"])}})
        for number in range(8):
            node = dice.choice(nodes)
            where = dice.choice([node["metadata"]["labels"].get(HOSTNAME), None])
            one = self._volume(f"pv-{number}", "now", f"1{_GI}", where, "ReadWriteOnce")
            one["spec"]["claimRef"] = {"namespace": "default", "name": f"bound-{number}"}
            if self._perhaps(0.5):
                one["metadata"]["labels"] = {ZONE: dice.choice(["a", "b", "a__b"])}
            if self._perhaps(0.85):
                found.append({**one, "status": {"phase": "Bound"}})
        return found

    def _volume(self, name: str, of: str, capacity: str, where: str | None, mode: str) -> Object:
        spec: Object = {
            "capacity": {"storage": capacity},
            "accessModes": [mode],
            "storageClassName": of,
            "hostPath": {"path": "/tmp"},
        }
        if where is not None:
            term = {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [where]}]}
            spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
        return _object("PersistentVolume", name, spec=spec)

    def claims(self) -> list[Object]:
        """Those that are bound, well or not, those that wait for a pod, and those that somebody should have bound."""
        dice, found = self.dice, []
        for number in range(8):
            mode = dice.choice(["ReadWriteOnce", "ReadWriteOncePod"])
            one = _claim(f"bound-{number}", "now", "1Gi", mode)
            one["metadata"]["annotations"] = BOUND
            one["spec"]["volumeName"] = f"pv-{number}"
            one["status"] = {"phase": dice.choice(["Bound", "Bound", "Bound", "Bound", "Lost"])}
            found.append(one)
        found += [_claim("now-0", "now", "1Gi"), _claim("nowhere-0", "no-such-class", "1Gi")]
        for number in range(10):
            one = _claim(f"wait-local-{number}", "local", dice.choice(["1Gi", "3Gi", "7Gi"]))
            if self._perhaps(0.2):
                one["spec"]["selector"] = {"matchLabels": {"kind": "good"}}
            found.append(one)
            found.append(_claim(f"wait-made-{number}", "made", "1Gi"))
        going = _claim("going-0", "now", "1Gi")
        going["metadata"]["finalizers"] = ["example.com/stay"]
        return [*found, going]

    def user(self, name: str, left: list[str]) -> Object:
        """A pod that uses some; of `left`, the claims that wait, each is used once."""
        dice = self.dice
        volumes: list[Object] = []
        for number in range(dice.choice([1, 1, 2])):
            chance = dice.random()
            if chance < 0.45 and left:
                claim = left.pop(dice.randrange(len(left)))
                volumes.append({"persistentVolumeClaim": {"claimName": claim}})
            elif chance < 0.75:
                claim = f"bound-{dice.randrange(8)}"
                volumes.append({"persistentVolumeClaim": {"claimName": claim}})
            elif chance < 0.85:
                claim = dice.choice(["now-0", "nowhere-0", "going-0", "missing"])
                volumes.append({"persistentVolumeClaim": {"claimName": claim}})
            elif chance < 0.88:
                template = {"spec": _claim("x", "now", "1Gi")["spec"]}
                volumes.append({"ephemeral": {"volumeClaimTemplate": template}})
            else:
                read_only = {"readOnly": self._perhaps(0.5)}
                monitors = dice.choice([["m1"], ["m2"], ["m1", "m2"]])
                volumes.append(
                    dice.choice(
                        [
                            {"gcePersistentDisk": {"pdName": dice.choice("ab"), **read_only}},
                            {"awsElasticBlockStore": {"volumeID": dice.choice("ab"), **read_only}},
                            {"rbd": {"monitors": monitors, "image": dice.choice("ab"), **read_only}},
                            {
                                "iscsi": {
                                    "targetPortal": "1.2.3.4",
                                    "iqn": f"iqn.2026-01.com:{dice.choice('ab')}",
                                    "lun": 0,
                                    **read_only,
                                }
                            },
                        ]
                    )
                )
            volumes[-1]["name"] = f"v{number}"
        made = self.pod(name, {"ReplicaSet": "0"})
        made["metadata"] = {"name": name, "namespace": "default", "labels": made["metadata"]["labels"]}
        if self._perhaps(0.7):
            made["spec"]["affinity"] = {}
            made["spec"].pop("topologySpreadConstraints", None)
        made["spec"]["volumes"] = volumes
        return made


def _object(kind: str, name: str, **parts: Any) -> Object:
    version = "storage.k8s.io/v1" if kind == "StorageClass" else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **parts}


def _claim(name: str, of: str, size: str, mode: str = "ReadWriteOnce") -> Object:
    spec = {"accessModes": [mode], "storageClassName": of, "resources": {"requests": {"storage": size}}}
    return _object("PersistentVolumeClaim", name, spec=spec)

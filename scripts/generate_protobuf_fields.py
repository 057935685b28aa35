"""Write src/drakkar/apiserver/wire/protobuf_fields.json: the field numbers of every kind that clients send as protobuf.

Reads the Go modules k8s.io/api, k8s.io/apiextensions-apiserver, k8s.io/kube-aggregator and k8s.io/apimachinery
(`go mod download`); only facts are taken: a message's fields, their numbers and types from its .proto file, their JSON
names and presence from the Go structs.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

VERSION = "v0.37.2"
OUTPUT = Path(__file__).resolve().parent.parent / "src/drakkar/apiserver/wire/protobuf_fields.json"

KINDS = {
    "v1": "Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod "
    "PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "authentication.k8s.io/v1": "SelfSubjectReview TokenRequest TokenReview",
    "authorization.k8s.io/v1": "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview "
    "SubjectAccessReview",
    "autoscaling/v1": "HorizontalPodAutoscaler Scale",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates.k8s.io/v1": "CertificateSigningRequest ClusterTrustBundle PodCertificateRequest",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "policy/v1": "Eviction PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "resource.k8s.io/v1": "DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice",
    "resource.k8s.io/v1beta1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    "resource.k8s.io/v1beta2": "DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment "
    "VolumeAttributesClass",
    "storagemigration.k8s.io/v1": "StorageVersionMigration",
}
META = "k8s.io.apimachinery.pkg.apis.meta.v1"
EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1"
REGISTRATION = "k8s.io.kube_aggregator.pkg.apis.apiregistration.v1"
# The decoder knows these by name, since their JSON is not that of their fields.
SPECIAL = {
    f"{META}.Time": "time",
    f"{META}.MicroTime": "microtime",
    f"{META}.Duration": "duration",
    f"{META}.FieldsV1": "raw",
    "k8s.io.apimachinery.pkg.runtime.RawExtension": "raw",
    "k8s.io.apimachinery.pkg.api.resource.Quantity": "quantity",
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString": "intorstring",
    f"{EXTENSIONS}.JSON": "raw",
    f"{EXTENSIONS}.JSONSchemaPropsOrArray": "schemaorarray",
    f"{EXTENSIONS}.JSONSchemaPropsOrBool": "schemaorbool",
    f"{EXTENSIONS}.JSONSchemaPropsOrStringArray": "schemaorstrings",
}
SCALARS = {"string": "string", "bytes": "bytes", "bool": "bool", "double": "double"}
SCALARS |= dict.fromkeys(("int32", "int64", "uint32", "uint64"), "int")

_MESSAGE = re.compile(r"^message (\w+) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(
    r"^\s*(?:(optional|required|repeated)\s+([.\w]+)|map<string,\s*([.\w]+)>)\s+(\w+)\s*=\s*(\d+)",
    re.MULTILINE,
)
_STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.MULTILINE | re.DOTALL)
_GO_FIELD = re.compile(r"^\s*(?:\w+\s+)?(\*?[\[\]\w.*]+)\s+`([^`]*)`", re.MULTILINE)
_SLICE = re.compile(r"^type (\w+) \[\]\w+$", re.MULTILINE)


class GoField(NamedTuple):
    """What a struct's tags say of one field."""

    json_name: str
    inline: bool
    drop_empty: bool


def download(module: str, version: str = VERSION) -> Path:
    """The directory of a Go module's source, fetched into the module cache if it is not there."""
    with tempfile.TemporaryDirectory() as directory:
        command = ["go", "mod", "download", "-json", f"{module}@{version}"]
        answer = subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=300)
    return Path(json.loads(answer.stdout)["Dir"])


def go_fields(body: str) -> dict[int, GoField]:
    """The tagged fields of a struct by protobuf number."""
    fields = {}
    for go_type, tags in _GO_FIELD.findall(body):
        proto = re.search(r'protobuf:"\w+,(\d+)', tags)
        tag = re.search(r'json:"([^"]*)"', tags)
        if not proto or not tag:
            continue
        name, *options = tag[1].split(",")
        drop = "omitempty" in options and not go_type.startswith("*")
        fields[int(proto[1])] = GoField(name, not name, drop)
    return fields


class Sources:
    """The messages, structs and slice types of all packages read so far."""

    def __init__(self) -> None:
        self.protos: dict[str, str] = {}
        self.structs: dict[str, str] = {}
        self.slices: set[str] = set()

    def read(self, directory: Path, package: str) -> None:
        """Add a Go package with its .proto file."""
        for name, body in _MESSAGE.findall((directory / "generated.proto").read_text(encoding="utf-8")):
            self.protos[f"{package}.{name}"] = body
        for file in directory.glob("*.go"):
            if file.name.endswith(("_test.go", ".pb.go")):
                continue
            text = file.read_text(encoding="utf-8")
            self.structs |= {f"{package}.{name}": body for name, body in _STRUCT.findall(text)}
            self.slices |= {f"{package}.{name}" for name in _SLICE.findall(text)}

    def message(self, full: str) -> tuple[dict[str, list[str | int]], set[str]]:
        """A message's fields as [name, type, label, flags], and the messages that they need."""
        package = full.rsplit(".", 1)[0]
        tags = go_fields(self.structs.get(full, ""))
        fields: dict[str, list[str | int]] = {}
        needed = set()
        body = re.sub(r"//.*", "", self.protos[full])
        for label, plain, mapped, name, number in _FIELD.findall(body):
            proto_type = plain or mapped
            if proto_type in SCALARS:
                kind = SCALARS[proto_type]
            else:
                target = proto_type.removeprefix(".")
                if not proto_type.startswith("."):
                    target = f"{package}.{proto_type}"
                kind = SPECIAL.get(target, target)
                if kind == target:
                    needed.add(target)
            if full in self.slices:
                tag = GoField(name, False, False)
            elif int(number) in tags:
                tag = tags[int(number)]
            else:
                raise SystemExit(f"{full}: no struct field for number {number} ({name})")
            shape = "map" if mapped else "repeated" if label == "repeated" else "one"
            presence = "inline" if tag.inline else "omitempty" if tag.drop_empty else ""
            fields[number] = [tag.json_name, kind, shape, presence]
        return fields, needed


def packages(api: Path, machinery: Path) -> Sources:
    """Everything that a kind of the table can reach."""
    sources = Sources()
    for directory in sorted(p.parent for p in api.glob("*/*/generated.proto")):
        sources.read(directory, "k8s.io.api." + ".".join(directory.relative_to(api).parts))
    for path in ("pkg/apis/meta/v1", "pkg/runtime", "pkg/api/resource", "pkg/util/intstr"):
        sources.read(machinery / path, "k8s.io.apimachinery." + path.replace("/", "."))
    return sources


def main() -> None:
    """Generate the data file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    sources = packages(download("k8s.io/api"), download("k8s.io/apimachinery"))
    extensions = download("k8s.io/apiextensions-apiserver")
    sources.read(extensions / "pkg/apis/apiextensions/v1", EXTENSIONS)
    sources.read(download("k8s.io/kube-aggregator") / "pkg/apis/apiregistration/v1", REGISTRATION)
    elsewhere = {"apiextensions": EXTENSIONS, "apiregistration": REGISTRATION}
    kinds = {"*/DeleteOptions": f"{META}.DeleteOptions"}
    for api_version, names in KINDS.items():
        group, _, version = api_version.rpartition("/")
        directory = "core" if not group else group.split(".")[0]
        for name in names.split():
            package = elsewhere.get(directory, f"k8s.io.api.{directory}.{version}")
            kinds[f"{api_version}/{name}"] = f"{package}.{name}"
    messages = {}
    todo = set(kinds.values())
    while todo:
        full = todo.pop()
        messages[full], needed = sources.message(full)
        todo |= needed - messages.keys()
    lists = sorted(name for name in messages if name in sources.slices)
    lines = [f'"version": "{VERSION}"', f'"kinds": {json.dumps(kinds, sort_keys=True, indent=0)}']
    lines.append(f'"lists": {json.dumps(lists)}')
    # One line for each message keeps the file small and its changes readable.
    table = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(messages[name], separators=(',', ':'))}"
        for name in sorted(messages)
    )
    output.write_text("{" + ",\n".join([*lines, f'"messages": {{\n{table}\n}}']) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

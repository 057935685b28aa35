"""Write src/drakkar/apiserver/schema/standing_fields.json: by type, the fields that a Go value of it always has.

A struct that is held by value is there even when nothing was said of it, and so is a list, map or scalar whose tag does
not say `omitempty`; who first writes into such a field owns what he writes, and not the field itself. Reads the Go
modules k8s.io/api, k8s.io/apimachinery and those of APART (`go mod download`); only these facts are taken.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from generate_protobuf_fields import SPECIAL, Sources, download, packages

OUTPUT = Path(__file__).resolve().parent.parent / "src/drakkar/apiserver/schema/standing_fields.json"
# Modules of their own, and where in them the types are.
APART = {
    "k8s.io/kube-aggregator": "pkg/apis/apiregistration/v1",
    "k8s.io/apiextensions-apiserver": "pkg/apis/apiextensions/v1",
}

_FIELD = re.compile(r"^\s*(?:\w+\s+)?(\*?[\[\]\w.*]+)\s+`[^`]*json:\"([^\"]*)\"[^`]*`", re.MULTILINE)
_IMPORT = re.compile(r"^\s*(\w+)?\s*\"(k8s\.io/[\w/.-]+)\"", re.MULTILINE)


def imports(directory: Path) -> dict[str, str]:
    """The packages that a directory's files import, by the names they go by there."""
    found = {}
    for file in directory.glob("*.go"):
        for alias, path in _IMPORT.findall(file.read_text(encoding="utf-8")):
            found[alias or path.rpartition("/")[2]] = path.replace("/", ".")
    return found


def standing(sources: Sources, named: dict[str, dict[str, str]], full: str) -> list[str]:
    """The fields of a struct that are always there, those of the structs it embeds included."""
    package = full.rpartition(".")[0]
    fields: list[str] = []
    for go_type, tag in _FIELD.findall(sources.structs[full]):
        name, *options = tag.split(",")
        if name == "-" or go_type.startswith("*") or "omitzero" in options:
            continue
        prefix, _, bare = go_type.rpartition(".")
        target = f"{named.get(package, {}).get(prefix, prefix)}.{bare}" if prefix else f"{package}.{bare}"
        struct = target in sources.structs and target not in SPECIAL
        if not name:
            fields += standing(sources, named, target) if struct else []
        elif struct or "omitempty" not in options:
            fields.append(name)
    return fields


def main() -> None:
    """Generate the data file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    api, machinery = download("k8s.io/api"), download("k8s.io/apimachinery")
    sources = packages(api, machinery)
    named = {
        "k8s.io.api." + ".".join(at.relative_to(api).parts): imports(at)
        for at in {file.parent for file in api.glob("*/*/types.go")}
    }
    named["k8s.io.apimachinery.pkg.apis.meta.v1"] = imports(machinery / "pkg/apis/meta/v1")
    for module, path in APART.items():
        directory, full = download(module) / path, f"{module}/{path}".replace("/", ".")
        sources.read(directory, full)
        named[full] = imports(directory)
    table = {}
    for full in sorted(sources.structs):
        fields = standing(sources, named, full)
        if fields:
            table["io.k8s." + full.removeprefix("k8s.io.")] = sorted(set(fields))
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in table.items())
    output.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

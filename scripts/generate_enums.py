"""Write src/drakkar/apiserver/schema/enums.json: by type and field, the texts that the API's description says may stand there.

Reads what the Go module k8s.io/kubernetes is generated with (`go mod download`); only the values are taken. A field whose name
ends in `[]` is a list or a map of such texts.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from generate_protobuf_fields import VERSION, download

OUTPUT = Path(__file__).resolve().parent.parent / "src/drakkar/apiserver/schema/enums.json"
GENERATED = "pkg/generated/openapi/zz_generated.openapi.go"

_FUNCTION = re.compile(r"^func schema_(\w+)\(ref")
_PROPERTY = re.compile(r'^\t{5}"([^"]+)": \{$')
_ENUM = re.compile(r"^(\t+)Enum:\s+\[\]interface\{\}\{(.*)\},$")
# How deep the enum of a field stands, and that of a list's items.
_OF_FIELD = 7


def main() -> None:
    """Generate the data file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    table: dict[str, dict[str, list[str]]] = {}
    name = field = ""
    # Kubernetes itself is v1.X where its libraries are v0.X.
    kubernetes = download("k8s.io/kubernetes", VERSION.replace("v0", "v1", 1))
    for line in (kubernetes / GENERATED).read_text(encoding="utf-8").splitlines():
        if found := _FUNCTION.match(line):
            name = found[1].replace("k8sio_", "io.k8s.", 1).replace("_", ".")
        elif found := _PROPERTY.match(line):
            field = found[1]
        elif found := _ENUM.match(line):
            values: list[str] = json.loads(f"[{found[2]}]")
            listed = field if len(found[1]) == _OF_FIELD else f"{field}[]"
            table.setdefault(name, {})[listed] = values
    rows = [f'"{key}": {json.dumps(table[key], sort_keys=True)}' for key in sorted(table)]
    output.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

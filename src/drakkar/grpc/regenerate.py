"""Regenerates the stubs beside this file from protos/: `python -m drakkar.grpc.regenerate`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    protos = sorted((HERE / "protos").glob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{HERE / 'protos'}"]
    command += [f"--{kind}_out={HERE}" for kind in ("python", "pyi", "grpc_python")]
    done = subprocess.run([*command, *map(str, protos)], timeout=60, check=False)
    for path in HERE.glob("*_pb2_grpc.py"):
        # protoc writes top-level imports; the stubs live in a package.
        text = re.sub(r"^import (\w+_pb2) as", r"from . import \1 as", path.read_text(), flags=re.M)
        path.write_text(text)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

"""Builds Go originals from the module proxy, once per version, into the user's cache directory.

What is built is described by the small modules in `go/`: their go.mod names the versions, and nothing else does.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).parent / "go"
BUILD_LIMIT_S = 1800
# How the go command says that it could not reach a module; anything else is a fault of ours.
_UNREACHABLE = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|TLS handshake|module lookup disabled|network is unreachable"
)


class Unavailable(Exception):
    """The original cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Original:
    """One program: the module whose version it has, the package to build, and the folder under `go/` if not its name."""

    name: str
    module: str
    package: str = "."
    # `{release}` in it stands for the version of Kubernetes that the module belongs to.
    linker: str = ""
    folder: str = ""
    # A suite of tests, which is a program too.
    tests: bool = False

    @property
    def source(self) -> Path:
        return MODULES / (self.folder or self.name)

    @property
    def version(self) -> str:
        """The version that go.mod asks for."""
        found = re.search(rf"^\s*(?:require )?{re.escape(self.module)} (v\S+)", self._mod(), re.MULTILINE)
        if found is None:
            raise ValueError(f"{self.source}/go.mod does not require {self.module}")
        return found[1]

    def _mod(self) -> str:
        return (self.source / "go.mod").read_text()


ALLOCATOR = Original("allocator", "k8s.io/dynamic-resource-allocation")
CEL = Original("cel", "k8s.io/dynamic-resource-allocation")
CRON = Original("cron", "github.com/robfig/cron/v3")
QUANTITY = Original("quantity", "k8s.io/apimachinery")
EXAMPLE_DRIVER = Original(
    "example_driver",
    "sigs.k8s.io/dra-example-driver",
    "sigs.k8s.io/dra-example-driver/cmd/dra-example-kubeletplugin",
)
HELM = Original("helm", "helm.sh/helm/v3", "helm.sh/helm/v3/cmd/helm")
# kubectl's own version follows its module's: v0.37.2 is released as v1.37.2.
KUBECTL = Original(
    "kubectl", "k8s.io/kubectl", linker="-X k8s.io/component-base/version.gitVersion={release}"
)


def _component(name: str) -> Original:
    """A program of Kubernetes itself."""
    return Original(
        name,
        "k8s.io/kubernetes",
        f"k8s.io/kubernetes/cmd/{name}",
        "-X k8s.io/component-base/version.gitVersion={release}",
        "kubernetes",
    )


API_SERVER = _component("kube-apiserver")
SCHEDULER = _component("kube-scheduler")
CONTROLLER_MANAGER = _component("kube-controller-manager")
# Kubernetes' own tests, and the program that stands behind most of their images.
E2E = Original(
    "e2e.test",
    "k8s.io/kubernetes",
    "k8s.io/kubernetes/test/e2e",
    "-X k8s.io/component-base/version.gitVersion={release}",
    "conformance",
    tests=True,
)
AGNHOST = Original(
    "agnhost",
    "k8s.io/kubernetes",
    "k8s.io/kubernetes/test/images/agnhost",
    "-linkmode external -extldflags -static",
    "conformance",
)
ETCD = Original("etcd", "go.etcd.io/etcd/server/v3")


def cache_dir() -> Path:
    """Where programs are kept: `drakkar/originals` in the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "drakkar" / "originals"


def built(original: Original) -> Path:
    """The program's path; it is built if it is not there yet. Raises `Unavailable` where that is not possible."""
    go = shutil.which("go")
    home = cache_dir() / f"{original.name}-{original.version}-{_digest(original)}"
    program = home / original.name
    if program.exists():
        return program
    if go is None:
        raise Unavailable(
            f"{original.name} {original.version} is built from source and there is no `go` here"
        )
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "lock", "w") as lock:
        # Whoever comes second finds the first one's program.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(go, original, program)
    return program


def _digest(original: Original) -> str:
    """Of the sources and of how they are built, so that a change of either is a new program."""
    digest = hashlib.sha256(f"{original.package} {original.linker}".encode())
    for path in sorted(original.source.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]


def _build(go: str, original: Original, program: Path) -> None:
    release = original.version.replace("v0.", "v1.", 1)
    linker = f"-s -w {original.linker.format(release=release)}"
    with tempfile.TemporaryDirectory(prefix=f"{original.name}-") as scratch:
        module = Path(scratch) / "module"
        shutil.copytree(original.source, module)
        _go(go, module, "mod", "tidy")
        made = module / "made"
        # Vetting takes a quarter of an hour, and is of others' code.
        verb = ("test", "-c", "-vet=off") if original.tests else ("build",)
        options = ("-trimpath", "-buildvcs=false", "-ldflags", linker, "-o", str(made))
        _go(go, module, *verb, *options, original.package)
        # Complete under another name first, so that a program that is there is a whole one.
        part = program.with_suffix(".part")
        shutil.copy2(made, part)
        part.replace(program)


def _go(go: str, module: Path, *arguments: str) -> None:
    command = [go, *arguments]
    if shutil.which("nice"):
        command = ["nice", "-n", "10", *command]
    done = subprocess.run(
        command, cwd=module, capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False
    )
    if done.returncode == 0:
        return
    if _UNREACHABLE.search(done.stderr):
        raise Unavailable(f"the Go modules cannot be downloaded: {done.stderr.strip().splitlines()[-1]}")
    raise RuntimeError(f"go {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")

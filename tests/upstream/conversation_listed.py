"""What the two servers say differently in the conversation about every kind, and why."""

from __future__ import annotations

import re
from typing import NamedTuple


class Listed(NamedTuple):
    """A difference that is meant: patterns of the resource, of what is asked, and of the line; and why it is."""

    resource: str
    what: str
    line: str
    why: str

    def holds(self, resource: str, what: str, line: str) -> bool:
        """Whether a difference is this one."""
        return all(
            re.fullmatch(pattern, text)
            for pattern, text in ((self.resource, resource), (self.what, what), (self.line, line))
        )


_ANY = ".*"
_GO = "the words of Go's library"
LISTED: tuple[Listed, ...] = (
    Listed(_ANY, "no JSON|a list", r"\.body\.message: .*json parse error.*", _GO),
    Listed(_ANY, "listed on from nowhere", r"\.body\.message: .*invalid continue token.*", _GO),
    Listed(_ANY, "patched by operations by what is no list", r"\.body\.message: .*", _GO),
    Listed(_ANY, "its status with a field of no kind", r"\.body\.(details\.causes\[0\]\.)?message: .*", _GO),
    Listed(_ANY, "read in a bad form", r"\.body\.message: .*", "ours has no YAML and no protobuf to offer"),
    Listed(_ANY, "listed by a bad label", r"\.body\.message: .*", "ours says what was expected in words"),
    Listed(_ANY, "replaced by another", r"\.body\.message: .*StorageError.*", "ours knows no keys of etcd"),
    Listed(
        _ANY,
        _ANY,
        r"\.body\.columnDefinitions\[\d+\]\.description: .*",
        "the sentences about columns are our own",
    ),
    Listed(_ANY, _ANY, r"\.warnings: .*known-gaps.*", "who makes what nobody acts on is told so"),
    Listed(
        "/persistentvolume(claim)?s|storage.k8s.io/volumeattributesclasses",
        _ANY,
        r"\.body\.(items\[0\]\.|rows\[0\]\.object\.)?metadata\.(finalizers|deletionGracePeriodSeconds): .*",
        "nobody here protects volumes that are in use",
    ),
    Listed(
        "certificates.k8s.io/certificatesigningrequests",
        _ANY,
        r'.*: theirs "kubernetes-admin", ours "admin"',
        "each has an administrator of its own name",
    ),
    Listed(
        "rbac.authorization.k8s.io/cluster.*",
        "a list of none",
        r"\.body\.items.*",
        "our parts have roles of their own",
    ),
    Listed(
        "/events",
        "a list of none",
        r"\.body\.items: .*ipallocator-repair-controller.*, ours null",
        "on a slow machine the original repairs the address of its own service in its first moments, and says so",
    ),
    Listed(
        "scheduling.k8s.io/priorityclasses",
        "a list of none",
        r".*description: .*",
        "our own words about the same classes",
    ),
    Listed("/services", "a list of none", r".*targetPort: .*", "each listens where it was told to"),
    Listed(
        "/services",
        "with(out)? a (bad )?name",
        r"\.body\..*",
        "the original asks for an address first, and tells of what it cannot note it by",
    ),
    Listed(
        "apps/daemonsets",
        _ANY,
        r"\.body\..*annotations: .*template\.generation.*",
        "the original has the annotation in whole objects of this version only",
    ),
    Listed(
        "storage.k8s.io/csinodes",
        "applied against others",
        r".*before-first-apply.*",
        "nothing owns drivers of which nothing is said, so that nobody owns the object before",
    ),
    Listed(
        "flowcontrol.apiserver.k8s.io/flowschemas",
        _ANY,
        r'\.body\.rows\[0\]\.cells\[\d\]: theirs "False", ours "\?"',
        "as its status",
    ),
    Listed(
        "flowcontrol.apiserver.k8s.io/flowschemas",
        _ANY,
        r"\.body\..*status: .*Dangling.*",
        "said of those made at the start only, as docs/known-gaps.md says",
    ),
)

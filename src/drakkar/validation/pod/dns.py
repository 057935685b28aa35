"""What a pod's resolver is told."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import legacy_address
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text

_MOST_SERVERS = 3
_MOST_SEARCHES = 32
_LONGEST_SEARCHES = 2048


def dns_config(found: Findings, path: str, spec: Object) -> None:
    """The pod's own configuration, which the policy `None` asks for."""
    config = spec.get("dnsConfig")
    if text(spec, "dnsPolicy") == "None":
        if config is None:
            found.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not items(config, "nameservers"):
            said = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            found.required(f"{path}.nameservers", said)
            return
    if config is None:
        return
    servers, searches = items(config, "nameservers"), items(config, "searches")
    if len(servers) > _MOST_SERVERS:
        found.invalid(f"{path}.nameservers", servers, f"must not have more than {_MOST_SERVERS} nameservers")
    for at, server in enumerate(servers):
        legacy_address(found, f"{path}.nameservers[{at}]", server)
    if len(searches) > _MOST_SEARCHES:
        found.invalid(f"{path}.searches", searches, f"must not have more than {_MOST_SEARCHES} search paths")
    if formats.size(" ".join(searches)) > _LONGEST_SEARCHES:
        said = f"must not have more than {_LONGEST_SEARCHES} characters (including spaces) in the search list"
        found.invalid(f"{path}.searches", searches, said)
    for at, search in enumerate(searches):
        if search != ".":
            name = search.removesuffix(".")
            found.each_invalid(f"{path}.searches[{at}]", name, formats.dns_subdomain_underscored(name))
    for at, option in enumerate(items(config, "options")):
        if not text(option, "name"):
            found.required(f"{path}.options[{at}]", "must not be empty")

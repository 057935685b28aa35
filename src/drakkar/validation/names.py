"""Names that resource.k8s.io gives meaning to: drivers, pools, attributes, extended resources (dra-semantics 1.1)."""

from __future__ import annotations

import functools

from drakkar.api.resource_names import DOMAIN, REQUESTS
from drakkar.validation import formats
from drakkar.validation.field_error import Findings

_LONGEST_DRIVER = 63
_LONGEST_POOL = 253
_LONGEST_IDENTIFIER = 32
# Names are remembered up to here.
_LONGEST_REMEMBERED = 300
_NO_DOMAIN = "a fully qualified name must be a domain and a name separated by a slash"


def driver(found: Findings, path: str, name: str) -> None:
    """A driver name where it is checked by hand: upper case is put up with."""
    if not name:
        found.required(path)
        return
    if formats.size(name) > _LONGEST_DRIVER:
        found.too_long(path, _LONGEST_DRIVER)
    found.each_invalid(path, name, formats.dns_subdomain(name.lower()))


def declared_driver(found: Findings, path: str, name: str) -> None:
    """A driver name where the rule stands beside the field; the same names pass, the words differ."""
    if not name:
        found.required(path, declared=True)
        return
    found.each_invalid(path, name, formats.dns_subdomain_caseless(name), declared=True)
    if len(name) > _LONGEST_DRIVER:
        found.too_long(path, _LONGEST_DRIVER, "character", declared=True)


def pool(found: Findings, path: str, name: str) -> None:
    """A pool name where it is checked by hand."""
    if not name:
        found.required(path)
        return
    if formats.size(name) > _LONGEST_POOL:
        found.too_long(path, _LONGEST_POOL)
    for part in name.split("/"):
        found.each_invalid(path, part, formats.dns_subdomain(part))


def declared_pool(found: Findings, path: str, name: str) -> None:
    """A pool name where the rule stands beside the field."""
    if not name:
        found.required(path, declared=True)
        return
    if formats.size(name) > _LONGEST_POOL:
        found.too_long(path, _LONGEST_POOL, declared=True)
    for at, part in enumerate(name.split("/")):
        if not part:
            found.invalid(path, name, f"segment {at}: must not be empty", declared=True)
            continue
        said = [f"segment {at}: {one}" for one in formats.dns_subdomain(part, declared=True)]
        found.each_invalid(path, part, said, declared=True)


def label(found: Findings, path: str, name: str, *, declared: bool = False) -> None:
    """A device, request, counter or counter set."""
    found.each_invalid(path, name, formats.dns_label(name, declared=declared), declared=declared)


def node(found: Findings, path: str, name: str) -> None:
    """A node."""
    found.each_invalid(path, name, formats.dns_subdomain(name))


def _identifier(found: Findings, path: str, name: str, declared: bool) -> None:
    if formats.size(name) > _LONGEST_IDENTIFIER:
        found.too_long(path, _LONGEST_IDENTIFIER, declared=declared)
    found.each_invalid(path, name, formats.c_identifier(name), declared=declared)


def qualified(found: Findings, path: str, name: str) -> None:
    """An attribute's or capacity's key; more than one slash goes unchecked, as upstream."""
    # A cluster has many devices and few names.
    if len(name) > _LONGEST_REMEMBERED or not _is_faultless(name):
        _qualified(found, path, name)


@functools.lru_cache(maxsize=4096)
def _is_faultless(name: str) -> bool:
    trial = Findings()
    _qualified(trial, "", name)
    return not trial.listed()


def _qualified(found: Findings, path: str, name: str) -> None:
    parts = name.split("/")
    if len(parts) > 2:
        return
    if len(parts) == 2:
        if parts[0]:
            driver(found, path, parts[0])
        else:
            found.invalid(path, "", "the domain must not be empty")
    if len(parts) == 2 and not parts[1]:
        found.invalid(path, "", "the name must not be empty")
    else:
        _identifier(found, path, parts[-1], declared=False)


def is_fully_qualified(name: str) -> bool:
    """Whether a name is a domain and an identifier."""
    trial = Findings()
    qualified(trial, "", name)
    return "/" in name and not trial.listed()


def fully_qualified(found: Findings, path: str, name: str) -> None:
    """An attribute's name with its domain, which is taken in lower case only."""
    parts = name.split("/")
    if len(parts) == 2:
        domain = parts[0]
        if not domain:
            found.invalid(path, "", "prefix must not be empty", declared=True)
        else:
            if formats.size(domain) > _LONGEST_DRIVER:
                found.too_long(path, _LONGEST_DRIVER, declared=True)
            said = [f"prefix: {one}" for one in formats.dns_subdomain(domain, declared=True)]
            found.each_invalid(path, domain, said, declared=True)
    if len(parts) == 2 and not parts[1]:
        found.invalid(path, "", "name must not be empty", declared=True)
    elif len(parts) <= 2:
        _identifier(found, path, parts[-1], declared=True)
    if len(parts) == 1:
        found.invalid(path, name, _NO_DOMAIN, declared=True)


def extended_resource(found: Findings, path: str, name: str) -> None:
    """A resource that pods ask for by name and that devices of a class serve."""
    if "/" not in name:
        said = "a name must be a domain-prefixed path, such as 'example.com/my-prop'"
        found.invalid(path, name, said, declared=True)
    elif DOMAIN in name:
        found.invalid(path, name, f'must not have "{DOMAIN}" domain', declared=True)
    if name.startswith(REQUESTS):
        found.invalid(path, name, f'must not have "{REQUESTS}" prefix', declared=True)
    found.each_invalid(path, name, formats.label_key(REQUESTS + name), declared=True)


def domain_prefixed_path(found: Findings, path: str, name: str) -> None:
    """A domain, a slash and something behind it, such as a controller has for its name."""
    if not name:
        found.required(path)
        return
    host, _, rest = name.partition("/")
    if not host or not rest:
        found.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")')
        return
    found.each_invalid(path, host, formats.dns_subdomain(host))
    found.each_invalid(path, rest, formats.url_path(rest))

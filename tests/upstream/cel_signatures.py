"""Every overload that an expression can reach, each as a pattern to write it by: `$int` stands for an operand of type int.

A flavour after a string's type (`$string:regex`) says what the string had better look like; the name before the colon is
upstream's id of the overload.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

# A type is its name, or the name with the types of what is inside.
Type = str | tuple["Type", ...]

TYPE_PARAMETERS: Final = frozenset(("A", "B", "K", "T", "V"))
_GENERIC: Final = frozenset(("list", "map", "optional", "type"))


@dataclass(frozen=True)
class Signature:
    """One overload: what to write between its operands, their types and flavours, and what comes out."""

    id: str
    # One more than there are operands.
    pieces: tuple[str, ...]
    operands: tuple[tuple[Type, str], ...]
    result: Type

    @property
    def infix(self) -> bool:
        """Whether it ends in an operand, and so needs brackets inside others."""
        return not self.pieces[-1]


def _families() -> list[str]:
    """The overloads that differ in their types only."""
    short = {"int64": "int", "uint64": "uint"}
    lines = []
    plain = ("bool", "int64", "uint64", "double", "string", "bytes", "timestamp", "duration")
    numbers = ("int64", "uint64", "double")
    pairs = [(one, one) for one in plain]
    pairs += [(one, other) for one in numbers for other in numbers if one != other]
    for name, sign in (("less", "<"), ("less_equals", "<="), ("greater", ">"), ("greater_equals", ">=")):
        for one, other in pairs:
            overload = f"{name}_{one}" if one == other else f"{name}_{one}_{other}"
            lines.append(f"{overload}: ${short.get(one, one)} {sign} ${short.get(other, other)} -> bool")
    for one in ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"):
        long = {"duration": "google.protobuf.Duration", "timestamp": "google.protobuf.Timestamp"}.get(
            one, one
        )
        lines += [
            f"list_{one}_is_sorted_bool: $list({one}).isSorted() -> bool",
            f"list_{one}_min_{one}: $list({one}).min() -> {one}",
            f"list_{one}_max_{one}: $list({one}).max() -> {one}",
            f"list_{long}_sort: $list({one}).sort() -> list({one})",
        ]
    lines += [
        f"list_{one}_sum_{one}: $list({one}).sum() -> {one}" for one in ("int", "uint", "double", "duration")
    ]
    for getter, name in (
        *(("getFullYear", "year"), ("getMonth", "month"), ("getDayOfYear", "day_of_year")),
        *(
            ("getDate", "day_of_month_1_based"),
            ("getDayOfMonth", "day_of_month"),
            ("getDayOfWeek", "day_of_week"),
        ),
        *(("getHours", "hours"), ("getMinutes", "minutes"), ("getSeconds", "seconds")),
        ("getMilliseconds", "milliseconds"),
    ):
        zoned = "seconds_tz" if name == "seconds" else f"{name}_with_tz"
        lines += [
            f"timestamp_to_{name}: $timestamp.{getter}() -> int",
            f"timestamp_to_{zoned}: $timestamp.{getter}($string:zone) -> int",
        ]
        if getter in ("getHours", "getMinutes", "getSeconds", "getMilliseconds"):
            lines.append(f"duration_to_{name}: $duration.{getter}() -> int")
    for name in (
        *(
            "byte",
            "date",
            "datetime",
            "dns1035Label",
            "dns1035LabelPrefix",
            "dns1123Label",
            "dns1123LabelPrefix",
        ),
        *("dns1123Subdomain", "dns1123SubdomainPrefix", "labelValue", "qualifiedName", "uri", "uuid"),
    ):
        lines.append(f"format.{name}: format.{name}() -> format")
    return lines


_OTHERS: Final = """
logical_not: !$bool -> bool
logical_and: $bool && $bool -> bool
logical_or: $bool || $bool -> bool
conditional: $bool ? $A : $A -> A
equals: $A == $A -> bool
not_equals: $A != $A -> bool
negate_double: -$double -> double
negate_int64: -$int -> int
in_list: $A in $list(A) -> bool
in_map: $A in $map(A,B) -> bool
modulo_int64: $int % $int -> int
modulo_uint64: $uint % $uint -> uint
multiply_double: $double * $double -> double
multiply_int64: $int * $int -> int
multiply_uint64: $uint * $uint -> uint
add_bytes: $bytes + $bytes -> bytes
add_double: $double + $double -> double
add_duration_duration: $duration + $duration -> duration
add_duration_timestamp: $duration + $timestamp -> timestamp
add_timestamp_duration: $timestamp + $duration -> timestamp
add_int64: $int + $int -> int
add_list: $list(A) + $list(A) -> list(A)
add_string: $string + $string -> string
add_uint64: $uint + $uint -> uint
subtract_double: $double - $double -> double
subtract_duration_duration: $duration - $duration -> duration
subtract_int64: $int - $int -> int
subtract_timestamp_duration: $timestamp - $duration -> timestamp
subtract_timestamp_timestamp: $timestamp - $timestamp -> duration
subtract_uint64: $uint - $uint -> uint
divide_double: $double / $double -> double
divide_int64: $int / $int -> int
divide_uint64: $uint / $uint -> uint
select_optional_field: $map(string,V).?a -> optional(V)
list_optindex_optional_int: $list(V)[?$int:index] -> optional(V)
optional_list_optindex_optional_int: $optional(list(V))[?$int:index] -> optional(V)
map_optindex_optional_value: $map(K,V)[?$K] -> optional(V)
optional_map_optindex_optional_value: $optional(map(K,V))[?$K] -> optional(V)
index_list: $list(A)[$int:index] -> A
index_map: $map(A,B)[$A] -> B
optional_list_index_int: $optional(list(V))[$int:index] -> optional(V)
optional_map_index_value: $optional(map(K,V))[$K] -> optional(V)
quantity_add: $quantity.add($quantity) -> quantity
quantity_add_int: $quantity.add($int) -> quantity
quantity_sub: $quantity.sub($quantity) -> quantity
quantity_sub_int: $quantity.sub($int) -> quantity
quantity_get_float: $quantity.asApproximateFloat() -> double
quantity_get_int: $quantity.asInteger() -> int
quantity_is_integer: $quantity.isInteger() -> bool
quantity_compare_to: $quantity.compareTo($quantity) -> int
quantity_is_greater_than: $quantity.isGreaterThan($quantity) -> bool
quantity_is_less_than: $quantity.isLessThan($quantity) -> bool
quantity_sign: sign($quantity) -> int
is_quantity_string: isQuantity($string:quantity) -> bool
string_to_quantity: quantity($string:quantity) -> quantity
semver_compare_to: $semver.compareTo($semver) -> int
semver_is_greater_than: $semver.isGreaterThan($semver) -> bool
semver_is_less_than: $semver.isLessThan($semver) -> bool
semver_major: $semver.major() -> int
semver_minor: $semver.minor() -> int
semver_patch: $semver.patch() -> int
is_semver_string: isSemver($string:semver) -> bool
is_semver_string_bool: isSemver($string:semver, $bool) -> bool
string_to_semver: semver($string:semver) -> semver
string_bool_to_semver: semver($string:semver, $bool) -> semver
bool_to_bool: bool($bool) -> bool
string_to_bool: bool($string:bool) -> bool
bytes_to_bytes: bytes($bytes) -> bytes
string_to_bytes: bytes($string) -> bytes
double_to_double: double($double) -> double
int64_to_double: double($int) -> double
string_to_double: double($string:double) -> double
uint64_to_double: double($uint) -> double
duration_to_duration: duration($duration) -> duration
string_to_duration: duration($string:duration) -> duration
to_dyn: dyn($A) -> dyn
int64_to_int64: int($int) -> int
double_to_int64: int($double) -> int
duration_to_int64: int($duration) -> int
string_to_int64: int($string:int) -> int
timestamp_to_int64: int($timestamp) -> int
uint64_to_int64: int($uint) -> int
string_to_string: string($string) -> string
bool_to_string: string($bool) -> string
bytes_to_string: string($bytes) -> string
double_to_string: string($double) -> string
duration_to_string: string($duration) -> string
int64_to_string: string($int) -> string
timestamp_to_string: string($timestamp) -> string
uint64_to_string: string($uint) -> string
ip_to_string: string($ip) -> string
cidr_to_string: string($cidr) -> string
timestamp_to_timestamp: timestamp($timestamp) -> timestamp
int64_to_timestamp: timestamp($int) -> timestamp
string_to_timestamp: timestamp($string:timestamp) -> timestamp
type: type($A) -> type(A)
uint64_to_uint64: uint($uint) -> uint
double_to_uint64: uint($double) -> uint
int64_to_uint64: uint($int) -> uint
string_to_uint64: uint($string:int) -> uint
string_char_at_int: $string.charAt($int:index) -> string
contains_string: $string.contains($string) -> bool
ends_with_string: $string.endsWith($string) -> bool
starts_with_string: $string.startsWith($string) -> bool
string_find_string: $string.find($string:regex) -> string
string_find_all_string: $string.findAll($string:regex) -> list(string)
string_find_all_string_int: $string.findAll($string:regex, $int:index) -> list(string)
matches: matches($string, $string:regex) -> bool
matches_string: $string.matches($string:regex) -> bool
string_format: $string:format.format($list(dyn):format) -> string
string_index_of_string: $string.indexOf($string) -> int
string_index_of_string_int: $string.indexOf($string, $int:index) -> int
string_last_index_of_string: $string.lastIndexOf($string) -> int
string_last_index_of_string_int: $string.lastIndexOf($string, $int:index) -> int
list_join: $list(string).join() -> string
list_join_string: $list(string).join($string) -> string
string_lower_ascii: $string.lowerAscii() -> string
string_upper_ascii: $string.upperAscii() -> string
string_replace_string_string: $string.replace($string, $string) -> string
string_replace_string_string_int: $string.replace($string, $string, $int:index) -> string
string_split_string: $string.split($string) -> list(string)
string_split_string_int: $string.split($string, $int:index) -> list(string)
strings_quote: strings.quote($string) -> string
string_substring_int: $string.substring($int:index) -> string
string_substring_int_int: $string.substring($int:index, $int:index) -> string
string_trim: $string.trim() -> string
size_bytes: size($bytes) -> int
bytes_size: $bytes.size() -> int
size_list: size($list(A)) -> int
list_size: $list(A).size() -> int
size_map: size($map(A,B)) -> int
map_size: $map(A,B).size() -> int
size_string: size($string) -> int
string_size: $string.size() -> int
list_distinct: $list(T).distinct() -> list(T)
list_first: $list(V).first() -> optional(V)
list_last: $list(V).last() -> optional(V)
list_flatten: $list(list(T)).flatten() -> list(T)
list_flatten_int: $list(dyn).flatten($int:index) -> list(dyn)
list_includes_dyn_dyn: $dyn.includes($dyn) -> bool
list_a_index_of_int: $list(A).indexOf($A) -> int
list_a_last_index_of_int: $list(A).lastIndexOf($A) -> int
lists_range: lists.range($int:index) -> list(int)
list_reverse: $list(T).reverse() -> list(T)
list_sets_contains_list: sets.contains($list(T), $list(T)) -> bool
list_sets_equivalent_list: sets.equivalent($list(T), $list(T)) -> bool
list_sets_intersects_list: sets.intersects($list(T), $list(T)) -> bool
list_slice: $list(T).slice($int:index, $int:index) -> list(T)
optional_hasValue: $optional(V).hasValue() -> bool
optional_none: optional.none() -> optional(V)
optional_of: optional.of($V) -> optional(V)
optional_ofNonZeroValue: optional.ofNonZeroValue($V) -> optional(V)
optional_unwrap: optional.unwrap($list(optional(V))) -> list(V)
optional_unwrapOpt: $list(optional(V)).unwrapOpt() -> list(V)
optional_or_optional: $optional(V).or($optional(V)) -> optional(V)
optional_orValue_value: $optional(V).orValue($V) -> V
optional_value: $optional(V).value() -> V
string_to_url: url($string:url) -> url
is_url_string: isURL($string:url) -> bool
url_get_escaped_path: $url.getEscapedPath() -> string
url_get_host: $url.getHost() -> string
url_get_hostname: $url.getHostname() -> string
url_get_port: $url.getPort() -> string
url_get_query: $url.getQuery() -> map(string,list(string))
url_get_scheme: $url.getScheme() -> string
string_to_ip: ip($string:ip) -> ip
is_ip: isIP($string:ip) -> bool
ip_is_canonical: ip.isCanonical($string:ip) -> bool
ip_family: $ip.family() -> int
ip_is_global_unicast: $ip.isGlobalUnicast() -> bool
ip_is_link_local_multicast: $ip.isLinkLocalMulticast() -> bool
ip_is_link_local_unicast: $ip.isLinkLocalUnicast() -> bool
ip_is_loopback: $ip.isLoopback() -> bool
ip_is_unspecified: $ip.isUnspecified() -> bool
string_to_cidr: cidr($string:cidr) -> cidr
is_cidr: isCIDR($string:cidr) -> bool
cidr_contains_cidr_string: $cidr.containsCIDR($string:cidr) -> bool
cidr_contains_cidr: $cidr.containsCIDR($cidr) -> bool
cidr_contains_ip_string: $cidr.containsIP($string:ip) -> bool
cidr_contains_ip_ip: $cidr.containsIP($ip) -> bool
cidr_ip: $cidr.ip() -> ip
cidr_masked: $cidr.masked() -> cidr
cidr_prefix_length: $cidr.prefixLength() -> int
format-named: format.named($string:format name) -> optional(format)
format-validate: $format.validate($string:name) -> optional(list(string))
"""

# What only macros can reach, and therefore has no pattern.
BY_MACROS: Final = (
    "not_strictly_false",
    "@mapInsert_map_key_value",
    "@mapInsert_map_map",
    *(
        f"list_{one}_sortByAssociatedKeys"
        for one in ("int", "uint", "double", "bool", "google.protobuf.Duration", "google.protobuf.Timestamp")
    ),
    "list_string_sortByAssociatedKeys",
    "list_bytes_sortByAssociatedKeys",
)


def parse_type(text: str) -> Type:
    """`list(map(K,V))` as a type."""
    found, rest = _type_at(text.strip())
    assert not rest, text
    return found


def _type_at(text: str) -> tuple[Type, str]:
    match = re.match(r"\w+", text)
    assert match, text
    name, rest = match[0], text[match.end() :]
    if name not in _GENERIC or not rest.startswith("("):
        return name, rest
    inside: list[Type] = []
    while rest[0] != ")":
        one, rest = _type_at(rest[1:].lstrip())
        inside.append(one)
    return (name, *inside), rest[1:]


def _signature(line: str) -> Signature:
    identity, rest = line.split(": ", 1)
    pattern, result = rest.rsplit(" -> ", 1)
    pieces, operands = [], []
    before, *after = pattern.split("$")
    pieces.append(before)
    for part in after:
        of, part = _type_at(part)
        flavour = ""
        if match := re.match(r":(format name|\w+)", part):
            flavour, part = match[1], part[match.end() :]
        operands.append((of, flavour))
        pieces.append(part)
    return Signature(identity, tuple(pieces), tuple(operands), parse_type(result))


@cache
def signatures() -> tuple[Signature, ...]:
    """All of them, in a fixed order."""
    lines = [line for line in _OTHERS.splitlines() if line] + _families()
    return tuple(map(_signature, lines))

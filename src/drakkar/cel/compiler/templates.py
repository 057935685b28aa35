"""Python for the overloads and macros that Python has an operator or method of its own for."""

from __future__ import annotations

from typing import Final

# Python for an overload whose operands have its types for certain.
TEMPLATES: Final = {
    "starts_with_string": "{0}.startswith({1})",
    "ends_with_string": "{0}.endswith({1})",
    "contains_string": "({1} in {0})",
    "string_size": "len({0})",
    "size_string": "len({0})",
    "list_size": "len({0})",
    "size_list": "len({0})",
    "map_size": "len({0})",
    "size_map": "len({0})",
    "quantity_is_greater_than": "({0}.nanos > {1}.nanos)",
    "quantity_is_less_than": "({0}.nanos < {1}.nanos)",
    "semver_is_greater_than": "({0}.order > {1}.order)",
    "semver_is_less_than": "({0}.order < {1}.order)",
    "optional_hasValue": "{0}.present",
    "optional_value": "{0}.value",
}

# Python for a macro over a list or map, by the function that does the same: the condition or value, and the loop.
INLINE: Final = {
    "every": "all({0} {loop})",
    "some": "any({0} {loop})",
    "one": "(sum(1 {loop} if {0}) == 1)",
    "mapped": "tuple([{0} {loop}])",
    "chosen_mapped": "tuple([{0} {loop} if {1}])",
}

# Where the Python fails on a value of any other type, so that its type need not be asked.
BARE: Final = frozenset(
    (
        *("starts_with_string", "ends_with_string", "quantity_is_greater_than", "quantity_is_less_than"),
        *("semver_is_greater_than", "semver_is_less_than", "optional_hasValue", "optional_value"),
    )
)

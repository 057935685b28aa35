"""The named formats: every expected value is what Kubernetes' CEL library gave for the same call."""

from __future__ import annotations

import pytest

from drakkar.cel.library.names import FORMATS, FUNCTIONS, NamedFormat
from drakkar.cel.values import NONE

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
    "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', "
    r"regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
DNS1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
KEY = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
    "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)

WRONG: list[tuple[str, str, tuple[str, ...]]] = [
    ("dns1123Label", "", (LABEL,)),
    ("dns1123Label", "a.b", ("must not contain dots",)),
    ("dns1123Label", "x" * 64, ("must be no more than 63 characters",)),
    ("dns1123Label", "a\n", (LABEL,)),
    ("dns1123LabelPrefix", "-", (LABEL,)),
    ("dns1123LabelPrefix", "-a", (LABEL,)),
    ("dns1123Subdomain", "a..b", (SUBDOMAIN,)),
    ("dns1123Subdomain", "é" * 127, ("must be no more than 253 characters", SUBDOMAIN)),
    ("dns1123SubdomainPrefix", ".", (SUBDOMAIN,)),
    ("dns1035Label", "1a", (DNS1035,)),
    ("dns1035LabelPrefix", "1b-", (DNS1035,)),
    ("qualifiedName", "", ("name part must be non-empty", f"name part {KEY}")),
    ("qualifiedName", "/a", ("prefix part must be non-empty",)),
    ("qualifiedName", "A/b-", (f"prefix part {SUBDOMAIN}", f"name part {KEY}")),
    ("qualifiedName", "x" * 254 + "/b", ("prefix part must be no more than 253 bytes",)),
    ("qualifiedName", "x" * 64, ("name part must be no more than 63 bytes",)),
    (
        "qualifiedName",
        "a/b/c",
        (
            f"a valid label key {KEY} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
        ),
    ),
    ("labelValue", "-", (VALUE,)),
    ("labelValue", "x" * 64, ("must be no more than 63 bytes",)),
    ("uri", "", ('parse "": empty url',)),
    ("uri", "b\n", ('parse "b\\n": net/url: invalid control character in URL',)),
    ("uri", "http://h/%zz", ('parse "http://h/%zz": invalid URL escape "%zz"',)),
    ("uri", "http://ho st", ('parse "http://ho st": invalid character " " in host name',)),
    (
        "uri",
        "http://[::1%25]",
        ('parse "http://[::1%25]": invalid host: ParseAddr("::1%"): zone must be a non-empty string',),
    ),
    ("uuid", "123e4567-e89b-12d3-a456-42661417400", ("does not match the UUID format",)),
    ("byte", "a===", ("invalid base64",)),
    ("byte", "", ("invalid base64",)),
    ("date", "2021-02-29", ("invalid date",)),
    ("date", "2021-1-1", ("invalid date",)),
    ("datetime", "2021-01-01T24:00:00Z", ("invalid datetime",)),
    ("datetime", "2021-01-01T00:00:00", ("invalid datetime",)),
]
RIGHT: list[tuple[str, str]] = [
    ("dns1123Label", "1-a"),
    ("dns1123LabelPrefix", "a-"),
    ("dns1123LabelPrefix", "b--"),
    ("dns1123Subdomain", "a.b-c.1"),
    ("dns1123SubdomainPrefix", "a.-"),
    ("dns1035Label", "a1"),
    ("qualifiedName", "a.b/C_d"),
    ("labelValue", ""),
    ("uri", "//h/p"),
    ("uuid", "123E4567E89B-12D3A456426614174000"),
    ("byte", "ab=="),
    ("date", "0000-02-29"),
    ("datetime", "2021-01-01t00:00:00x1z"),
    ("datetime", "2021-01-01T00:00:00+99:99"),
    ("datetime", "2021-01-01T00:00:00ZTfoo"),
]


@pytest.mark.parametrize(("name", "text", "problems"), WRONG)
def test_problems_are_told_in_the_words_of_upstream(name: str, text: str, problems: tuple[str, ...]) -> None:
    found = FUNCTIONS["format-validate"](FUNCTIONS[f"format.{name}"](), text)
    assert found.present
    assert found.value == problems


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_what_is_right_has_no_problems(name: str, text: str) -> None:
    assert FUNCTIONS["format-validate"](FORMATS[name], text) is NONE


def test_formats_by_name() -> None:
    assert FUNCTIONS["format-named"]("dns1123Label").value is FORMATS["dns1123Label"]
    for name in ("", "DNS1123Label", "email"):
        assert FUNCTIONS["format-named"](name) is NONE
    assert NamedFormat.cel_type == "kubernetes.NamedFormat"


def test_sizes_that_the_cost_is_reckoned_with() -> None:
    sizes = {name: value.max_regex_size for name, value in FORMATS.items()}
    assert sizes == {
        "dns1123Label": 30,
        "dns1123Subdomain": 60,
        "dns1035Label": 30,
        "qualifiedName": 60,
        "dns1123LabelPrefix": 30,
        "dns1123SubdomainPrefix": 60,
        "dns1035LabelPrefix": 30,
        "labelValue": 40,
        "uri": 1103,
        "uuid": 70,
        "byte": 84,
        "date": 71,
        "datetime": 71,
    }

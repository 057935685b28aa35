from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.selectors import SelectorError, match_labels, parse_field_selector, parse_label_selector

LABELS = {
    "app": "web",
    "tier": "front",
    "example.com/size": "10",
    "empty": "",
    # Beyond 64 bits.
    "large": "9999999999999999999",
    # Zeros in front are no more than that, however many.
    "long": "0000000000000000000000000000012",
}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("app", True),
        ("!app", False),
        ("!other", True),
        ("app=web", True),
        (" app == web , tier = front ", True),
        ("app!=web", False),
        ("other!=web", True),
        ("app in (web,db)", True),
        ("app in(db)", False),
        ("app notin (db, cache)", True),
        ("other notin (db)", True),
        ("other in (db)", False),
        ("example.com/size>9", True),
        ("example.com/size<10", False),
        ("app>1", False),
        ("large>5", False),
        ("large<5", False),
        ("long>11", True),
        ("long<0000000000000000000000000000013", True),
        ("empty=", True),
        ("empty in (,x),app", True),
        ("in in (a)", False),
    ],
)
def test_label_selector_text(text: str, selected: bool) -> None:
    assert parse_label_selector(text).matches(LABELS) is selected


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", ""),
        ("z=1,b==2,a!=3", "a!=3,b==2,z=1"),
        ("x in (b,a),x notin (c),!y,w,v>1,u<2", "u<2,v>1,w,x in (a,b),x notin (c),!y"),
    ],
)
def test_label_selectors_are_shown_by_key(given: str, shown: str) -> None:
    assert parse_label_selector(given).text() == shown
    assert parse_label_selector(shown).text() == shown


@pytest.mark.parametrize(
    "text",
    [
        ",",
        "a,",
        "a=b=c",
        "a in",
        "a in (",
        "a in (b",
        "a b",
        "a=b c",
        "!",
        "-a=b",
        "a=-b",
        "a>x",
        "a<9999999999999999999",
        "A/b/c=d",
    ],
)
def test_what_is_no_label_selector_is_refused(text: str) -> None:
    with pytest.raises(SelectorError):
        parse_label_selector(text)


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "db"}}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_label_selector_object(selector: dict[str, Any] | None, selected: bool) -> None:
    assert match_labels(selector, LABELS) is selected


@pytest.mark.parametrize(
    "entry",
    [{"key": "a", "operator": "Gt", "values": ["1"]}, {"key": "a", "operator": "In"}, {"operator": "Exists"}],
)
def test_what_is_no_label_selector_object_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(SelectorError):
        match_labels({"matchExpressions": [entry]}, LABELS)


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("spec.nodeName=n1", True),
        ("spec.nodeName==n1,status.phase!=Running", True),
        ("spec.nodeName!=n1", False),
        ("spec.other=", True),
        (r"name=a\,b\=c\\", True),
    ],
)
def test_field_selector(text: str, selected: bool) -> None:
    fields = {"spec.nodeName": "n1", "status.phase": "Pending", "name": "a,b=c\\"}
    assert parse_field_selector(text).matches(fields) is selected


@pytest.mark.parametrize("text", ["a", "a=b=c", r"a=\x", "a=\\"])
def test_what_is_no_field_selector_is_refused(text: str) -> None:
    with pytest.raises(SelectorError):
        parse_field_selector(text)

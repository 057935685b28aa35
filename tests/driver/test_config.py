"""Which of an allocation's configs holds for a request."""

import pytest

from drakkar.driver.config import config_for, configs_for, strict
from drakkar.driver.errors import ConfigError


def entry(source, parameters, requests=(), driver="d"):
    return {
        "source": source,
        "requests": list(requests),
        "opaque": {"driver": driver, "parameters": parameters},
    }


def read(parameters):
    return strict(parameters, "", ("interval",))["interval"]


def test_claim_beats_class():
    entries = [entry("FromClaim", {"interval": "Long"}, ["a"]), entry("FromClass", {"interval": "Short"})]
    configs = configs_for("d", entries, read, "Default")
    assert config_for("a", configs) == "Long"
    assert config_for("b", configs) == "Short"


def test_without_a_word_the_default_holds_and_others_drivers_are_not_read():
    configs = configs_for("d", [entry("FromClaim", {"bogus": 1}, driver="other")], read, "Default")
    assert config_for("a", configs) == "Default"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (entry("FromNowhere", {}), "invalid config source: FromNowhere"),
        ({"source": "FromClaim"}, "only opaque parameters"),
        (entry("FromClaim", {"bogus": 1}), 'unknown field "bogus"'),
        (entry("FromClaim", "text"), "is not an object"),
    ],
)
def test_refused(item, message):
    with pytest.raises(ConfigError, match=message):
        configs_for("d", [item], read, "Default")

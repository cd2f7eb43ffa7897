"""Running OpenStack's interoperability tests, which are Tempest's, against a cloud, and reporting what it passed."""

from __future__ import annotations

from importlib import resources
from importlib.util import find_spec

from jumpgate.common.errors import ConfigError

NEEDED = ("openstack", "tempest")
MISSING = "The tests are Tempest's, which is not installed here: pip install 'jumpgate[certify]'."


def check_installed() -> None:
    """Raise ConfigError where what the extra ``jumpgate[certify]`` brings is not there."""
    if any(find_spec(name) is None for name in NEEDED):
        raise ConfigError(MISSING)


def interoperability_tests() -> list[str]:
    """Return the names of the tests that a cloud had to pass to be called OpenStack Powered."""
    return resources.files("jumpgate.certify").joinpath("interoperability.txt").read_text(encoding="utf-8").split()

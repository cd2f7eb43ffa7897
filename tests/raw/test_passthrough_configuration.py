"""`[openstack]`: where the services behind the passthrough are, and what is wrong when that cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.api import Jumpgate
from jumpgate.clouds import openstack
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError

SILENT = "".join(f"[{name}]\ndriver=tests.support.silent\n" for name in SERVICE_NAMES)


def complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        Jumpgate(Config.from_text(text))
    return str(caught.value)


def dispatcher(config: Config, service: str = "compute", region: str | None = None) -> Dispatcher:
    return Jumpgate(config).get_dispatcher(service, region)


def silent_but(service: str) -> str:
    return SILENT.replace(f"[{service}]\ndriver=tests.support.silent\n", "")


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_a_missing_endpoint_is_named(service: str) -> None:
    expected = f"[openstack] {service}_endpoint is missing: the URL of the {service} service to pass on to."

    assert complaint(silent_but(service)) == expected


@pytest.mark.parametrize("url", ["127.0.0.1:8774", "ftp://nova/", "http://", "http://nova/?a=b", "/v2.1"])
def test_an_endpoint_that_is_no_url_is_named(url: str) -> None:
    text = f"{silent_but('compute')}[openstack]\ncompute_endpoint={url}\n"

    assert complaint(text).startswith(f"[openstack] compute_endpoint = {url}: a URL starts with http")


@pytest.mark.parametrize("option", ["connect_timeout", "read_timeout"])
@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf"])
def test_a_timeout_that_is_no_time_is_named(option: str, value: str) -> None:
    text = f"{silent_but('compute')}[openstack]\ncompute_endpoint=http://nova\n{option}={value}\n"

    assert complaint(text) == f"[openstack] {option} = {value}: it must be a number of seconds above 0."


def test_a_further_region_names_its_endpoint_in_its_own_section() -> None:
    text = f"{SILENT}[compute:eu]\n"

    assert complaint(text).startswith("[compute:eu] endpoint is missing: ")
    app = Jumpgate(Config.from_text(text + "endpoint=http://nova.eu:8774/\n"))
    assert openstack.endpoints(app.config, app.get_dispatcher("compute", "eu")) == ("http://nova.eu:8774",)


def test_trailing_slashes_and_spaces_do_not_matter() -> None:
    config = Config.from_text(SILENT + "[openstack]\ncompute_endpoint = http://nova:8774/ , https://public/compute/\n")

    assert openstack.endpoints(config, dispatcher(config)) == ("http://nova:8774", "https://public/compute")


def test_certificates_to_trust_are_read_from_a_file(tmp_path: Any) -> None:
    text = f"{silent_but('compute')}[openstack]\ncompute_endpoint=https://nova\nca_file={tmp_path}/ca.pem\n"

    assert complaint(text) == f"[openstack] ca_file = {tmp_path}/ca.pem: No such file or directory."


def test_only_true_is_insecure_and_said_at_start() -> None:
    text = f"{silent_but('compute')}[openstack]\ncompute_endpoint=https://nova\ninsecure="

    assert complaint(f"{text}perhaps\n") == "[openstack] insecure = perhaps: it is true or false."
    assert Jumpgate(Config.from_text(f"{text}false\n")).notices == []
    notices = Jumpgate(Config.from_text(f"{text}true\n")).notices
    assert notices == ["[openstack] insecure: whoever answers at https://nova is believed to be the service."]


def test_nothing_is_asked_of_the_services_at_start() -> None:
    endpoints = "".join(f"{name}_endpoint=http://127.0.0.1:1\n" for name in SERVICE_NAMES)

    app = Jumpgate(Config.from_text(f"[openstack]\n{endpoints}"))

    assert all(disp.fallback is not None for disp in app.dispatchers())

"""Short words for what the network tests do over and over."""

from __future__ import annotations

from typing import Any

from falcon.testing import Result

from tests.support.cloud import Cloud

ROOT = "/network/v2.0"
UNKNOWN = "00000000-0000-0000-0000-000000000000"

_PATHS = {"security_group": "security-groups", "security_group_rule": "security-group-rules"}


def path(singular: str, *rest: str) -> str:
    """Return the URL's path of a collection, or of something below it."""
    return "/".join([ROOT, _PATHS.get(singular, f"{singular}s"), *rest])


def ask(cloud: Cloud, caller: str, singular: str, **attributes: Any) -> Result:
    """Ask for one of a kind to be made."""
    return cloud.post(caller, path(singular), {singular: attributes})


def make(cloud: Cloud, caller: str, singular: str, **attributes: Any) -> dict[str, Any]:
    """Make one of a kind and return it."""
    result = ask(cloud, caller, singular, **attributes)
    assert result.status_code == 201, result.text
    made: dict[str, Any] = result.json[singular]
    return made


def change(cloud: Cloud, caller: str, singular: str, resource_id: str, **attributes: Any) -> Result:
    """Ask for a change."""
    return cloud.put(caller, path(singular, resource_id), {singular: attributes})


def show(cloud: Cloud, caller: str, singular: str, resource_id: str) -> dict[str, Any]:
    """Return one of a kind."""
    result = cloud.get(caller, path(singular, resource_id))
    assert result.status_code == 200, result.text
    shown: dict[str, Any] = result.json[singular]
    return shown


def found(cloud: Cloud, caller: str, singular: str, query: str = "") -> list[dict[str, Any]]:
    """Return a list."""
    result = cloud.get(caller, path(singular) + (f"?{query}" if query else ""))
    assert result.status_code == 200, result.text
    listed: list[dict[str, Any]] = result.json[f"{singular}s"]
    return listed


def fault(result: Result) -> tuple[int, str]:
    """Return the status of an error and its name."""
    return result.status_code, result.json["NeutronError"]["type"]


def message(result: Result) -> str:
    """Return what an error says."""
    text: str = result.json["NeutronError"]["message"]
    return text


def make_subnet(cloud: Cloud, caller: str, cidr: str = "10.0.0.0/24", **attributes: Any) -> dict[str, Any]:
    """Make a subnet, on a network of its own unless one is named."""
    network_id = attributes.pop("network_id", None) or make(cloud, caller, "network")["id"]
    version = 6 if ":" in cidr else 4
    return make(cloud, caller, "subnet", network_id=network_id, cidr=cidr, ip_version=version, **attributes)


def addresses(port: dict[str, Any]) -> list[str]:
    """Return a port's addresses."""
    return [item["ip_address"] for item in port["fixed_ips"]]

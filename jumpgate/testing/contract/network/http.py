"""Networks and what is on them through HTTP."""

from __future__ import annotations

from jumpgate.testing.contract.http import MadeOverHttp, OwnedOverHttp
from jumpgate.testing.contract.network.things import NETWORK, PORT, ROUTER, SECURITY_GROUP, SUBNET


class TestNetworksOverHttp(MadeOverHttp, OwnedOverHttp):
    """Networks."""

    thing, service = NETWORK, "network"
    singular, plural = "network", "networks"


class TestSubnetsOverHttp(OwnedOverHttp):
    """Subnets."""

    thing, service = SUBNET, "network"
    singular, plural = "subnet", "subnets"


class TestPortsOverHttp(OwnedOverHttp):
    """Ports."""

    thing, service = PORT, "network"
    singular, plural = "port", "ports"


class TestSecurityGroupsOverHttp(MadeOverHttp, OwnedOverHttp):
    """Security groups."""

    thing, service = SECURITY_GROUP, "network"
    singular, plural = "security_group", "security_groups"


class TestRoutersOverHttp(MadeOverHttp, OwnedOverHttp):
    """Routers."""

    thing, service = ROUTER, "network"
    singular, plural = "router", "routers"

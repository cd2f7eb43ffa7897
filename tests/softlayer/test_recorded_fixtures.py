"""Every read against the SDK's own recorded answers, by the SDK's real transport: what is asked, what is made of it.

The answers are static: filters, limits and ids change nothing in them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from SoftLayer import BaseClient, FixtureTransport, VSManager
from SoftLayer.testing import MockableTransport, xmlrpc

from jumpgate.clouds.softlayer.accounts import USER_MASK, Callers
from jumpgate.clouds.softlayer.session import KEY, PAGE, USER, Session
from jumpgate.clouds.softlayer.values import EPOCH
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import EVERYTHING, Filter, Query
from jumpgate.common.siblings import Siblings
from jumpgate.compute.drivers.softlayer import (
    creation,
    domains,
    flavors,
    guests,
    hosts,
    instance_actions,
    interfaces,
    keypairs,
    passwords,
    quotas,
    server_groups,
    servers,
    usages,
    volume_attachments,
    zones,
)
from jumpgate.compute.drivers.softlayer.action_requests import ActionRequests, Request
from jumpgate.compute.models import NetworkRequest, ServerSpec
from jumpgate.identity.drivers.softlayer.users import SoftLayerUsers
from jumpgate.network.drivers.softlayer import floating_ips, networks, ports, security_groups, subnets
from jumpgate.network.drivers.softlayer import quotas as network_quotas
from tests.softlayer.cloud import settings

ALICE = Context(user_id="testAccount", project_id="1234", secrets={USER: "testAccount", KEY: "k" * 64})
GUEST = "1a2b3c-1701"
TEMPLATE = "0B5DEAF4-643D-46CA-A695-CECBE8832C9D"


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[Session, MockableTransport]]:
    transport = MockableTransport(FixtureTransport())
    server = xmlrpc.create_test_server(transport, "127.0.0.1")
    yield Session(settings(f"http://127.0.0.1:{server.server_port}", timeout_s=20)), transport
    server.shutdown()
    server.server_close()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request: its service and method, and all that the SDK sends with it."""

    name: str
    mask: str | None
    filter: Mapping[str, Any] | None = None
    id: Any = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Read:
    """A read of a driver, the requests that it makes, and what it makes of the answers."""

    name: str
    run: Callable[[Session], Any]
    asks: tuple[Asked, ...]
    answers: Callable[[Any], Any] = field(default=lambda result: result)
    expected: Any = None


def equal(path: str, value: Any) -> dict[str, Any]:
    """Return the object filter that compares a property with a value."""
    result: dict[str, Any] = {"operation": value}
    for name in reversed(path.split(".")):
        result = {name: result}
    return result


def one_of(path: str, *values: str) -> dict[str, Any]:
    """Return the object filter that compares a property with several values."""
    inner: dict[str, Any] = {"operation": "in", "options": [{"name": "data", "value": list(values)}]}
    for name in reversed(path.split(".")):
        inner = {name: inner}
    return inner


def missing(read: Callable[[], Any]) -> str:
    """Return what is said of something that is not there."""
    with pytest.raises(NotFound) as refused:
        read()
    return str(refused.value)


def names(result: Any) -> list[str]:
    return [item.name for item in result]


_CURRENT_USER = Asked(name="Account::getCurrentUser", mask=USER_MASK)
_USERS = Asked(name="Account::getUsers", mask=USER_MASK, limit=PAGE)
_GUESTS = Asked(name="Account::getVirtualGuests", mask=guests.MASK, limit=PAGE)
_GUEST = Asked(name="Virtual_Guest::getObject", mask=guests.MASK, id=GUEST)
_PACKAGE = Asked(
    name="Product_Package::getAllObjects",
    mask=flavors.PACKAGE_MASK,
    filter=equal("keyName", "PUBLIC_CLOUD_SERVER"),
    limit=1,
)
_PRESETS = tuple(
    Asked(name=f"Product_Package::{method}", mask=flavors.PRESETS_MASK, id=200, limit=PAGE)
    for method in ("getActivePresets", "getAccountRestrictedActivePresets")
)
_EVENTS = "Event_Log::getAllObjects"
_OF_GUEST = {**equal("objectId", 100), **equal("objectName", "CCI")}


class _Forgetful(ActionRequests):
    """No request is remembered: the recorded log is of nobody's here."""

    def __init__(self) -> None:
        """Have no store."""

    def find(self, ctx: Context, server_id: str) -> list[Request]:
        return []


def _servers(session: Session) -> servers.SoftLayerServers:
    return servers.SoftLayerServers(session, flavors.SoftLayerFlavors(session), _Forgetful())


def _actions(session: Session) -> instance_actions.SoftLayerInstanceActions:
    return instance_actions.SoftLayerInstanceActions(session, _Forgetful())


def _ties(session: Session) -> volume_attachments.SoftLayerVolumeAttachments:
    return volume_attachments.SoftLayerVolumeAttachments(session, Siblings("RegionOne"))


READS = (
    Read(
        name="who logs in",
        run=lambda session: Callers(session).login("testAccount", "k" * 64),
        asks=(_CURRENT_USER,),
        answers=lambda person: (person.name, person.account_id, person.is_master),
        expected=("testAccount", "123456789", True),
    ),
    Read(
        name="users",
        run=lambda session: SoftLayerUsers(session, Callers(session)).find(ALICE, EVERYTHING),
        asks=(_USERS,),
        answers=names,
        expected=["SL1234", "sl1234-abob"],
    ),
    Read(
        name="servers",
        run=lambda session: _servers(session).find(ALICE, EVERYTHING),
        asks=(_GUESTS,),
        answers=lambda found: [(item.id, item.name, item.vm_state, item.ipv4) for item in found],
        expected=[
            (GUEST, "vs-test1.test.sftlyr.ws", "active", ("10.45.19.37", "172.16.240.2")),
            ("05a8ac-6abf0", "vs-test2.test.sftlyr.ws", "active", ("10.45.19.35", "172.16.240.7")),
        ],
    ),
    Read(
        name="servers of some ids",
        run=lambda session: _servers(session).find(ALICE, Query(filters=(Filter("id", (GUEST,)),))),
        asks=(
            Asked(
                name="Account::getVirtualGuests",
                mask=guests.MASK,
                filter=one_of("virtualGuests.globalIdentifier", GUEST),
                limit=PAGE,
            ),
        ),
        answers=len,
        expected=2,
    ),
    Read(
        name="a server",
        run=lambda session: _servers(session).get(ALICE, GUEST),
        asks=(_GUEST,),
        answers=lambda server: (
            server.id,
            server.user_id,
            server.flavor.id,
            server.tags,
            server.description,
            server.availability_zone,
        ),
        expected=(GUEST, "chechu", "B1_8X16X100", ("production",), "notes", "TEST00"),
    ),
    Read(
        name="flavors",
        run=lambda session: flavors.SoftLayerFlavors(session).find(ALICE, EVERYTHING),
        asks=(_PACKAGE, *_PRESETS),
        answers=lambda found: [(item.id, item.vcpus, item.ram_mib, item.disk_gib) for item in found],
        expected=[
            ("M1_64X512X25", 64, 524288, 25),
            ("M1_56X448X100", 56, 458752, 100),
            ("M1_64X512X100", 64, 524288, 100),
        ],
    ),
    Read(
        name="a flavor",
        run=lambda session: flavors.SoftLayerFlavors(session).get(ALICE, "M1_64X512X25"),
        asks=(_PACKAGE, *_PRESETS),
        answers=lambda flavor: (flavor.id, flavor.extra_specs),
        expected=("M1_64X512X25", {"softlayer:family": "M1", "softlayer:preset": "799"}),
    ),
    Read(
        name="a server's interfaces",
        run=lambda session: interfaces.SoftLayerInterfaces(session).find(ALICE, GUEST),
        asks=(Asked(name="Virtual_Guest::getObject", mask=interfaces.MASK, id=GUEST),),
        expected=[],
    ),
    Read(
        name="a server's password",
        run=lambda session: passwords.Passwords(_servers(session).record, _servers(session).renote).encrypted(
            ALICE, GUEST
        ),
        asks=(Asked(name="Virtual_Guest::getObject", mask=passwords.MASK, id=GUEST),),
        expected="",
    ),
    Read(
        name="a volume that a server does not have",
        run=lambda session: missing(lambda: _ties(session).get(ALICE, GUEST, "100")),
        asks=(Asked(name="Virtual_Guest::getObject", mask=volume_attachments.GUEST_MASK, id=GUEST),),
        expected=f"Instance {GUEST} is not attached to volume 100",
    ),
    Read(
        name="keypairs",
        run=lambda session: keypairs.SoftLayerKeypairs(session).find(ALICE, "testAccount", EVERYTHING),
        asks=(Asked(name="Account::getSshKeys", mask=keypairs.MASK, limit=PAGE),),
        answers=names,
        expected=["Test 1", "Test 2"],
    ),
    Read(
        name="a keypair",
        run=lambda session: keypairs.SoftLayerKeypairs(session).get(ALICE, "testAccount", "Test 2"),
        asks=(Asked(name="Account::getSshKeys", mask=keypairs.MASK, filter=equal("sshKeys.label", "Test 2")),),
        answers=lambda keypair: (keypair.name, keypair.number),
        expected=("Test 2", 101),
    ),
    Read(
        name="instance actions",
        run=lambda session: _actions(session).find(ALICE, GUEST, EVERYTHING),
        asks=(
            Asked(name="Virtual_Guest::getObject", mask="mask[id,globalIdentifier]", id=GUEST),
            Asked(name=_EVENTS, mask=instance_actions.MASK, filter=_OF_GUEST, limit=PAGE),
        ),
        answers=lambda found: [(item.name, item.request_id) for item in found][:2],
        expected=[("Disable Port", "100"), ("Security Group Rule(s) Removed", "59e7765515e28")],
    ),
    Read(
        name="an instance action",
        run=lambda session: _actions(session).get(ALICE, GUEST, "59e767e9c2184"),
        asks=(
            Asked(name="Virtual_Guest::getObject", mask="mask[id,globalIdentifier]", id=GUEST),
            Asked(name=_EVENTS, mask=instance_actions.MASK, filter=_OF_GUEST, limit=PAGE),
        ),
        answers=lambda action: action.server_id,
        expected=GUEST,
    ),
    Read(
        name="quotas",
        run=lambda session: quotas.SoftLayerQuotas(session).get(ALICE, "1234"),
        asks=(
            Asked(name="Account::getVirtualGuests", mask=quotas.GUESTS_MASK, limit=PAGE),
            Asked(name="Account::getObject", mask=quotas.COUNTS_MASK),
        ),
        answers=lambda uses: [uses[name].in_use for name in ("instances", "cores", "ram")],
        expected=[2, 6, 5120],
    ),
    Read(
        name="usage",
        run=lambda session: usages.SoftLayerUsages(session).find(ALICE, "1234", EPOCH, EPOCH.replace(year=2030)),
        asks=(_GUESTS,),
        answers=names,
        expected=["vs-test1.test.sftlyr.ws", "vs-test2.test.sftlyr.ws"],
    ),
    Read(
        name="availability zones",
        run=lambda session: zones.SoftLayerZones(session).find(ALICE),
        asks=(Asked(name="Location_Datacenter::getDatacenters", mask=zones.MASK, limit=PAGE),),
        answers=names,
        expected=["dal10", "dal09"],
    ),
    Read(
        name="server groups",
        run=lambda session: server_groups.SoftLayerServerGroups(session).find(ALICE, EVERYTHING),
        asks=(Asked(name="Account::getPlacementGroups", mask=server_groups.MASK, limit=PAGE),),
        answers=lambda found: [(item.id, item.name, item.policy) for item in found],
        expected=[("12345", "test01", "anti-affinity")],
    ),
    Read(
        name="a server group",
        run=lambda session: server_groups.SoftLayerServerGroups(session).get(ALICE, "1234"),
        asks=(Asked(name="Virtual_PlacementGroup::getObject", mask=server_groups.MASK, id="1234"),),
        answers=lambda group: group.members,
        expected=("c786ac04-b612-4649-9d19-9662434eeaea",),
    ),
    Read(
        name="dedicated hosts",
        run=lambda session: hosts.SoftLayerHosts(session).hypervisors(ALICE),
        asks=(Asked(name="Account::getDedicatedHosts", mask=hosts.MASK, limit=PAGE),),
        answers=lambda found: [(item.hostname, item.vcpus, item.memory_mib, item.local_gib) for item in found],
        expected=[("dedicatedhost01", 56, 242 * 1024, 1200)],
    ),
    Read(
        name="the services of dedicated hosts",
        run=lambda session: hosts.SoftLayerHosts(session).services(ALICE),
        asks=(Asked(name="Account::getDedicatedHosts", mask=hosts.SERVICES_MASK, limit=PAGE),),
        answers=lambda found: [(item.host, item.binary, item.enabled) for item in found],
        expected=[("dedicatedhost01", "nova-compute", True)],
    ),
    Read(
        name="DNS zones",
        run=lambda session: domains.Domains(session).names(ALICE),
        asks=(Asked(name="Account::getDomains", mask=domains.ZONES_MASK, limit=PAGE),),
        answers=list,
        expected=["example.com"],
    ),
    Read(
        name="DNS entries",
        run=lambda session: domains.Domains(session).entries(ALICE, "example.com", name="b"),
        asks=(
            Asked(name="Account::getDomains", mask=domains.ZONES_MASK, filter=equal("domains.name", "example.com")),
            Asked(
                name="Dns_Domain::getResourceRecords",
                mask=domains.RECORDS_MASK,
                filter=equal("resourceRecords.host", "b"),
                id=12345,
                limit=PAGE,
            ),
        ),
        answers=lambda found: [(item.name, item.kind) for item in found],
        expected=[("b", "A")],
    ),
    Read(
        name="a server's volumes",
        run=lambda session: _ties(session).find(ALICE, GUEST),
        asks=(Asked(name="Virtual_Guest::getObject", mask=volume_attachments.GUEST_MASK, id=GUEST),),
        expected=[],
    ),
)


def _rules(session: Session) -> security_groups.SoftLayerSecurityGroupRules:
    return security_groups.SoftLayerSecurityGroupRules(session, security_groups.SoftLayerSecurityGroups(session))


NETWORK_READS = (
    Read(
        name="networks",
        run=lambda session: networks.SoftLayerNetworks(session).find(ALICE, EVERYTHING),
        asks=(Asked(name="Account::getNetworkVlans", mask=networks.MASK, limit=PAGE),),
        answers=lambda found: [(item.id, item.name, item.segmentation_id) for item in found],
        expected=[("0", "global", None), ("1", "private-12", 12), ("2", "private-13", 13), ("3", "dal00", 14)],
    ),
    Read(
        name="a network",
        run=lambda session: networks.SoftLayerNetworks(session).get(ALICE, "1234"),
        asks=(Asked(name="Network_Vlan::getObject", mask=networks.MASK, id="1234"),),
        answers=lambda network: (network.segmentation_id, network.subnet_ids),
        expected=(4444, ("1804813", "2415982")),
    ),
    Read(
        name="subnets",
        run=lambda session: subnets.SoftLayerSubnets(session).find(ALICE, EVERYTHING),
        asks=(Asked(name="Account::getSubnets", mask=subnets.MASK, limit=PAGE),),
        answers=lambda found: [(item.id, item.cidr, item.network_id) for item in found],
        expected=[("100", "10.0.0.0/24", "123"), ("111", "10.0.0.0/24", "22222")],
    ),
    Read(
        name="ports",
        run=lambda session: ports.SoftLayerPorts(session).find(ALICE, EVERYTHING),
        asks=(Asked(name="Account::getVirtualGuests", mask=ports.MASK, limit=PAGE),),
        expected=[],
    ),
    Read(
        name="security groups",
        run=lambda session: security_groups.SoftLayerSecurityGroups(session).find(ALICE, EVERYTHING),
        asks=(Asked(name="Network_SecurityGroup::getAllObjects", mask=security_groups.MASK, limit=PAGE),),
        answers=names,
        expected=["default", "secgroup1", "secgroup2", ""],
    ),
    Read(
        name="a security group",
        run=lambda session: security_groups.SoftLayerSecurityGroups(session).get(ALICE, "100"),
        asks=(Asked(name="Network_SecurityGroup::getObject", mask=security_groups.MASK, id="100"),),
        answers=lambda group: [(rule.id, rule.direction, rule.ethertype) for rule in group.rules],
        expected=[("100", "egress", "IPv4")],
    ),
    Read(
        name="security group rules",
        run=lambda session: _rules(session).find(ALICE, EVERYTHING),
        asks=(Asked(name="Network_SecurityGroup::getAllObjects", mask=security_groups.MASK, limit=PAGE),),
        answers=lambda found: [item for item in found if not item.belongs_to_default_group],
        expected=[],
    ),
    Read(
        name="a security group rule that is not there",
        run=lambda session: missing(lambda: _rules(session).get(ALICE, "100")),
        asks=(Asked(name="Network_SecurityGroup::getAllObjects", mask=security_groups.MASK, limit=PAGE),),
        expected="Security group rule 100 does not exist",
    ),
    Read(
        name="a subnet without a VLAN of its own",
        run=lambda session: missing(lambda: subnets.SoftLayerSubnets(session).get(ALICE, "1234")),
        asks=(Asked(name="Network_Subnet::getObject", mask=subnets.MASK, id="1234"),),
        expected="Subnet 1234 could not be found.",
    ),
    Read(
        name="ports of a server",
        run=lambda session: ports.SoftLayerPorts(session).find(ALICE, Query(filters=(Filter("device_id", (GUEST,)),))),
        asks=(
            Asked(
                name="Account::getVirtualGuests",
                mask=ports.MASK,
                filter=one_of("virtualGuests.globalIdentifier", GUEST),
                limit=PAGE,
            ),
        ),
        expected=[],
    ),
    Read(
        name="a port that is not there",
        run=lambda session: missing(lambda: ports.SoftLayerPorts(session).get(ALICE, "1000")),
        asks=tuple(
            Asked(name="Account::getVirtualGuests", mask=ports.MASK, filter=equal(f"virtualGuests.{name}.id", 1000))
            for name in ("primaryBackendNetworkComponent", "primaryNetworkComponent")
        ),
        expected="Port 1000 could not be found.",
    ),
    Read(
        name="a floating IP",
        run=lambda session: floating_ips.SoftLayerFloatingIps(session, ports.SoftLayerPorts(session)).get(
            ALICE, "1234"
        ),
        asks=(Asked(name="Network_Subnet_IpAddress_Global::getObject", mask=floating_ips.MASK, id="1234"),),
        answers=lambda found: (found.id, found.status, found.port_id),
        expected=("1234", "DOWN", None),
    ),
    Read(
        name="quotas of networks",
        run=lambda session: network_quotas.SoftLayerQuotas(session).get(ALICE, "1234"),
        asks=(
            Asked(name="Account::getObject", mask=network_quotas.COUNTS_MASK),
            Asked(name="Network_SecurityGroup::getAllObjects", mask=network_quotas.GROUPS_MASK, limit=PAGE),
            Asked(name="Account::getSubnets", mask=network_quotas.SUBNETS_MASK, limit=PAGE),
            Asked(name="Account::getVirtualGuests", mask=network_quotas.GUESTS_MASK, limit=PAGE),
        ),
        answers=lambda quota: [quota.used[name] for name in ("subnet", "port", "security_group")],
        expected=[2, 4, 3],
    ),
    Read(
        name="quotas that projects have of their own",
        run=lambda session: network_quotas.SoftLayerQuotas(session).find(ALICE),
        asks=(),
        expected=[],
    ),
    Read(
        name="floating IPs",
        run=lambda session: floating_ips.SoftLayerFloatingIps(session, ports.SoftLayerPorts(session)).find(
            ALICE, EVERYTHING
        ),
        asks=(Asked(name="Account::getGlobalIpRecords", mask=floating_ips.MASK, limit=PAGE),),
        answers=lambda found: [(item.id, item.floating_ip_address, item.status) for item in found],
        expected=[("200", "127.0.0.1", "ACTIVE"), ("201", "127.0.0.1", "ACTIVE")],
    ),
)


@pytest.mark.parametrize("read", [*READS, *NETWORK_READS], ids=lambda read: str(read.name))
def test_a_read_of_recorded_fixtures(read: Read, recorded: tuple[Session, MockableTransport]) -> None:
    check(read, *recorded)


def check(read: Read, session: Session, transport: MockableTransport) -> None:
    """Run a read; fail where it asks for something else than it should, or makes something else of the answers."""
    transport.clear()

    result = read.run(session)
    made = list(result) if hasattr(result, "__iter__") and not isinstance(result, (dict, str)) else result

    assert read.answers(made) == read.expected
    assert [_asked(call) for call in transport.calls] == list(map(_sorted, read.asks))
    for call in transport.calls:
        assert call.headers["authenticate"] == {"username": "testAccount", "apiKey": "k" * 64}


def _asked(call: Any) -> Asked:
    name = f"{call.service.removeprefix('SoftLayer_')}::{call.method}"
    return Asked(name=name, mask=call.mask, filter=call.filter, id=call.identifier, limit=call.limit)


# What whole lists are sorted by, without which their pages would not fit together.
ORDERS: Mapping[str, str] = {
    "Account::getDedicatedHosts": "dedicatedHosts.id",
    "Account::getDomains": "domains.id",
    "Account::getGlobalIpRecords": "globalIpRecords.id",
    "Account::getIscsiNetworkStorage": "iscsiNetworkStorage.id",
    "Account::getNetworkVlans": "networkVlans.id",
    "Account::getPlacementGroups": "placementGroups.id",
    "Account::getPrivateBlockDeviceTemplateGroups": "privateBlockDeviceTemplateGroups.id",
    "Account::getSshKeys": "sshKeys.id",
    "Account::getSubnets": "subnets.id",
    "Account::getUsers": "users.id",
    "Account::getVirtualGuests": "virtualGuests.id",
    "Billing_Order::getAllObjects": "id",
    "Dns_Domain::getResourceRecords": "resourceRecords.id",
    "Event_Log::getAllObjects": "traceId",
    "Location_Datacenter::getDatacenters": "id",
    "Network_SecurityGroup::getAllObjects": "id",
    "Product_Package::getAccountRestrictedActivePresets": "accountRestrictedActivePresets.id",
    "Product_Package::getActivePresets": "activePresets.id",
    "Virtual_Guest_Block_Device_Template_Group::getPublicImages": "id",
}


def _sorted(asked: Asked) -> Asked:
    """Return a request as it is sent: a whole list is sorted, unless it is filtered by what it would be sorted by."""
    if asked.limit != PAGE:
        return asked
    order: Any = {"operation": "orderBy", "options": [{"name": "sort", "value": ["ASC"]}]}
    owner, _, key = ORDERS[asked.name].rpartition(".")
    known = dict(asked.filter or {})
    inner = {key: order} | (known.get(owner, {}) if owner else known)
    return dataclasses.replace(asked, filter={**known, owner: inner} if owner else inner)


def test_an_order_is_what_the_api_takes(recorded: tuple[Session, MockableTransport]) -> None:
    session, transport = recorded
    known = flavors.SoftLayerFlavors(session)
    flavor = next(iter(known.find(ALICE, EVERYTHING)))
    transport.clear()
    spec = ServerSpec(
        name="web.example.org",
        flavor=flavor,
        image_id=TEMPLATE,
        networks=(NetworkRequest(),),
        availability_zone="dal10",
        tags=("blue", "green"),
    )

    (server,) = servers.SoftLayerServers(session, known, _Forgetful()).create(ALICE, spec)

    created, tagged = transport.calls
    assert (server.vm_state, server.name) == ("building", "web.example.org")
    assert (created.method, created.args[0]) == (
        "createObjects",
        [
            {
                "hostname": "web",
                "domain": "example.org",
                "hourlyBillingFlag": True,
                "supplementalCreateObjectOptions": {"flavorKeyName": "M1_64X512X25"},
                "blockDeviceTemplateGroup": {"globalIdentifier": TEMPLATE},
                "datacenter": {"name": "dal10"},
            }
        ],
    )
    assert (tagged.method, tagged.args, tagged.identifier) == ("setTags", ("blue,green",), 100)


def test_an_order_on_a_dedicated_host_is_of_parts(recorded: tuple[Session, MockableTransport]) -> None:
    session, transport = recorded
    known = flavors.SoftLayerFlavors(session)
    flavor = next(iter(known.find(ALICE, EVERYTHING)))
    transport.clear()
    spec = ServerSpec(
        name="web.example.org",
        flavor=flavor,
        image_id=TEMPLATE,
        networks=(NetworkRequest(),),
        host="dedicatedhost01",
    )

    servers.SoftLayerServers(session, known, _Forgetful()).create(ALICE, spec)

    asked, created, noted = transport.calls
    assert (asked.method, asked.mask, asked.filter) == (
        "getDedicatedHosts",
        creation.HOST_MASK,
        {"dedicatedHosts": equal("name", "dedicatedhost01")},
    )
    # The SDK's own template of a guest on a host has the same, and refuses a flavor beside it.
    written = VSManager(BaseClient(transport=transport))._generate_create_dict(
        cpus=64,
        memory=512 * 1024,
        disks=[25],
        hostname="web",
        domain="example.org",
        image_id=TEMPLATE,
        host_id=656700,
    )
    del written["supplementalCreateObjectOptions"]
    assert created.args[0] == [written]
    assert "M1_64X512X25" in noted.args[0]["notes"]

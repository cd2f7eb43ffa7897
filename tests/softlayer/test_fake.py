"""The fake answers in the shapes of the SDK's recorded answers, and refuses what SoftLayer refuses."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any
from xmlrpc.client import Fault

import pytest

from tests.fakes.softlayer import Clock, World, dedicated, domains, global_ips, storage
from tests.fakes.softlayer.server import Call
from tests.softlayer.cloud import ACCOUNT, KEYS, fake_world

# What the drivers read and no recorded answer happens to have, by the method. The names are those of SoftLayer's
# published data types; a mask for another name is refused.
BEYOND: Mapping[str, frozenset[str]] = {
    "Account::getCurrentUser": frozenset(
        {"displayName", "firstName", "lastName", "email", "parentId", "account", "userStatus"}
    ),
    "Account::getUsers": frozenset({"firstName", "lastName", "email", "parentId", "accountId", "account"}),
    "Account::getObject": frozenset(
        {
            "id",
            "companyName",
            "sshKeyCount",
            "securityGroupCount",
            "virtualGuestCount",
            "networkVlanCount",
            "globalIpRecordCount",
        }
    ),
    "Security_Ssh_Key::*": frozenset({"createDate", "modifyDate"}),
    "Virtual_Guest::*": frozenset(
        {
            "accountId",
            "modifyDate",
            "provisionDate",
            "privateNetworkOnlyFlag",
            "activeTransaction",
            "primaryBackendNetworkComponent",
            "blockDeviceTemplateGroup",
            "allowedNetworkStorage",
            "sshKeys",
            "userData",
            "placementGroupId",
        }
    ),
    "Template::*": frozenset(
        {
            "note",
            "transaction",
            "status",
            "blockDevicesDiskSpaceTotal",
            "tagReferences",
            "accountReferences",
            "accountId",
            "parentId",
            "publicFlag",
            "children",
            "blockDevices",
            "globalIdentifier",
            "createDate",
        }
    ),
    "Network_SecurityGroup::*": frozenset({"createDate", "modifyDate", "rules"}),
    "Global::*": frozenset({"billingItem", "ipAddress", "destinationIpAddress"}),
    "Network_Subnet::*": frozenset({"netmask", "addressSpace", "note", "networkVlan", "tagReferences"}),
    "Network_Vlan::*": frozenset(
        {"accountId", "name", "note", "modifyDate", "networkSpace", "subnetCount", "tagReferences"}
    ),
    "Product_Package::getAllObjects": frozenset({"keyName", "categories", "statusCode"}),
    "Network_Storage::*": frozenset(
        {"storageTierLevel", "snapshots", "activeTransactionCount", "allowedVirtualGuests", "osType"}
    ),
    "Dns::*": frozenset({"domainId"}),
    "Virtual_PlacementGroup::*": frozenset({"guestCount", "guests"}),
}
_GUESTS, _TEMPLATES = "Virtual_Guest::*", "Template::*"
FAMILIES = {
    "Account::getVirtualGuests": _GUESTS,
    "Account::getPrivateBlockDeviceTemplateGroups": _TEMPLATES,
    "Account::getSshKeys": "Security_Ssh_Key::*",
    "Account::getNetworkVlans": "Network_Vlan::*",
    "Account::getSubnets": "Network_Subnet::*",
    "Account::getGlobalIpRecords": "Global::*",
    "Account::getIscsiNetworkStorage": "Network_Storage::*",
    "Account::getPlacementGroups": "Virtual_PlacementGroup::*",
    "Dns_Domain::getResourceRecords": "Dns::*",
}
_SERVICE_FAMILIES = {
    "Virtual_Guest": _GUESTS,
    "Virtual_Guest_Block_Device_Template_Group": _TEMPLATES,
    "Security_Ssh_Key": "Security_Ssh_Key::*",
    "Network_SecurityGroup": "Network_SecurityGroup::*",
    "Network_Subnet_IpAddress_Global": "Global::*",
    "Network_Storage": "Network_Storage::*",
    "Network_Subnet": "Network_Subnet::*",
    "Network_Vlan": "Network_Vlan::*",
    "Virtual_PlacementGroup": "Virtual_PlacementGroup::*",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBSpRzTBQmB1UmG5JmKRCu9XkNyxqUqPHWFqpFV0cRzM alice@example.com"


@pytest.fixture
def world(clock: Clock) -> World:
    """Return an account that has one of everything."""
    made = fake_world(clock)
    domains.add(made, ACCOUNT, "example.com")
    (zone,) = made.table("zones").things
    ask(made, "Security_Ssh_Key", "createObject", {"label": "mine", "key": KEY})
    ask(made, "Virtual_Guest", "createObject", guest_template(made))
    ask(made, "Virtual_PlacementGroup", "createObject", {"name": "apart", "ruleId": 1, "backendRouterId": 444})
    record = {"domainId": zone, "host": "www", "data": "192.0.2.1", "type": "a", "ttl": 900}
    ask(made, "Dns_Domain_ResourceRecord", "createObject", record)
    ask(made, "Network_SecurityGroup", "createObject", {"name": "web", "description": "front"})
    (group,) = made.table("groups").things
    ask(made, "Network_SecurityGroup", "addRules", [{"direction": "ingress", "protocol": "tcp"}], id=group)
    global_ips.order(made, made.users["alice"])
    dedicated.add(made, ACCOUNT, "mine")
    volume = {"packageId": storage.PACKAGE["id"], "location": 1441195, "volumeSize": 20}
    sold = {"prices": [{"id": 193373}], "osFormatType": {"keyName": "LINUX"}}
    storage.order(made, made.users["alice"], {**volume, **sold})
    source = {"name": "mine", "uri": "swift://a@dal05/b/c.vhd"}
    ask(made, "Virtual_Guest_Block_Device_Template_Group", "createFromExternalSource", source)
    clock.advance(made.provisioning_s)
    return made


def guest_template(world: World, **more: Any) -> dict[str, Any]:
    """Return a template of a guest that the fake takes."""
    image = next(thing.uuid for thing in world.table("templates").things.values())
    return {
        "hostname": "web",
        "domain": "example.com",
        "hourlyBillingFlag": True,
        "supplementalCreateObjectOptions": {"flavorKeyName": "B1_1X2X25"},
        "blockDeviceTemplateGroup": {"globalIdentifier": image},
        **more,
    }


def ask(world: World, service: str, method: str, *arguments: Any, id: Any = None, user: str = "alice") -> Any:
    """Call a method of the fake and return its whole answer, uncut by any mask."""
    call = Call(service=f"SoftLayer_{service}", method=method, user=user, id=id, arguments=arguments)
    return world.methods[service, method](world, world.users[user], call)


def _of(world: World, service: str, method: str) -> Any:
    """Return the number of the object that a method is asked of."""
    tables = {
        "Virtual_Guest": "guests",
        "Virtual_Guest_Block_Device_Template_Group": "templates",
        "Security_Ssh_Key": "keys",
        "Dns_Domain": "zones",
        "Network_Vlan": "vlans",
        "Network_Subnet": "subnets",
        "Virtual_PlacementGroup": "placement",
        "Network_SecurityGroup": "groups",
        "Network_Storage": "volumes",
        "Billing_Order": "orders",
        "Network_Subnet_IpAddress_Global": "global",
    }
    name = tables.get(service)
    if service == "Product_Package":
        return 0 if method == "getItems" else 835
    mine = world.table(name).of(world.users["alice"]) if name else []
    return mine[-1].number if mine else None


def recorded(service: str, method: str) -> Any:
    """Return the SDK's recorded answer of a method; raise AttributeError or ModuleNotFoundError where there is none."""
    module = importlib.import_module(f"SoftLayer.fixtures.SoftLayer_{service}")
    return getattr(module, method)


# The recorded answers that hold objects of the same type.
ALIKE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Account::getDedicatedHosts": (("Virtual_DedicatedHost", "getObjectById"),),
    "Account::getVirtualGuests": (("Virtual_Guest", "getObject"),),
    "Account::getSshKeys": (("Security_Ssh_Key", "getObject"),),
    "Network_SecurityGroup::getAllObjects": (("Network_SecurityGroup", "getObject"),),
    "Account::getSubnets": (("Network_Subnet", "getObject"),),
    "Account::getIscsiNetworkStorage": (("Network_Storage", "getObject"),),
    "Network_Subnet::getObject": (("Account", "getSubnets"),),
}

READS = [
    (service, method)
    for service, method in sorted(World(Clock()).methods)
    if method.startswith("get") and method != "getObjects"
]


@pytest.mark.parametrize(("service", "method"), READS, ids=[f"{service}::{method}" for service, method in READS])
def test_an_answer_has_the_recorded_shape(world: World, service: str, method: str) -> None:
    check_shape(service, method, ask(world, service, method, id=_of(world, service, method)))


def check_shape(service: str, method: str, answer: Any, *, more: Sequence[Any] = ()) -> None:
    """Fail for an answer of another shape than the recorded one; `more` are recorded objects of the same type."""
    fixture = recorded(service, method)
    assert isinstance(answer, list) == isinstance(fixture, list)
    name = f"{service}::{method}"
    found, known = (value if isinstance(value, list) else [value] for value in (answer, fixture))
    assert found or not known, "The account has one of everything."
    for other in (*(recorded(*other) for other in ALIKE.get(name, ())), *more):
        known = [*known, *(other if isinstance(other, list) else [other])]
    family = FAMILIES.get(name) or _SERVICE_FAMILIES.get(service) or name
    beyond = BEYOND.get(name, frozenset()) | BEYOND.get(family, frozenset())
    for record in found:
        if isinstance(record, Mapping):
            _compare(record, known, beyond, name)
        else:
            assert type(record) is type(fixture), f"{name} is {record!r}, recorded as {fixture!r}"


def _compare(record: Mapping[str, Any], known: list[Any], beyond: frozenset[str], place: str) -> None:
    """Fail for a property that no recorded object has, or that has a value of another kind there."""
    for name, value in record.items():
        samples = [sample[name] for sample in known if isinstance(sample, Mapping) and sample.get(name) is not None]
        if not samples:
            assert name in beyond, f"{place}: no recorded answer has {name}"
            continue
        kinds = {_kind(sample) for sample in samples}
        assert value in (None, "") or _kind(value) in kinds, f"{place}: {name} is {value!r}, recorded as {samples[0]!r}"


def _kind(value: Any) -> str:
    """Return what a value is; SoftLayer writes numbers as text now and then, and flags as numbers."""
    if isinstance(value, Mapping):
        return "object"
    return "list" if isinstance(value, (list, tuple)) else "plain"


def test_the_api_refuses_a_wrong_key(world: World) -> None:
    from tests.fakes.softlayer.server import FakeServer

    with pytest.raises(Fault, match="Invalid API token"):
        FakeServer(world).answer(Call(service="SoftLayer_Account", method="getObject", user="alice"), KEYS["bob"])


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"hostname": "not valid"}, "hostname"),
        ({"supplementalCreateObjectOptions": {"flavorKeyName": "M9_1X1X1"}}, "flavor"),
        ({"datacenter": {"name": "mars01"}}, "location"),
        ({"blockDeviceTemplateGroup": {"globalIdentifier": "00000000-0000-4000-8000-000000000000"}}, "find object"),
        ({"sshKeys": [{"id": 1}]}, "find object"),
        ({"domain": ""}, "domain"),
    ],
)
def test_the_api_refuses_an_order(world: World, more: dict[str, Any], text: str) -> None:
    with pytest.raises(Fault, match=text):
        ask(world, "Virtual_Guest", "createObject", guest_template(world, **more))


def test_the_api_keeps_accounts_apart(world: World) -> None:
    (guest,) = world.table("guests").things

    assert ask(world, "Account", "getVirtualGuests", user="bob") == []
    with pytest.raises(Fault, match="Unable to find object"):
        ask(world, "Virtual_Guest", "getObject", id=guest, user="bob")


def test_a_mask_for_an_unknown_property_is_refused(world: World) -> None:
    call = Call(service="SoftLayer_Account", method="getVirtualGuests", user="alice", mask="mask[id,colour]")

    with pytest.raises(Fault, match="colour"):
        world.answer(world.users["alice"], call)


def test_an_answer_has_what_its_mask_asks_for(world: World) -> None:
    call = Call(service="SoftLayer_Account", method="getVirtualGuests", user="alice", mask="mask[id,status[keyName]]")

    (answer,), total = world.answer(world.users["alice"], call)

    assert (set(answer), answer["status"], total) == ({"id", "status"}, {"keyName": "ACTIVE"}, 1)

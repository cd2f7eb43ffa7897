"""What a network's ports let pass, as rules of one ACL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jumpgate.network.drivers.lxd.acl_rules import AclRule, FilteredPort, Flow, compose
from jumpgate.network.drivers.lxd.ranges import everything, of_addresses, of_prefix, without
from jumpgate.network.drivers.lxd.reach import Reach

EVERYWHERE = tuple(everything(4))
OWN = of_prefix("10.0.0.0/24")
NEAR = {4: Reach(own=tuple(of_addresses(["10.0.0.1"], 4)), prefix=tuple(OWN), direct=tuple(OWN))}
FAR = {4: Reach(own=NEAR[4].own, prefix=tuple(OWN), direct=EVERYWHERE)}


def flow(remote: Sequence[str] | None = None, protocol: str | None = None, port: int | None = None) -> Flow:
    addresses = EVERYWHERE if remote is None else tuple(of_addresses(remote, 4))
    return Flow(version=4, protocol=protocol, low=port, high=port, remote=addresses)


def port(
    name: str,
    *addresses: str,
    groups: Sequence[str] | None = ("g",),
    pairs: Sequence[str] = (),
    has_device: bool = True,
) -> FilteredPort:
    return FilteredPort(
        id=name,
        addresses=addresses,
        groups=None if groups is None else frozenset(groups),
        pairs=tuple(pairs),
        has_device=has_device,
    )


def places(rules: Sequence[AclRule], side: str) -> list[str]:
    return [rule.get(side, "") for rule in rules]


def composed(
    *ports: FilteredPort,
    leaving: Mapping[str, Sequence[Flow]] | None = None,
    entering: Mapping[str, Sequence[Flow]] | None = None,
    reach: Mapping[int, Reach] | None = None,
) -> tuple[list[AclRule], list[AclRule]]:
    return compose(ports, leaving or {}, entering or {}, reach or NEAR)


def test_no_port_needs_no_rule() -> None:
    assert composed(leaving={"g": [flow()]}, entering={"g": [flow()]}) == ([], [])


def test_what_leaves_stays_within_reach_and_names_no_filtered_neighbour() -> None:
    _, egress = composed(port("a", "10.0.0.5"), port("b", "10.0.0.6"), leaving={"g": [flow()]})
    assert places(egress, "source") == ["10.0.0.5-10.0.0.6"]
    assert places(egress, "destination") == ["10.0.0.0-10.0.0.4,10.0.0.7-10.0.0.255"]


def test_what_enters_comes_from_within_reach() -> None:
    ingress, _ = composed(
        port("a", "10.0.0.5"), leaving={"g": [flow()]}, entering={"g": [flow(protocol="tcp", port=22)]}
    )
    assert ingress == [
        {
            "action": "allow",
            "state": "enabled",
            "source": "10.0.0.1,10.0.0.5",
            "destination": "10.0.0.5",
            "protocol": "tcp",
            "destination_port": "22",
        }
    ]
    far, _ = composed(port("a", "10.0.0.5"), leaving={"g": [flow()]}, entering={"g": [flow()]}, reach=FAR)
    assert places(far, "source") == ["0.0.0.0-9.255.255.255,10.0.0.1,10.0.0.5,10.0.1.0-255.255.255.255"]


def test_a_neighbour_that_may_send_little_is_let_in_with_that_only() -> None:
    mute, server = port("mute", "10.0.0.5", groups=["m"]), port("server", "10.0.0.6", groups=["s"])
    rules = {"m": [flow(protocol="icmp4")], "s": [flow()]}
    ingress, _ = composed(mute, server, leaving=rules, entering={"s": [flow()]})
    assert [(rule["source"], rule.get("protocol")) for rule in ingress] == [
        ("10.0.0.1,10.0.0.6", None),
        ("10.0.0.5", "icmp4"),
    ]


def test_a_port_without_a_filter_has_whatever_is_nobodys() -> None:
    ingress, egress = composed(port("free", "10.0.0.5", groups=None), port("b", "10.0.0.6"), leaving={"g": [flow()]})
    assert "0.0.0.0-10.0.0.5,10.0.0.7-255.255.255.255" in places(egress, "source")
    assert places(ingress, "destination") == ["0.0.0.0-10.0.0.5,10.0.0.7-255.255.255.255"]


def test_the_bridges_own_address_is_no_ports_though_a_pair_covers_it() -> None:
    _, egress = composed(port("a", "10.0.0.5", pairs=["10.0.0.0/24"]), leaving={"g": [flow()]})
    assert places(egress, "destination") == ["10.0.0.1"]


def test_a_pair_gives_no_address_of_another_ports_device() -> None:
    closed, wide = port("closed", "10.0.0.5", groups=["c"]), port("wide", "10.0.0.6", pairs=["10.0.0.0/29"])
    ingress, egress = composed(closed, wide, leaving={"g": [flow()]}, entering={"g": [flow()]})
    assert places(ingress, "destination") == ["10.0.0.0-10.0.0.4,10.0.0.6-10.0.0.7"]
    assert places(egress, "source") == ["10.0.0.0-10.0.0.4,10.0.0.6-10.0.0.7"]


def test_a_pair_gives_an_address_that_a_port_without_a_device_keeps() -> None:
    kept, one = port("kept", "10.0.0.9", groups=["k"], has_device=False), port("one", "10.0.0.5", pairs=["10.0.0.9"])
    ingress, _ = composed(kept, one, leaving={"g": [flow()]}, entering={"g": [flow(protocol="tcp", port=80)]})
    assert places(ingress, "destination") == ["10.0.0.5,10.0.0.9"]


def test_a_pair_of_everything_leaves_neighbours_the_way_outside() -> None:
    anywhere, other = port("any", "10.0.0.5", pairs=["0.0.0.0/0"]), port("other", "10.0.0.6", groups=["o"])
    _, egress = composed(anywhere, other, leaving={"o": [flow()]}, reach=FAR)
    assert places(egress, "destination") == ["0.0.0.0-9.255.255.255,10.0.0.1,10.0.1.0-255.255.255.255"]


def test_a_port_whose_groups_are_none_lets_nothing_pass() -> None:
    ingress, egress = composed(port("down", "10.0.0.5", groups=[]), leaving={"g": [flow()]}, entering={"g": [flow()]})
    assert (ingress, egress) == ([], [])


def test_packets_to_many_neighbours_pass_where_one_lets_them_in() -> None:
    many = tuple(of_prefix("224.0.0.0/4"))
    reach = {4: Reach(own=NEAR[4].own, prefix=tuple(OWN), many=many, direct=(*NEAR[4].direct, *many))}
    pair = (port("a", "10.0.0.5"), port("b", "10.0.0.6"))
    ingress, egress = composed(*pair, leaving={"g": [flow()]}, reach=reach)
    assert ingress == []
    assert not any("224." in item for item in places(egress, "destination"))
    ingress, _ = composed(*pair, leaving={"g": [flow()]}, entering={"g": [flow(["10.0.0.5"])]}, reach=reach)
    assert places(ingress, "destination") == ["10.0.0.5-10.0.0.6,224.0.0.0-239.255.255.255"]


def test_a_floating_ip_elsewhere_is_reached_where_a_rule_names_it() -> None:
    outer, inner = of_addresses(["198.51.100.9"], 4)[0], of_addresses(["10.9.0.7"], 4)[0]
    outside = tuple(without(everything(4), of_prefix("10.9.0.0/24")))
    reach = {4: Reach(own=NEAR[4].own, prefix=tuple(OWN), direct=outside, public=((outer, inner),))}
    _, egress = composed(port("a", "10.0.0.5"), leaving={"g": [flow(["198.51.100.0/24"])]}, reach=reach)
    assert places(egress, "destination") == ["198.51.100.0-198.51.100.255,10.9.0.7"]
    _, none = composed(port("a", "10.0.0.5"), leaving={"g": [flow(["10.9.0.0/24"])]}, reach=reach)
    assert none == []


def test_what_comes_masked_enters_where_a_rule_names_the_mask_and_a_floating_ip_stands() -> None:
    mask, prefix = tuple(of_addresses(["198.51.100.4"], 4)), tuple(of_prefix("10.9.0.0/24"))
    exposed = tuple(of_addresses(["10.0.0.5"], 4))
    reach = {4: Reach(own=NEAR[4].own, prefix=tuple(OWN), direct=tuple(OWN), masked=((mask, prefix),), exposed=exposed)}
    pair = (port("a", "10.0.0.5"), port("b", "10.0.0.6"))
    ingress, _ = composed(*pair, leaving={"g": [flow()]}, entering={"g": [flow(["198.51.100.4"])]}, reach=reach)
    assert [(rule["source"], rule["destination"]) for rule in ingress] == [("10.9.0.0-10.9.0.255", "10.0.0.5")]
    none, _ = composed(*pair, leaving={"g": [flow()]}, entering={"g": [flow(["10.9.0.0/24"])]}, reach=reach)
    assert none == []


def test_an_address_of_the_network_that_no_port_has_gets_nowhere() -> None:
    reach = {4: Reach(own=NEAR[4].own, prefix=tuple(OWN), direct=EVERYWHERE)}
    ingress, _ = composed(port("a", "10.0.0.5"), leaving={"g": [flow()]}, entering={"g": [flow()]}, reach=reach)
    assert places(ingress, "source") == ["0.0.0.0-9.255.255.255,10.0.0.1,10.0.0.5,10.0.1.0-255.255.255.255"]

"""LXD's network forwards: which address outside stands for which one on a bridge."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.notes import PREFIX, touched, written
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.errors import NotFound
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges
from jumpgate.network.drivers.lxd.nics import all_nics
from jumpgate.network.views.faults import fault


@dataclass(frozen=True, slots=True)
class Forward:
    """`listen` stands for `target`, an address on the bridge; in a cluster on one member, at its `location`."""

    bridge: str
    listen: str
    target: str
    location: str = ""


def all_forwards(session: Session, bridges: Iterable[Bridge]) -> Iterator[Forward]:
    """Yield the forwards of bridges that send everything on to one address."""
    for bridge in bridges:
        try:
            found = session.find("networks", bridge.name, "forwards")
        except NotFound:
            # The bridge has gone since it was listed.
            continue
        for item in found:
            target = item["config"].get("target_address")
            if target:
                yield Forward(bridge.name, str(item["listen_address"]), str(target), str(item.get("location", "")))


def set_forward(session: Session, forward: Forward) -> None:
    """Make a forward, in a cluster at its location, or else on the member of the instance that has the address."""
    body = {"listen_address": forward.listen, "config": {"target_address": forward.target}}
    cluster = Cluster(session)
    home = forward.location or (_home(session, forward) if cluster.is_one else None)
    session.post("networks", forward.bridge, "forwards", body=body, **cluster.target(home))


def _home(session: Session, forward: Forward) -> str | None:
    """Return the member of the instance that has the address to which a forward sends; None where none has it."""
    nics = (nic for nic in all_nics(session) if nic.network == forward.bridge and forward.target in nic.addresses)
    return next((nic.location for nic in nics), None)


def follow(session: Session, bridge: Bridge, addresses: Collection[str], member: str) -> None:
    """Let what stands for addresses of a bridge do so on a member of the cluster, to which their instance has come."""
    cluster = Cluster(session)
    known = [forward for forward in all_forwards(session, [bridge]) if forward.target in addresses]
    if not known or not cluster.is_one or member not in cluster.names():
        return
    there = {forward.listen for forward in known if forward.location == member}
    for forward in known:
        if forward.location == member:
            continue
        # In this order none is lost where this ends in between.
        if forward.listen not in there:
            set_forward(session, dataclasses.replace(forward, location=member))
        remove_forward(session, forward)


def remove_forward(session: Session, forward: Forward) -> None:
    """Remove a forward; that it is gone is no error."""
    try:
        target = Cluster(session).target(forward.location)
        session.delete("networks", forward.bridge, "forwards", forward.listen, **target)
    except NotFound:
        return


def release(bridges: Bridges, bridge: Bridge, addresses: Iterable[str]) -> None:
    """Let nothing stand any more for addresses of a bridge."""
    gone = set(addresses)
    for forward in all_forwards(bridges.session, [bridge]):
        if forward.target in gone:
            remove_forward(bridges.session, forward)
    for outer in bridges.all():
        for note in outer.floating_ips:
            if note.get("bridge") == bridge.name and note.get("target") in gone:
                change_note(bridges, outer.name, note["id"], NOTHING)


# What the note of a floating IP says of its target, for the ACLs: what it stands for is read off the forwards.
NOTHING: Mapping[str, None] = {"bridge": None, "target": None}


def floating_key(floating_id: str) -> str:
    """Return the key of an external network that keeps the note of a floating IP."""
    return f"{PREFIX}floating_ip.{floating_id}"


def change_note(bridges: Bridges, network: str, floating_id: str, changes: Mapping[str, Any]) -> None:
    """Change the note of a floating IP of a bridge, or raise NotFound."""

    def edit(current: Bridge) -> dict[str, str]:
        note = next((item for item in current.floating_ips if item["id"] == floating_id), None)
        if note is None:
            raise fault("FloatingIPNotFound", floating_id)
        return {floating_key(floating_id): written(touched(note, changes))}

    bridges.change(network, edit)

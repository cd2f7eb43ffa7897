"""LXD's network forwards: which address outside stands for which one on a bridge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.clouds.lxd.notes import PREFIX, touched, written
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.errors import NotFound
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges
from jumpgate.network.views.faults import fault


@dataclass(frozen=True, slots=True)
class Forward:
    """`listen` stands for `target`, an address on the bridge."""

    bridge: str
    listen: str
    target: str


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
                yield Forward(bridge.name, str(item["listen_address"]), str(target))


def set_forward(session: Session, forward: Forward) -> None:
    """Make a forward."""
    body = {"listen_address": forward.listen, "config": {"target_address": forward.target}}
    session.post("networks", forward.bridge, "forwards", body=body)


def remove_forward(session: Session, forward: Forward) -> None:
    """Remove a forward; that it is gone is no error."""
    try:
        session.delete("networks", forward.bridge, "forwards", forward.listen)
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

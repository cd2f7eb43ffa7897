"""LXD's network forwards: which address outside stands for which one on a bridge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jumpgate.clouds.lxd.session import Session
from jumpgate.common.errors import NotFound
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges


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

"""The ids of SoftLayer's things on the edge. Guests and templates have UUIDs of their own; the others have numbers."""

from __future__ import annotations

from jumpgate.common.ids import Kind, Packed

VOLUME = Packed(Kind.VOLUME, numbers=True)
SNAPSHOT = Packed(Kind.SNAPSHOT, numbers=True)
NETWORK = Packed(Kind.NETWORK, numbers=True)
SUBNET = Packed(Kind.SUBNET, numbers=True)
PORT = Packed(Kind.PORT, numbers=True)
SECURITY_GROUP = Packed(Kind.SECURITY_GROUP, numbers=True)
SECURITY_GROUP_RULE = Packed(Kind.SECURITY_GROUP_RULE, numbers=True)
FLOATING_IP = Packed(Kind.FLOATING_IP, numbers=True)
SERVER_GROUP = Packed(Kind.SERVER_GROUP, numbers=True)

"""Ids that need no memory: every map there and back, and what can be no id."""

from __future__ import annotations

import contextlib
import uuid
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jumpgate.common.ids import IdMap, Ids, Kind, MalformedId, Native, Opaque, Packed

SERVER = Packed(Kind.SERVER, prefix="i-")
VOLUME = Packed(Kind.VOLUME, prefix="vol-")
NUMBERED = Packed(Kind.FLAVOR, numbers=True)

hexadecimal = st.text("0123456789abcdef", min_size=1, max_size=24)


@given(hexadecimal)
def test_packed_digits_come_back_with_their_leading_zeros(digits: str) -> None:
    assert SERVER.to_cloud(SERVER.to_openstack("i-" + digits)) == "i-" + digits


@given(st.integers(min_value=0, max_value=(1 << 104) - 1))
def test_packed_numbers_come_back(number: int) -> None:
    assert NUMBERED.to_cloud(NUMBERED.to_openstack(str(number))) == str(number)


@given(hexadecimal)
def test_a_packed_id_is_a_uuid_of_version_8(digits: str) -> None:
    packed = uuid.UUID(SERVER.to_openstack("i-" + digits))

    assert (packed.version, packed.variant) == (8, uuid.RFC_4122)


@given(hexadecimal)
def test_a_servers_packed_id_is_no_volumes(digits: str) -> None:
    with pytest.raises(MalformedId):
        VOLUME.to_cloud(SERVER.to_openstack("i-" + digits))


@given(hexadecimal, st.integers(min_value=0, max_value=127))
def test_a_packed_id_with_another_bit_is_another_or_none(digits: str, bit: int) -> None:
    packed = uuid.UUID(SERVER.to_openstack("i-" + digits))
    changed = str(uuid.UUID(int=packed.int ^ 1 << bit))

    with contextlib.suppress(MalformedId):
        assert SERVER.to_cloud(changed) != "i-" + digits


@given(st.uuids())
def test_a_random_uuid_is_hardly_ever_a_packed_id(value: uuid.UUID) -> None:
    with pytest.raises(MalformedId):
        SERVER.to_cloud(str(value))


@pytest.mark.parametrize("native", ["vol-1", "i-", "i-XYZ", "i-ABC", "i-1_0", "i-" + "f" * 25, "", "i- 1"])
def test_what_the_cloud_cannot_have_is_not_packed(native: str) -> None:
    with pytest.raises(ValueError, match=r"does not start with|is not 1 to 24"):
        SERVER.to_openstack(native)


@pytest.mark.parametrize("native", ["-1", "1_0", "01", "1.0", "", "\N{ARABIC-INDIC DIGIT ONE}", str(1 << 104)])
def test_what_is_no_number_is_not_packed(native: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        NUMBERED.to_openstack(native)


@pytest.mark.parametrize("text", ["", "42", "not-a-uuid", "0" * 31, "zz" * 16, "../etc", "1_0" * 10 + "00"])
@pytest.mark.parametrize("ids", [SERVER, NUMBERED, Native()], ids=["packed", "numbers", "native"])
def test_a_malformed_id_never_reaches_the_cloud(ids: IdMap, text: str) -> None:
    with pytest.raises(MalformedId):
        ids.to_cloud(text)


@pytest.mark.parametrize("text", ["9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d"])
def test_a_native_id_stays_as_it_is(text: str) -> None:
    assert Native().to_cloud(text) == Native().to_openstack(text) == text


def test_an_opaque_id_is_any_text() -> None:
    assert Opaque().to_cloud("m1.small") == Opaque().to_openstack("m1.small") == "m1.small"


def test_kinds_are_on_the_wire_and_never_renumbered() -> None:
    published = ["SERVER", "FLAVOR", "IMAGE", "VOLUME", "SNAPSHOT", "VOLUME_TYPE", "NETWORK", "SUBNET", "PORT"]

    assert [kind.name for kind in Kind][: len(published)] == published
    assert all(later == earlier + 1 for earlier, later in pairwise(Kind))
    assert max(Kind) < 64, "a kind has 6 bits"


def test_a_kind_without_a_map_is_native() -> None:
    ids = Ids()
    ids.register({Kind.SERVER: SERVER})

    assert ids[Kind.SERVER] is SERVER
    assert isinstance(ids[Kind.VOLUME], Native)


def test_the_packed_form_is_fixed() -> None:
    """What clients have stored must mean the same for ever."""
    assert SERVER.to_cloud(SERVER_ID) == "i-0abc1234def567890"
    assert SERVER.to_openstack("i-0abc1234def567890") == SERVER_ID


SERVER_ID = "107de200-0000-8002-abc1-234def567890"


def test_a_message_has_the_ids_that_the_client_wrote() -> None:
    ids, packed = Ids(), Packed(Kind.NETWORK, prefix="net-")
    ids.register({Kind.NETWORK: packed, Kind.VOLUME: Packed(Kind.VOLUME, numbers=True)})
    network, volume = packed.to_openstack("net-ab"), ids[Kind.VOLUME].to_openstack("7")
    request = f"/v2.0/networks/{network}?volume={volume}"

    message = ids.in_clients_words("net-ab is gone, net-abc and my-net-ab are not; 7 more.", request)

    assert message == f"{network} is gone, net-abc and my-net-ab are not; 7 more."

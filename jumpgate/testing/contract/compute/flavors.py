"""What every cloud's flavors and keypairs owe."""

from __future__ import annotations

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.listing import EVERYTHING, Query
from jumpgate.testing.contract.collection import times
from jumpgate.testing.contract.compute.things import FLAVOR, KEYPAIR, SERVER_GROUP
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs
from jumpgate.testing.contract.traits import (
    Changeable,
    Identified,
    OfAllProjects,
    Owned,
    OwnedAndChangeable,
    Revised,
    Uniform,
)


class TestFlavors(Changeable, Identified, Revised):
    """Flavors that administrators make, and who may use them."""

    resource = "flavors"
    thing = FLAVOR

    @needs("create")
    def test_a_taken_name_is_a_conflict(self, made: Made, admin: Context) -> None:
        flavor = made.make(FLAVOR)
        with pytest.raises(Conflict):
            self.contract.create(admin, FLAVOR.spec(made, admin, flavor.name))

    @needs("merge_extra_specs", "get")
    def test_extra_specs_are_merged(self, made: Made, admin: Context) -> None:
        flavor = made.make(FLAVOR)
        self.contract.merge_extra_specs(admin, flavor.id, {"a": "1", "b": "2"})
        merged = self.contract.merge_extra_specs(admin, flavor.id, {"a": None, "c": "3"})

        assert dict(merged) == {"b": "2", "c": "3"}
        assert dict(self.contract.get(admin, flavor.id).extra_specs) == {"b": "2", "c": "3"}
        with pytest.raises(NotFound):
            self.contract.merge_extra_specs(admin, self.watched.missing(flavor.id), {"a": "1"})

    @needs("access", "grant", "revoke", "find")
    def test_a_private_flavor_is_for_those_it_was_given(self, made: Made, admin: Context, alice: Context) -> None:
        flavor = made.make(FLAVOR, is_public=False)
        hidden = self.keys(alice)
        self.contract.grant(admin, flavor.id, alice.project)
        seen, granted = self.keys(alice), list(self.contract.access(admin, flavor.id))
        with pytest.raises(Conflict):
            self.contract.grant(admin, flavor.id, alice.project)
        self.contract.revoke(admin, flavor.id, alice.project)

        assert flavor.id not in hidden
        assert flavor.id in seen
        assert granted == [alice.project]
        assert flavor.id not in self.keys(alice)
        assert flavor.id in self.keys(admin, Query(all_projects=True))
        with pytest.raises(NotFound):
            self.contract.revoke(admin, flavor.id, alice.project)


class TestFlavorsThatAreThere(Contract):
    """What even a cloud owes whose flavors are what they are."""

    resource = "flavors"

    @needs("find", "get")
    def test_each_flavor_that_is_found_can_be_got(self, bench: Bench, alice: Context) -> None:
        found = list(bench.flavors.find(alice, EVERYTHING))

        assert found
        for flavor in found[:20]:
            assert bench.flavors.get(alice, flavor.id).name == flavor.name
        assert len({flavor.id for flavor in found}) == len(found)

    @needs("find")
    def test_flavors_have_sizes_and_aware_times(self, bench: Bench, alice: Context) -> None:
        found = list(bench.flavors.find(alice, EVERYTHING))

        assert all(flavor.vcpus >= 1 and flavor.ram_mib >= 1 and flavor.disk_gib >= 0 for flavor in found)
        for where, time in times(found, "flavors"):
            assert time.tzinfo is not None, f"{where} has no time zone: {time!r}"

    @needs("get")
    def test_a_missing_flavor_is_not_found(self, bench: Bench, alice: Context) -> None:
        with pytest.raises(NotFound):
            bench.flavors.get(alice, "contract-no-such-flavor")


class TestKeypairs(Owned, Revised):
    """Keypairs, by user and name."""

    resource = "keypairs"
    thing = KEYPAIR

    @needs("create", "get")
    def test_a_key_that_the_cloud_makes_is_told_once(self, made: Made, alice: Context) -> None:
        keypair = made.make(KEYPAIR, public_key=None)

        assert keypair.private_key
        assert keypair.public_key.startswith("ssh-")
        assert self.contract.get(alice, alice.user_id, keypair.name).private_key is None

    @needs("create")
    def test_a_taken_name_is_a_conflict(self, made: Made, alice: Context) -> None:
        keypair = made.make(KEYPAIR)
        with pytest.raises(Conflict):
            self.contract.create(alice, KEYPAIR.spec(made, alice, keypair.name))

    @needs("create")
    def test_a_key_that_is_none_is_refused(self, made: Made, alice: Context) -> None:
        with pytest.raises(BadRequest):
            self.contract.create(alice, KEYPAIR.spec(made, alice, self.watched.name(), public_key="no key"))


class TestServerGroups(OfAllProjects, OwnedAndChangeable, Identified, Uniform):
    """Server groups."""

    resource = "server_groups"
    thing = SERVER_GROUP

"""What volume types, groups and the limits of block storage owe."""

from __future__ import annotations

from typing import ClassVar

import pytest

from jumpgate.block_storage.models import GroupCopySpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.listing import EVERYTHING
from jumpgate.testing.contract.block_storage.things import (
    GROUP,
    GROUP_SNAPSHOT,
    GROUP_TYPE,
    QOS_SPECS,
    VOLUME,
    VOLUME_TYPE,
)
from jumpgate.testing.contract.block_storage.volumes import REFUSED
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs
from jumpgate.testing.contract.traits import (
    Arguments,
    Changeable,
    Identified,
    OwnedAndChangeable,
    OwnedIds,
    Uniform,
    UnknownIds,
)


class TestVolumeTypes(Changeable, UnknownIds, Identified, Uniform):
    """Volume types, and who may use them."""

    resource = "volume_types"
    thing = VOLUME_TYPE
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"name": "x"},), {}),
        "delete": ((), {}),
        "set_extra_specs": (({"a": "b"},), {}),
        "delete_extra_spec": (("a",), {}),
        "add_access": (("p",), {}),
        "remove_access": (("p",), {}),
    }

    @needs("default", "get")
    def test_the_default_type_can_be_used(self, alice: Context) -> None:
        default = self.contract.default(alice)

        assert self.contract.get(alice, default.id).name == default.name

    @needs("create")
    def test_a_taken_name_is_a_conflict(self, made: Made, admin: Context) -> None:
        kind = made.make(VOLUME_TYPE)
        with pytest.raises(Conflict):
            self.contract.create(admin, VOLUME_TYPE.spec(made, admin, kind.name))

    @needs("set_extra_specs", "delete_extra_spec", "get")
    def test_extra_specs_are_added_and_removed(self, made: Made, admin: Context) -> None:
        kind = made.make(VOLUME_TYPE, extra_specs={"a": "1"})
        assert dict(self.contract.set_extra_specs(admin, kind.id, {"b": "2"})) == {"a": "1", "b": "2"}
        self.contract.delete_extra_spec(admin, kind.id, "a")

        assert dict(self.contract.get(admin, kind.id).extra_specs) == {"b": "2"}
        with pytest.raises(NotFound):
            self.contract.delete_extra_spec(admin, kind.id, "a")

    @needs("add_access", "remove_access", "find", "get")
    def test_a_private_type_is_for_those_it_was_given(self, made: Made, admin: Context, alice: Context) -> None:
        kind = made.make(VOLUME_TYPE, is_public=False)
        hidden = self.keys(alice)
        self.contract.add_access(admin, kind.id, alice.project)
        seen = self.keys(alice)
        with pytest.raises(Conflict):
            self.contract.add_access(admin, kind.id, alice.project)
        self.contract.remove_access(admin, kind.id, alice.project)

        assert kind.id not in hidden
        assert kind.id in seen
        with pytest.raises(NotFound):
            self.contract.get(alice, kind.id)
        with pytest.raises(NotFound):
            self.contract.remove_access(admin, kind.id, alice.project)

    @needs("delete")
    def test_a_type_that_volumes_have_stays(self, made: Made, admin: Context) -> None:
        kind = made.make(VOLUME_TYPE)
        made.make(VOLUME, volume_type=kind.id)
        with pytest.raises(REFUSED):
            self.contract.delete(admin, kind.id)


class TestDefaultTypes(Contract):
    """Projects' own default types."""

    resource = "default_types"

    @needs("set", "find", "get", "unset")
    def test_a_project_has_a_default_of_its_own_until_it_goes(self, made: Made, admin: Context, alice: Context) -> None:
        defaults, kind = made.bench.default_types, made.make(VOLUME_TYPE)
        made.later(lambda: defaults.unset(admin, alice.project))
        answered = defaults.set(admin, alice.project, kind.name)

        assert answered.volume_type_id == kind.id
        assert defaults.get(admin, alice.project).volume_type_id == kind.id
        assert [item.project_id for item in defaults.find(admin)].count(alice.project) == 1
        assert made.make(VOLUME).volume_type_id == kind.id
        defaults.unset(admin, alice.project)
        defaults.unset(admin, alice.project)
        with pytest.raises(NotFound):
            defaults.get(admin, alice.project)


class TestQosSpecs(Changeable, UnknownIds, Uniform):
    """QoS specs, and the types that have them."""

    resource = "qos_specs"
    thing = QOS_SPECS
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"consumer": "both"},), {}),
        "delete": ((), {}),
        "delete_keys": ((("a",),), {}),
        "associations": ((), {}),
        "disassociate": ((None,), {}),
    }

    @needs("update", "delete_keys", "get")
    def test_specs_are_added_and_removed(self, made: Made, admin: Context) -> None:
        qos = made.make(QOS_SPECS)
        self.contract.update(admin, qos.id, {"specs": {"b": "2"}})
        self.contract.delete_keys(admin, qos.id, ("a",))

        assert dict(self.contract.get(admin, qos.id).specs) == {"b": "2"}
        with pytest.raises(NotFound):
            self.contract.delete_keys(admin, qos.id, ("a",))

    @needs("associate", "disassociate", "associations", "delete")
    def test_a_type_has_one_set_of_specs(self, made: Made, admin: Context) -> None:
        kind, qos, other = made.make(VOLUME_TYPE), made.make(QOS_SPECS), made.make(QOS_SPECS)
        self.contract.associate(admin, qos.id, kind.id)
        made.later(lambda: self.contract.disassociate(admin, qos.id, None))
        held = [item.id for item in self.contract.associations(admin, qos.id)]

        assert held == [kind.id]
        with pytest.raises(REFUSED):
            self.contract.associate(admin, other.id, kind.id)
        with pytest.raises(REFUSED):
            self.contract.delete(admin, qos.id)
        self.contract.disassociate(admin, qos.id, kind.id)
        assert list(self.contract.associations(admin, qos.id)) == []


class TestGroupTypes(Changeable, UnknownIds, Uniform):
    """Group types."""

    resource = "group_types"
    thing = GROUP_TYPE
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"name": "x"},), {}),
        "delete": ((), {}),
        "set_specs": (({"a": "b"},), {}),
        "delete_spec": (("a",), {}),
    }

    @needs("set_specs", "delete_spec", "get")
    def test_specs_are_added_and_removed(self, made: Made, admin: Context) -> None:
        kind = made.make(GROUP_TYPE, group_specs={"a": "1"})
        assert dict(self.contract.set_specs(admin, kind.id, {"b": "2"})) == {"a": "1", "b": "2"}
        self.contract.delete_spec(admin, kind.id, "a")

        assert dict(self.contract.get(admin, kind.id).group_specs) == {"b": "2"}
        with pytest.raises(NotFound):
            self.contract.delete_spec(admin, kind.id, "a")

    @needs("find")
    def test_a_private_type_is_for_administrators(self, made: Made, admin: Context, alice: Context) -> None:
        kind = made.make(GROUP_TYPE, is_public=False)

        assert kind.id in self.keys(admin)
        assert kind.id not in self.keys(alice)


class TestGroups(OwnedAndChangeable, OwnedIds, Uniform):
    """Groups of volumes."""

    resource = "groups"
    thing = GROUP
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"name": "x"},), {}),
        "delete": ((), {}),
        "reset_status": (("error",), {}),
    }

    @needs("update", "get", "delete")
    def test_volumes_come_into_a_group_and_leave_it(self, made: Made, alice: Context) -> None:
        group = made.make(GROUP)
        volume = made.make(VOLUME, volume_type=group.volume_type_ids[0])
        self.contract.update(alice, group.id, {}, add=(volume.id,))
        with_it = made.ready(GROUP, alice, self.contract.get(alice, group.id))

        assert list(with_it.volume_ids) == [volume.id]
        with pytest.raises(REFUSED):
            self.contract.delete(alice, group.id)
        self.contract.update(alice, group.id, {}, remove=(volume.id,))
        assert list(made.ready(GROUP, alice, self.contract.get(alice, group.id)).volume_ids) == []

    @needs("copy", "delete", "get")
    def test_a_group_is_copied_and_goes_with_its_volumes(self, made: Made, alice: Context) -> None:
        group = made.make(GROUP)
        made.make(VOLUME, removes=False, group_id=group.id, volume_type=group.volume_type_ids[0])
        copy = self.contract.copy(alice, GroupCopySpec(source_group_id=group.id, name=made.bench.name()))
        made.remove_later(GROUP, alice, copy.id)
        copied = made.ready(GROUP, alice, copy)
        (volume_id,) = copied.volume_ids
        made.cloud.wait(
            lambda: self.watched.volumes.get(alice, volume_id), lambda seen: seen.status == "available", "it is copied"
        )
        self.contract.delete(alice, copy.id, with_volumes=True)
        made.remove(GROUP, alice, copy.id)
        with pytest.raises(NotFound):
            self.watched.volumes.get(alice, volume_id)

    @needs("reset_status", "get")
    def test_an_administrator_sets_the_state(self, made: Made, alice: Context, admin: Context) -> None:
        group = made.make(GROUP)
        self.contract.reset_status(admin, group.id, "error")

        assert self.contract.get(alice, group.id).status == "error"


class TestGroupSnapshots(OwnedAndChangeable, OwnedIds, Uniform):
    """Snapshots of groups."""

    resource = "group_snapshots"
    thing = GROUP_SNAPSHOT
    arguments: ClassVar[Arguments] = {"get": ((), {}), "delete": ((), {}), "reset_status": (("error",), {})}

    @needs("create", "delete")
    def test_its_snapshots_come_and_go_with_it(self, made: Made, alice: Context) -> None:
        taken = made.make(GROUP_SNAPSHOT)
        self.watched.require("snapshots.find")

        def parts() -> list[str]:
            found = self.watched.snapshots.find(alice, EVERYTHING)
            return [snapshot.id for snapshot in found if snapshot.group_snapshot_id == taken.id]

        assert len(parts()) == 1
        self.contract.delete(alice, taken.id)
        made.cloud.wait(parts, lambda left: not left, "its snapshots are gone")

    @needs("reset_status", "get")
    def test_an_administrator_sets_the_state(self, made: Made, alice: Context, admin: Context) -> None:
        taken = made.make(GROUP_SNAPSHOT)
        self.contract.reset_status(admin, taken.id, "error")

        assert self.contract.get(alice, taken.id).status == "error"


class TestQuotaSets(Contract):
    """What projects may have of volumes."""

    resource = "quota_sets"

    @needs("get")
    def test_a_volume_uses_its_projects_quota(self, made: Made, alice: Context) -> None:
        before = made.bench.quota_sets.get(alice, alice.project).used
        made.make(VOLUME)
        after = made.bench.quota_sets.get(alice, alice.project).used

        assert after["volumes"] == before.get("volumes", 0) + 1
        assert after["gigabytes"] == before.get("gigabytes", 0) + 1

    @needs("update", "get", "reset", "defaults")
    def test_a_project_has_limits_of_its_own_until_they_go(self, made: Made, admin: Context, bob: Context) -> None:
        quotas, project = made.bench.quota_sets, bob.project
        made.later(lambda: quotas.reset(admin, project))
        quotas.update(admin, project, {"volumes": 77})
        own, defaults = quotas.get(admin, project).limits, quotas.defaults(admin, project).limits
        quotas.reset(admin, project)

        assert own["volumes"] == 77
        assert own["gigabytes"] == defaults["gigabytes"]
        assert quotas.get(admin, project).limits["volumes"] == defaults["volumes"]
        with pytest.raises(BadRequest):
            quotas.update(admin, project, {"no-such-resource": 1})

    @needs("class_limits", "update_class", "defaults")
    def test_the_default_class_is_the_defaults(self, made: Made, admin: Context) -> None:
        quotas = made.bench.quota_sets
        before = quotas.class_limits(admin, "default")["volumes"]
        made.later(lambda: quotas.update_class(admin, "default", {"volumes": before}))
        answered = quotas.update_class(admin, "default", {"volumes": before + 5})

        assert answered["volumes"] == before + 5
        assert quotas.defaults(admin, made.bench.name()).limits["volumes"] == before + 5
        with pytest.raises(BadRequest):
            quotas.update_class(admin, "default", {"no-such-resource": 1})


class TestAvailabilityZones(Contract):
    """The zones of block storage."""

    resource = "availability_zones"

    @needs("find")
    def test_there_is_an_available_zone(self, bench: Bench, alice: Context) -> None:
        zones = list(bench.availability_zones.find(alice))

        assert any(zone.is_available for zone in zones)
        assert len({zone.name for zone in zones}) == len(zones)

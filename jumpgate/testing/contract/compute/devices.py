"""What servers owe for their volumes, their interfaces, and the record of what was done to them."""

from __future__ import annotations

import dataclasses

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.listing import EVERYTHING
from jumpgate.compute.models import AssistedMergeSpec, AssistedSnapshotSpec, NetworkRequest, VolumeAttachmentSpec
from jumpgate.testing.contract.collection import times
from jumpgate.testing.contract.compute.things import SERVER, new_network, new_volume, wait_for_volume
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs

SNAPSHOT = AssistedSnapshotSpec(snapshot_id="2f1d1a9e-6a53-4b0a-8a9d-3f1f7a2f4b11", type="qcow2", new_file="contract")


class TestVolumeAttachments(Contract):
    """Volumes at a server."""

    resource = "volume_attachments"

    @needs("create", "find", "get", "delete", "update")
    def test_a_volume_is_attached_and_detached(self, made: Made, shelf: Made, alice: Context) -> None:
        server, volume_id, attachments = shelf.once(SERVER), new_volume(made, alice), made.bench.volume_attachments
        made_one = attachments.create(alice, server.id, VolumeAttachmentSpec(volume_id=volume_id))
        made.later(lambda: self.detach(made, alice, server.id, volume_id))
        wait_for_volume(made, alice, volume_id, "in-use")
        attachments.update(alice, server.id, volume_id, {"delete_on_termination": True})
        got = attachments.get(alice, server.id, volume_id)
        attachments.update(alice, server.id, volume_id, {"delete_on_termination": False})

        assert (made_one.volume_id, made_one.server_id) == (volume_id, server.id)
        assert (got.volume_id, got.server_id, got.delete_on_termination) == (volume_id, server.id, True)
        assert got.device
        assert [item.volume_id for item in attachments.find(alice, server.id)].count(volume_id) == 1
        self.detach(made, alice, server.id, volume_id)
        wait_for_volume(made, alice, volume_id, "available")
        with pytest.raises(NotFound):
            attachments.get(alice, server.id, volume_id)
        with pytest.raises(NotFound):
            attachments.delete(alice, server.id, volume_id)

    @needs("create")
    def test_an_attached_volume_is_not_attached_again(self, made: Made, shelf: Made, alice: Context) -> None:
        server, volume_id, attachments = shelf.once(SERVER), new_volume(made, alice), made.bench.volume_attachments
        attachments.create(alice, server.id, VolumeAttachmentSpec(volume_id=volume_id))
        made.later(lambda: wait_for_volume(made, alice, volume_id, "available"))
        made.later(lambda: attachments.delete(alice, server.id, volume_id))
        wait_for_volume(made, alice, volume_id, "in-use")

        with pytest.raises((BadRequest, Conflict)):
            attachments.create(alice, server.id, VolumeAttachmentSpec(volume_id=volume_id))

    @needs("create", "begin_snapshot", "end_snapshot")
    def test_the_volume_service_is_helped_with_a_snapshot(self, made: Made, shelf: Made, admin: Context) -> None:
        server, volume_id, attachments = shelf.once(SERVER), new_volume(made, admin), made.bench.volume_attachments
        begin, end = SNAPSHOT, AssistedMergeSpec(snapshot_id=SNAPSHOT.snapshot_id)
        for call, spec in ((attachments.begin_snapshot, begin), (attachments.end_snapshot, end)):
            with pytest.raises(BadRequest):
                call(admin, volume_id, spec)
        attachments.create(admin, server.id, VolumeAttachmentSpec(volume_id=volume_id))
        made.later(lambda: self.detach(made, admin, server.id, volume_id))
        wait_for_volume(made, admin, volume_id, "in-use")

        assert attachments.begin_snapshot(admin, volume_id, begin) is None
        assert attachments.end_snapshot(admin, volume_id, end) is None

    @needs("create")
    def test_a_missing_volume_is_not_attached(self, made: Made, shelf: Made, alice: Context) -> None:
        missing = made.bench.missing(new_volume(made, alice))
        with pytest.raises((NotFound, BadRequest)):
            made.bench.volume_attachments.create(alice, shelf.once(SERVER).id, VolumeAttachmentSpec(volume_id=missing))

    @needs("find", "get", "create", "delete")
    def test_another_projects_server_has_no_attachments(
        self, made: Made, shelf: Made, alice: Context, bob: Context
    ) -> None:
        server, attachments = shelf.once(SERVER), made.bench.volume_attachments
        mine, theirs = new_volume(made, alice), new_volume(made, bob)
        attachments.create(alice, server.id, VolumeAttachmentSpec(volume_id=mine))
        made.later(lambda: wait_for_volume(made, alice, mine, "available"))
        made.later(lambda: attachments.delete(alice, server.id, mine))
        wait_for_volume(made, alice, mine, "in-use")
        for call in (
            lambda: list(attachments.find(bob, server.id)),
            lambda: attachments.get(bob, server.id, mine),
            lambda: attachments.create(bob, server.id, VolumeAttachmentSpec(volume_id=theirs)),
            lambda: attachments.delete(bob, server.id, mine),
        ):
            with pytest.raises(NotFound):
                call()

    def detach(self, made: Made, ctx: Context, server_id: str, volume_id: str) -> None:
        """Detach a volume and wait until the server does not have it any more."""
        attachments = self.watched.volume_attachments
        attachments.delete(ctx, server_id, volume_id)

        def is_there() -> bool:
            return volume_id in [item.volume_id for item in attachments.find(ctx, server_id)]

        made.cloud.wait(is_there, lambda there: not there, "the volume is detached")


class TestInterfaces(Contract):
    """Network interfaces of a server."""

    resource = "interfaces"

    @needs("create", "find", "delete")
    def test_an_interface_is_plugged_and_unplugged(self, made: Made, alice: Context) -> None:
        network_id = new_network(made, alice)
        server, interfaces = made.make(SERVER, networks=()), made.bench.interfaces
        plugged = interfaces.create(alice, server.id, NetworkRequest(network_id=network_id))
        (got,) = interfaces.find(alice, server.id)

        assert (got.port_id, got.network_id) == (plugged.port_id, network_id)
        assert got.addresses
        assert got.mac_address.count(":") == 5
        interfaces.delete(alice, server.id, plugged.port_id)
        made.cloud.wait(lambda: list(interfaces.find(alice, server.id)), lambda left: not left, "it is unplugged")
        with pytest.raises(NotFound):
            interfaces.delete(alice, server.id, plugged.port_id)

    @needs("create", "find", "delete")
    def test_another_projects_server_has_no_interfaces(self, made: Made, alice: Context, bob: Context) -> None:
        network_id = new_network(made, alice)
        server, interfaces = made.make(SERVER, networks=()), made.bench.interfaces
        port_id = interfaces.create(alice, server.id, NetworkRequest(network_id=network_id)).port_id
        for call in (
            lambda: list(interfaces.find(bob, server.id)),
            lambda: interfaces.create(bob, server.id, NetworkRequest(network_id=network_id)),
            lambda: interfaces.delete(bob, server.id, port_id),
        ):
            with pytest.raises(NotFound):
                call()


class TestInstanceActions(Contract):
    """What was done to servers."""

    resource = "instance_actions"

    @needs("find", "get")
    def test_what_was_done_is_remembered_the_latest_first(self, made: Made, alice: Context) -> None:
        ctx = dataclasses.replace(alice, request_id=f"req-{made.bench.name()}")
        server = made.make(SERVER, ctx)
        later = dataclasses.replace(alice, request_id=f"req-{made.bench.name()}")
        made.bench.require("servers.stop")
        made.bench.servers.stop(later, server.id)
        found = list(made.bench.instance_actions.find(alice, server.id, EVERYTHING))

        assert [action.name for action in found] == ["stop", "create"]
        asked = [later.request_id, ctx.request_id]
        by_request = [action.request_id for action in found] == asked
        assert by_request == made.bench.promises("instance_actions.request_ids"), (
            "The ids are not those of the requests"
        )
        got = made.bench.instance_actions.get(alice, server.id, found[-1].request_id)
        assert (got.name, got.server_id, got.user_id) == ("create", server.id, alice.user_id)
        assert got.events
        for where, time in times((found, got), "instance_actions"):
            assert time.tzinfo is not None, f"{where} has no time zone"
        made.cloud.wait(
            lambda: made.bench.servers.get(alice, server.id),
            lambda server: server.task_state is None,
            "the server is stopped",
        )

    @needs("find", "get")
    def test_of_what_is_not_there_nothing_is_remembered(self, bench: Bench, shelf: Made, alice: Context) -> None:
        server = shelf.once(SERVER)
        with pytest.raises(NotFound):
            list(bench.instance_actions.find(alice, bench.missing(server.id), EVERYTHING))
        with pytest.raises(NotFound):
            bench.instance_actions.get(alice, server.id, "req-never-made")

    @needs("find", "get")
    def test_another_projects_actions_are_not_found(
        self, bench: Bench, shelf: Made, alice: Context, bob: Context
    ) -> None:
        server = shelf.once(SERVER)
        (action, *_) = bench.instance_actions.find(alice, server.id, EVERYTHING)
        with pytest.raises(NotFound):
            list(bench.instance_actions.find(bob, server.id, EVERYTHING))
        with pytest.raises(NotFound):
            bench.instance_actions.get(bob, server.id, action.request_id)

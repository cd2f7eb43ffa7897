"""What snapshots, backups, attachments and transfers of volumes owe."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from jumpgate.block_storage.models import AttachmentSpec, BackupRecord
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.listing import EVERYTHING, Filter, Query
from jumpgate.testing.contract.block_storage.things import (
    ATTACHMENT,
    BACKUP,
    SERVER_ID,
    SNAPSHOT,
    TRANSFER,
    VOLUME,
)
from jumpgate.testing.contract.block_storage.volumes import CONNECTOR, REFUSED
from jumpgate.testing.contract.collection import Stock, times
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs
from jumpgate.testing.contract.traits import Arguments, Identified, OfAllProjects, OwnedAndChangeable, OwnedIds, Uniform


class TestSnapshots(OfAllProjects, OwnedAndChangeable, OwnedIds, Identified, Uniform):
    """Snapshots of volumes."""

    resource = "snapshots"
    thing = SNAPSHOT
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"name": "x"},), {}),
        "delete": ((), {}),
        "set_metadata": (({"a": "b"},), {}),
        "delete_metadata": (("a",), {}),
        "reset_status": (("error",), {}),
        "report_status": (("available", None), {}),
    }

    @needs("count", "find")
    def test_the_count_is_that_of_the_list(self, stock: Stock) -> None:
        for query in (EVERYTHING, Query(filters=(Filter("name", (stock.one.name,)),))):
            assert self.contract.count(stock.ctx, query) in (None, len(self.refiltered(stock.ctx, query)))

    @needs("set_metadata", "delete_metadata", "get")
    def test_metadata_is_added_replaced_and_removed(self, stock: Stock, made: Made) -> None:
        snapshot = made.make(SNAPSHOT, volume_id=stock.one.volume_id, metadata={"a": "1"})
        assert dict(self.contract.set_metadata(stock.ctx, snapshot.id, {"b": "2"})) == {"a": "1", "b": "2"}
        self.contract.set_metadata(stock.ctx, snapshot.id, {"c": "3", "d": "4"}, replace=True)
        self.contract.delete_metadata(stock.ctx, snapshot.id, "c")

        assert dict(self.contract.get(stock.ctx, snapshot.id).metadata) == {"d": "4"}
        with pytest.raises(NotFound):
            self.contract.delete_metadata(stock.ctx, snapshot.id, "c")

    @needs("reset_status", "get")
    def test_an_administrator_sets_the_state(self, made: Made, alice: Context, admin: Context) -> None:
        snapshot = made.make(SNAPSHOT)
        self.contract.reset_status(admin, snapshot.id, "error")

        assert self.contract.get(alice, snapshot.id).status == "error"

    @needs("reset_status", "report_status", "get")
    def test_a_compute_service_reports_how_far_it_is(self, made: Made, alice: Context, admin: Context) -> None:
        snapshot = made.make(SNAPSHOT)
        self.contract.reset_status(admin, snapshot.id, "creating")
        self.contract.report_status(admin, snapshot.id, "available", 100)

        assert self.contract.get(alice, snapshot.id).status == "available"
        with pytest.raises(REFUSED):
            self.contract.report_status(admin, snapshot.id, "error", None)

    @needs("create")
    def test_of_another_projects_volume_no_snapshot_is_taken(self, stock: Stock, bob: Context, made: Made) -> None:
        with pytest.raises(NotFound):
            self.contract.create(bob, SNAPSHOT.spec(made, bob, "x", volume_id=stock.one.volume_id))


class TestBackups(OfAllProjects, OwnedAndChangeable, OwnedIds, Identified, Uniform):
    """Backups of volumes."""

    resource = "backups"
    thing = BACKUP
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"name": "x"},), {}),
        "delete": ((), {}),
        "restore": ((None, "x"), {}),
        "reset_status": (("error",), {}),
        "export_record": ((), {}),
    }

    @needs("count", "find")
    def test_the_count_is_that_of_the_list(self, stock: Stock) -> None:
        for query in (EVERYTHING, Query(filters=(Filter("name", (stock.one.name,)),))):
            assert self.contract.count(stock.ctx, query) in (None, len(self.refiltered(stock.ctx, query)))

    @needs("restore", "get")
    def test_a_backup_is_restored_to_a_new_volume_and_to_an_old_one(self, stock: Stock, made: Made) -> None:
        name = self.watched.name()
        volume = self.contract.restore(stock.ctx, stock.one.id, None, name)
        made.remove_later(VOLUME, stock.ctx, volume.id)
        restored = self.restored(stock.ctx, volume.id, stock.one.id)
        again = made.make(VOLUME)
        self.contract.restore(stock.ctx, stock.one.id, again.id, None)
        self.restored(stock.ctx, again.id, stock.one.id)

        assert (restored.name, restored.size_gib) == (name, stock.one.size_gib)

    def restored(self, ctx: Context, volume_id: str, backup_id: str) -> Any:
        """Wait until a volume has a backup's content, and the backup can be used again."""
        volume = self.watched.cloud.wait(
            lambda: self.watched.volumes.get(ctx, volume_id), lambda seen: seen.status == "available", "it is restored"
        )
        self.watched.cloud.wait(
            lambda: self.contract.get(ctx, backup_id), lambda seen: seen.status == "available", "the backup is free"
        )
        return volume

    @needs("create", "delete")
    def test_a_backup_that_another_builds_on_stays(self, made: Made, alice: Context) -> None:
        base = made.make(BACKUP)
        try:
            made.make(BACKUP, volume_id=base.volume_id, is_incremental=True)
        except NotSupported as refusal:
            pytest.skip(f"not offered: {refusal.message}")
        with pytest.raises(REFUSED):
            self.contract.delete(alice, base.id)

    @needs("reset_status", "get")
    def test_an_administrator_sets_the_state(self, made: Made, alice: Context, admin: Context) -> None:
        backup = made.make(BACKUP)
        self.contract.reset_status(admin, backup.id, "error")

        assert self.contract.get(alice, backup.id).status == "error"

    @needs("export_record", "import_record")
    def test_a_record_that_is_there_is_not_imported(self, stock: Stock, admin: Context) -> None:
        record = self.contract.export_record(admin, stock.one.id)

        assert record.service
        with pytest.raises(REFUSED):
            self.contract.import_record(admin, record)
        with pytest.raises(REFUSED):
            self.contract.import_record(admin, BackupRecord(service=record.service, url="no record"))


class TestAttachments(OfAllProjects, OwnedIds, Identified, Uniform):
    """Attachments of volumes."""

    resource = "attachments"
    thing = ATTACHMENT
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"connector": CONNECTOR},), {}),
        "delete": ((), {}),
        "complete": ((), {}),
    }

    @needs("create", "update", "complete", "delete", "get")
    def test_a_reserved_volume_is_connected_and_in_use(self, made: Made, alice: Context) -> None:
        attachment = made.make(ATTACHMENT)
        volume_id = attachment.volume_id
        assert self.status(alice, volume_id) == "reserved"
        connected = self.contract.update(alice, attachment.id, {"connector": CONNECTOR})
        assert connected.connection
        assert self.status(alice, volume_id) == "attaching"
        self.contract.complete(alice, attachment.id)
        assert self.status(alice, volume_id) == "in-use"
        assert self.contract.get(alice, attachment.id).status == "attached"
        self.contract.delete(alice, attachment.id)
        self.watched.cloud.wait(lambda: self.status(alice, volume_id), lambda seen: seen == "available", "it is free")

    @needs("create", "get", "holder")
    def test_a_volume_is_attached_at_once(self, made: Made, alice: Context) -> None:
        attachment = made.make(ATTACHMENT, complete=True, mountpoint="/dev/vdb")

        assert self.status(alice, attachment.volume_id) == "in-use"
        assert self.contract.get(alice, attachment.id).server_id == SERVER_ID
        assert self.contract.holder(alice, attachment) in (None, SERVER_ID)

    @needs("create")
    def test_a_volume_in_use_is_not_attached_again(self, made: Made, alice: Context) -> None:
        attachment = made.make(ATTACHMENT, complete=True)
        other = self.watched.missing(SERVER_ID)
        with pytest.raises(REFUSED):
            self.contract.create(alice, AttachmentSpec(volume_id=attachment.volume_id, server_id=other))

    def status(self, ctx: Context, volume_id: str) -> str:
        return str(self.watched.volumes.get(ctx, volume_id).status)


class TestTransfers(OwnedAndChangeable, OwnedIds, Uniform):
    """Offers of volumes to other projects."""

    resource = "transfers"
    thing = TRANSFER
    arguments: ClassVar[Arguments] = {"get": ((), {}), "delete": ((), {})}

    @needs("create", "accept")
    def test_who_has_the_key_gets_the_volume(self, made: Made, alice: Context, bob: Context) -> None:
        transfer = made.make(TRANSFER)
        volume_id = transfer.volume_id
        made.remove_later(VOLUME, bob, volume_id)
        with pytest.raises(BadRequest):
            self.contract.accept(bob, transfer.id, "not-the-key")
        self.contract.accept(bob, transfer.id, transfer.auth_key)

        assert self.watched.volumes.get(bob, volume_id).project_id == bob.project
        with pytest.raises(NotFound):
            self.watched.volumes.get(alice, volume_id)
        with pytest.raises(NotFound):
            self.contract.accept(bob, transfer.id, transfer.auth_key)

    @needs("create", "delete")
    def test_an_offered_volume_waits_for_its_taker(self, made: Made, alice: Context) -> None:
        transfer = made.make(TRANSFER)
        assert self.watched.volumes.get(alice, transfer.volume_id).status == "awaiting-transfer"
        self.contract.delete(alice, transfer.id)
        assert self.watched.volumes.get(alice, transfer.volume_id).status == "available"

    @needs("create", "get")
    def test_the_key_is_told_once(self, made: Made, alice: Context) -> None:
        transfer = made.make(TRANSFER)

        assert transfer.auth_key
        assert self.contract.get(alice, transfer.id).auth_key is None


class TestMessages(Contract):
    """What the service tells of work that failed. Nothing can be made to fail here, so the list may be empty."""

    resource = "messages"

    @needs("find", "get", "delete")
    def test_messages_are_read_and_removed(self, bench: Bench, alice: Context, bob: Context) -> None:
        messages = list(bench.messages.find(alice, EVERYTHING))
        for where, time in times(messages, "messages"):
            assert time.tzinfo is not None, f"{where} has no time zone"
        for message in messages[:3]:
            assert bench.messages.get(alice, message.id).id == message.id
            with pytest.raises(NotFound):
                bench.messages.get(bob, message.id)
        missing = messages[0].id if messages else SERVER_ID
        for call in (bench.messages.get, bench.messages.delete):
            with pytest.raises(NotFound):
                call(bob, missing)

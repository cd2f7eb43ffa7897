"""What block storage owes to operators: its workers, its pools, and what lies on the backends."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.block_storage.models.operators import EncryptionSpec, SnapshotReference, VolumeReference
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.testing.contract.block_storage.things import SNAPSHOT, VOLUME, VOLUME_TYPE
from jumpgate.testing.contract.block_storage.volumes import REFUSED
from jumpgate.testing.contract.collection import times
from jumpgate.testing.contract.suite import Bench, Contract, Made, Revisions, needs

LUKS = EncryptionSpec(provider="luks", control_location="front-end", cipher="aes-xts-plain64", key_size_bits=256)


class TestServices(Contract):
    """The workers of block storage."""

    resource = "services"

    @needs("find", "loads")
    def test_workers_tell_their_load(self, made: Made, admin: Context, alice: Context) -> None:
        volume = made.make(VOLUME)
        host = self.host(made.bench, admin, self.watched.volumes.get(admin, volume.id).host)
        loads = {load.project_id: load for load in made.bench.services.loads(admin, host)}

        assert loads[alice.project].volumes >= 1
        with pytest.raises(NotFound):
            list(made.bench.services.loads(admin, "no-such-host"))

    @needs("find")
    def test_workers_say_how_they_are(self, bench: Bench, admin: Context) -> None:
        services = list(bench.services.find(admin))

        assert all(service.binary and service.host and service.state in ("up", "down") for service in services)
        for where, time in times(services, "services"):
            assert time.tzinfo is not None, f"{where} has no time zone"

    @needs("disable", "enable", "find")
    def test_a_worker_is_disabled_and_enabled(self, made: Made, admin: Context) -> None:
        services, host = made.bench.services, self.host(made.bench, admin)
        made.later(lambda: services.enable(admin, host, "cinder-volume"))
        services.disable(admin, host, "cinder-volume", "contract")
        off = self.service(made.bench, admin, host)
        services.enable(admin, host, "cinder-volume")

        assert (off.is_enabled, off.disabled_reason) == (False, "contract")
        assert self.service(made.bench, admin, host).is_enabled
        with pytest.raises(NotFound):
            services.disable(admin, "no-such-host", "cinder-volume", None)
        with pytest.raises(NotFound):
            services.enable(admin, "no-such-host", "cinder-volume")

    @needs("freeze", "thaw", "find")
    def test_a_backend_is_frozen_and_thawed(self, made: Made, admin: Context) -> None:
        services, host = made.bench.services, self.host(made.bench, admin)
        with pytest.raises(REFUSED):
            services.thaw(admin, host)
        services.freeze(admin, host)
        frozen = self.service(made.bench, admin, host)
        with pytest.raises(REFUSED):
            services.freeze(admin, host)
        services.thaw(admin, host)

        assert frozen.is_frozen
        assert not self.service(made.bench, admin, host).is_frozen

    @needs("fail_over")
    def test_what_is_not_there_does_not_fail_over(self, bench: Bench, admin: Context) -> None:
        with pytest.raises((NotFound, BadRequest)):
            bench.services.fail_over(admin, "no-such-host", "nowhere")

    @staticmethod
    def host(bench: Bench, ctx: Context, of: str | None = None) -> str:
        """Return the host of the volumes, or that on which one is."""
        hosts = [item.host for item in bench.services.find(ctx) if item.binary == "cinder-volume"]
        return str(next(host for host in hosts if of is None or of.startswith(host)))

    @staticmethod
    def service(bench: Bench, ctx: Context, host: str) -> Any:
        found = bench.services.find(ctx)
        return next(item for item in found if item.host == host and item.binary == "cinder-volume")


class TestPools(Contract):
    """Where volumes can be made."""

    resource = "pools"

    @needs("find")
    def test_there_is_a_pool_with_room(self, bench: Bench, admin: Context) -> None:
        pools = list(bench.pools.find(admin))

        assert pools
        assert all("free_capacity_gb" in pool.capabilities for pool in pools)
        for where, time in times(pools, "pools"):
            assert time.tzinfo is not None, f"{where} has no time zone"

    @needs("capabilities", "find")
    def test_a_backend_says_what_it_can_do(self, bench: Bench, admin: Context) -> None:
        (pool, *_) = bench.pools.find(admin)

        assert bench.pools.capabilities(admin, pool.name.partition("#")[0])
        with pytest.raises(NotFound):
            bench.pools.capabilities(admin, "no-such-host")

    @needs("find", "volumes.migrate")
    def test_a_volume_is_moved_to_another_pool_or_stays(self, made: Made, admin: Context, alice: Context) -> None:
        volume = made.make(VOLUME)
        before = made.bench.volumes.get(admin, volume.id).host
        with pytest.raises((NotFound, BadRequest)):
            made.bench.volumes.migrate(admin, volume.id, "no-such-host")
        other = [pool.name for pool in made.bench.pools.find(admin) if pool.name != before]
        if not other:
            with pytest.raises(REFUSED):
                made.bench.volumes.migrate(admin, volume.id, before)
            return
        made.bench.volumes.migrate(admin, volume.id, other[0])
        moved = made.cloud.wait(
            lambda: made.bench.volumes.get(admin, volume.id), lambda seen: seen.host == other[0], "the volume is moved"
        )
        assert moved.id == volume.id


class TestManageable(Contract):
    """What lies on the backends, and is taken or let go."""

    @needs("manageable_volumes.find", "manageable_volumes.manage", "volumes.unmanage")
    def test_a_volume_is_let_go_and_taken_again(self, made: Made, admin: Context) -> None:
        volume = made.make(VOLUME, admin)
        host = made.bench.volumes.get(admin, volume.id).host
        known = {item.known_id: item for item in made.bench.manageable_volumes.find(admin, host)}
        reference = known[volume.id].reference
        with pytest.raises(REFUSED):
            made.bench.manageable_volumes.manage(admin, VolumeReference(host=host, reference=reference))
        made.bench.volumes.unmanage(admin, volume.id)
        self.is_gone(made, admin, "volumes", volume.id)
        free = [item for item in made.bench.manageable_volumes.find(admin, host) if item.reference == reference]
        taken = made.bench.manageable_volumes.manage(admin, VolumeReference(host=host, reference=reference, name="x"))
        made.remove_later(VOLUME, admin, taken.id)

        assert [item.is_safe for item in free] == [True]
        assert made.ready(VOLUME, admin, taken).size_gib == volume.size_gib
        with pytest.raises((NotFound, BadRequest)):
            list(made.bench.manageable_volumes.find(admin, "no-such-host"))

    @needs("manageable_snapshots.find", "manageable_snapshots.manage", "snapshots.unmanage")
    def test_a_snapshot_is_let_go_and_taken_again(self, made: Made, admin: Context) -> None:
        snapshot = made.make(SNAPSHOT, admin)
        host = made.bench.volumes.get(admin, snapshot.volume_id).host
        known = {item.known_id: item for item in made.bench.manageable_snapshots.find(admin, host)}
        spec = SnapshotReference(volume_id=snapshot.volume_id, reference=known[snapshot.id].reference)
        made.bench.snapshots.unmanage(admin, snapshot.id)
        self.is_gone(made, admin, "snapshots", snapshot.id)
        taken = made.bench.manageable_snapshots.manage(admin, spec)
        made.remove_later(SNAPSHOT, admin, taken.id)

        assert made.ready(SNAPSHOT, admin, taken).volume_id == snapshot.volume_id

    def is_gone(self, made: Made, ctx: Context, resource: str, key: str) -> None:
        """Wait until something is known no more."""

        def look() -> bool:
            try:
                getattr(made.bench, resource).get(ctx, key)
            except NotFound:
                return True
            return False

        made.cloud.wait(look, bool, f"{resource} {key} is let go")


class TestEncryption(Contract):
    """How the volumes of a type are encrypted."""

    resource = "volume_types"

    @needs("encrypt", "encryption", "update_encryption", "delete_encryption")
    def test_a_type_is_encrypted_until_it_is_plain_again(self, made: Made, admin: Context) -> None:
        types, kind = made.bench.volume_types, made.make(VOLUME_TYPE)
        assert types.encryption(admin, kind.id) is None
        encrypted = types.encrypt(admin, kind.id, LUKS)
        with pytest.raises(REFUSED):
            types.encrypt(admin, kind.id, LUKS)
        changed = types.update_encryption(admin, kind.id, {"key_size_bits": 512})

        assert (encrypted.volume_type_id, encrypted.provider, encrypted.key_size_bits) == (kind.id, "luks", 256)
        assert changed.key_size_bits == 512
        assert types.encryption(admin, kind.id).key_size_bits == 512
        types.delete_encryption(admin, kind.id)
        assert types.encryption(admin, kind.id) is None
        with pytest.raises(NotFound):
            types.delete_encryption(admin, kind.id)


class TestRevisions(Revisions):
    """Revisions of everything in block storage."""

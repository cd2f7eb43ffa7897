"""How servers go from one state to another, and that they do so only where they may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound
from jumpgate.compute.models import RebuildSpec, Server
from jumpgate.compute.models.states import RULES
from jumpgate.testing.contract.compute.servers import ARGUMENTS
from jumpgate.testing.contract.compute.things import SERVER, image_id, larger_flavor, new_image, takes_images
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs

# Which method leads from ACTIVE to a state, and which leads back.
_WAYS: Mapping[str, tuple[str, str]] = {
    "stopped": ("stop", "start"),
    "paused": ("pause", "unpause"),
    "suspended": ("suspend", "resume"),
    "rescued": ("rescue", "unrescue"),
    "shelved_offloaded": ("shelve", "unshelve"),
}
# The contract's word for an action where the rule has another.
_RULES: Mapping[str, str] = {
    "confirm_resize": "confirmResize",
    "revert_resize": "revertResize",
    "shelve_offload": "shelveOffload",
    "change_password": "changePassword",
    "create_image": "createImage",
    "create_backup": "createBackup",
}
# What is tried in states that do not take it. A resize or a move is left out: it costs a real cloud minutes.
_TRIED = (
    "start", "stop", "reboot", "pause", "unpause", "suspend", "resume", "unrescue", "confirm_resize", "revert_resize",
    "unshelve", "shelve_offload", "restore",
)  # fmt: skip
_SHELVED = ("shelved", "shelved_offloaded")


class TestServerStates(Contract):
    """A server's way through its states. One server serves all, and is ACTIVE between two tests."""

    resource = "servers"

    @pytest.fixture
    def server(self, shelf: Made, made: Made, alice: Context) -> Server:
        """A running server: the one that all share, or a new one where a test has left that elsewhere."""
        shared = shelf.once(SERVER)
        now: Server = made.bench.servers.get(alice, shared.id)
        if now.vm_state == "active" and now.task_state is None:
            return now
        fresh: Server = made.make(SERVER)
        return fresh

    def go(self, ctx: Context, server_id: str, method: str, *states: str, **more: Any) -> Server:
        """Call a method and wait for one of some states."""
        positional, named = ARGUMENTS[method]
        getattr(self.watched.servers, method)(ctx, server_id, *positional, **{**named, **more})
        return self.settled(ctx, server_id, *states)

    def settled(self, ctx: Context, server_id: str, *states: str) -> Server:
        """Wait until a server is in one of some states and nothing is under way."""

        def there(server: Server) -> bool:
            assert server.vm_state != "error" or "error" in states, f"The server is in ERROR: {server.fault!r}"
            return server.vm_state in states and server.task_state is None

        def look() -> Server:
            server: Server = self.watched.servers.get(ctx, server_id)
            return server

        return self.watched.cloud.wait(look, there, f"the server is {' or '.join(states)}")

    @needs("stop", "start", "get")
    def test_a_server_is_stopped_and_started(self, server: Server, alice: Context) -> None:
        assert self.go(alice, server.id, "stop", "stopped").power_state in (4, 0)
        assert self.go(alice, server.id, "start", "active").power_state == 1

    @needs("pause", "unpause", "get")
    def test_a_server_is_paused_and_goes_on(self, server: Server, alice: Context) -> None:
        self.go(alice, server.id, "pause", "paused")
        self.go(alice, server.id, "unpause", "active")

    @needs("suspend", "resume", "get")
    def test_a_server_is_suspended_and_resumed(self, server: Server, alice: Context) -> None:
        self.go(alice, server.id, "suspend", "suspended")
        self.go(alice, server.id, "resume", "active")

    @needs("rescue", "unrescue", "get")
    def test_a_server_is_rescued_and_unrescued(self, server: Server, alice: Context) -> None:
        self.go(alice, server.id, "rescue", "rescued")
        self.go(alice, server.id, "unrescue", "active")

    @needs("shelve", "unshelve", "get")
    def test_a_server_is_shelved_and_unshelved(self, server: Server, alice: Context) -> None:
        self.go(alice, server.id, "shelve", *_SHELVED)
        self.go(alice, server.id, "unshelve", "active")

    @needs("shelve", "shelve_offload", "get")
    def test_a_shelved_server_is_offloaded(self, made: Made, alice: Context) -> None:
        server = made.make(SERVER)
        shelved = self.go(alice, server.id, "shelve", *_SHELVED)
        if shelved.vm_state == "shelved":
            self.go(alice, server.id, "shelve_offload", "shelved_offloaded")
        else:
            self.refuses(alice, shelved, "shelve_offload")

    @needs("reboot", "get")
    @pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])
    def test_a_server_is_rebooted(self, server: Server, alice: Context, hard: bool) -> None:
        self.go(alice, server.id, "reboot", "active", hard=hard)

    @needs("rebuild", "get")
    def test_a_rebuilt_server_keeps_its_id_and_has_the_image(self, made: Made, server: Server, alice: Context) -> None:
        image = new_image(made, alice) if takes_images(made) else image_id(made, alice)
        spec = RebuildSpec(image_id=image or "", changes={"name": "contract-rebuilt"})
        answered = made.bench.servers.rebuild(alice, server.id, spec)
        rebuilt = self.settled(alice, server.id, "active")

        assert answered.id == server.id
        assert (rebuilt.id, rebuilt.image_id, rebuilt.name) == (server.id, image, "contract-rebuilt")
        again = RebuildSpec(image_id=server.image_id or "")
        made.bench.servers.rebuild(alice, server.id, again)
        self.settled(alice, server.id, "active")

    @needs("resize", "confirm_resize", "get")
    def test_a_confirmed_resize_keeps_the_new_flavor(self, made: Made, alice: Context) -> None:
        server, larger = made.make(SERVER), larger_flavor(made.bench, alice)
        made.bench.servers.resize(alice, server.id, larger, disk_config=None)
        resized = self.settled(alice, server.id, "resized")
        confirmed = self.go(alice, server.id, "confirm_resize", "active")

        assert resized.flavor.ram_mib == larger.ram_mib
        assert confirmed.flavor.ram_mib == larger.ram_mib

    @needs("resize", "revert_resize", "get")
    def test_a_reverted_resize_keeps_the_old_flavor(self, made: Made, alice: Context) -> None:
        server, larger = made.make(SERVER), larger_flavor(made.bench, alice)
        made.bench.servers.resize(alice, server.id, larger, disk_config=None)
        self.settled(alice, server.id, "resized")

        assert self.go(alice, server.id, "revert_resize", "active").flavor.ram_mib == server.flavor.ram_mib

    @needs("change_password", "get")
    def test_the_password_is_changed(self, server: Server, alice: Context) -> None:
        self.go(alice, server.id, "change_password", "active")

    @needs("create_image", "get")
    def test_an_image_of_a_server_becomes_active(self, made: Made, server: Server, alice: Context) -> None:
        name = made.bench.name()
        identifier = made.bench.servers.create_image(alice, server.id, name, {"from": "contract"})
        image = self.image(made, alice, identifier)
        self.settled(alice, server.id, "active")

        assert image.name == name
        assert image.properties.get("from") == "contract"

    @needs("create_backup", "get")
    def test_old_backups_go(self, made: Made, server: Server, alice: Context) -> None:
        name, identifiers = made.bench.name(), []
        for _ in range(2):
            backup = made.bench.servers.create_backup(alice, server.id, name, kind="daily", rotation=1, properties={})
            self.image(made, alice, backup)
            self.settled(alice, server.id, "active")
            identifiers.append(backup)
        images = made.bench.sibling("image").images

        def is_gone() -> bool:
            try:
                return bool(images.get(alice, identifiers[0]).status in ("deleted", "pending_delete"))
            except NotFound:
                return True

        made.cloud.wait(is_gone, bool, "the older backup goes")
        assert images.get(alice, identifiers[1]).status == "active"

    def image(self, made: Made, ctx: Context, identifier: str) -> Any:
        """Wait for an image, which goes with the test."""
        images = made.bench.sibling("image").images
        made.later(lambda: images.delete(ctx, identifier))
        return made.cloud.wait(
            lambda: images.get(ctx, identifier), lambda image: image.status == "active", "the image is active"
        )

    # Moves need a second host; without one they say so.

    @needs("migrate", "get")
    def test_a_server_moves_or_stays(self, made: Made, admin: Context) -> None:
        server = made.make(SERVER)
        if self.refuses_to_move(lambda: made.bench.servers.migrate(admin, server.id, None)):
            return self.stays(admin, server)
        moved = self.settled(admin, server.id, "resized")
        assert moved.host != server.host
        return None

    @needs("live_migrate", "get")
    def test_a_running_server_moves_or_stays(self, made: Made, admin: Context) -> None:
        server = made.make(SERVER)
        if self.refuses_to_move(lambda: made.bench.servers.live_migrate(admin, server.id, None, copies_disk=None)):
            return self.stays(admin, server)
        assert self.settled(admin, server.id, "active").id == server.id
        return None

    @needs("evacuate", "get")
    def test_a_server_of_a_host_that_is_up_is_not_evacuated(self, made: Made, admin: Context) -> None:
        server = made.make(SERVER)
        with pytest.raises((BadRequest, Conflict)):
            made.bench.servers.evacuate(admin, server.id, None, "x")
        self.stays(admin, server)

    @staticmethod
    def refuses_to_move(move: Callable[[], None]) -> bool:
        try:
            move()
        except BadRequest:
            return True
        return False

    def stays(self, ctx: Context, server: Server) -> None:
        now = self.settled(ctx, server.id, server.vm_state)
        assert now.host == server.host

    @needs("restore", "get")
    def test_a_server_that_was_not_deleted_is_not_restored(self, server: Server, admin: Context) -> None:
        self.refuses(admin, server, "restore")

    # Illegal transitions

    @needs("get")
    def test_a_running_server_refuses_what_it_cannot_do(self, server: Server, alice: Context) -> None:
        self.refuses_all(alice, server)

    @needs("stop", "start", "get")
    def test_a_stopped_server_refuses_what_it_cannot_do(self, server: Server, alice: Context) -> None:
        self.refuses_all_when(alice, server, "stopped")

    @needs("pause", "unpause", "get")
    def test_a_paused_server_refuses_what_it_cannot_do(self, server: Server, alice: Context) -> None:
        self.refuses_all_when(alice, server, "paused")

    @needs("suspend", "resume", "get")
    def test_a_suspended_server_refuses_what_it_cannot_do(self, server: Server, alice: Context) -> None:
        self.refuses_all_when(alice, server, "suspended")

    @needs("rescue", "unrescue", "get")
    def test_a_rescued_server_refuses_what_it_cannot_do(self, server: Server, alice: Context) -> None:
        self.refuses_all_when(alice, server, "rescued")

    @needs("shelve", "unshelve", "get")
    def test_a_shelved_server_refuses_what_it_cannot_do(self, server: Server, alice: Context) -> None:
        self.refuses_all_when(alice, server, "shelved_offloaded")

    def refuses_all_when(self, ctx: Context, server: Server, state: str) -> None:
        there, back = _WAYS[state]
        states = _SHELVED if state in _SHELVED else (state,)
        self.refuses_all(ctx, self.go(ctx, server.id, there, *states))
        self.go(ctx, server.id, back, "active")

    def refuses_all(self, ctx: Context, server: Server) -> None:
        offered = [name for name in _TRIED if not self.watched.cloud.lacks([f"servers.{name}"])]
        for method in offered:
            allowed = RULES[_RULES.get(method, method)].vm_states
            if allowed is not None and server.vm_state not in allowed:
                self.refuses(ctx, server, method)

    def refuses(self, ctx: Context, server: Server, method: str) -> None:
        """Insist on Conflict, or on a server that is left as it was."""
        positional, named = ARGUMENTS[method]
        try:
            getattr(self.watched.servers, method)(ctx, server.id, *positional, **named)
        except (Conflict, BadRequest):
            pass
        except JumpgateError as error:
            pytest.fail(f"{method} of a server that is {server.vm_state} raises {error!r}: that is a Conflict")
        now = self.settled(ctx, server.id, *_ANY)
        assert now.vm_state == server.vm_state, f"{method} led from {server.vm_state} to {now.vm_state}"


_ANY = ("active", "stopped", "paused", "suspended", "rescued", "shelved", "shelved_offloaded", "resized", "error")


class TestUnknownServers(Contract):
    """Every method that takes a server's id."""

    resource = "servers"

    @pytest.mark.parametrize("method", sorted(ARGUMENTS))
    def test_a_missing_server_is_not_found(self, bench: Bench, shelf: Made, alice: Context, method: str) -> None:
        bench.require(f"servers.{method}")
        self.not_found(bench, alice, bench.missing(shelf.once(SERVER).id), method)

    @pytest.mark.parametrize("method", sorted(ARGUMENTS))
    def test_another_projects_server_is_not_found(
        self, bench: Bench, shelf: Made, alice: Context, bob: Context, method: str
    ) -> None:
        bench.require(f"servers.{method}")
        self.not_found(bench, alice, shelf.once(SERVER, bob).id, method)

    def not_found(self, bench: Bench, ctx: Context, server_id: str, method: str) -> None:
        positional, named = ARGUMENTS[method]
        with pytest.raises(NotFound):
            getattr(bench.servers, method)(ctx, server_id, *positional, **named)

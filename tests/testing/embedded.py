"""The embedded cloud on the bench: all five services in one application, and two projects with users of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from jumpgate.api import Jumpgate, embedded_config
from jumpgate.common.context import Context
from jumpgate.identity.models import ProjectSpec, UserSpec
from jumpgate.image.models import ImageSpec
from jumpgate.store.tasks import tasks
from jumpgate.testing.contract import Cloud, Given
from tests.support.cheap import do_not_sync, lay_store
from tests.support.cloud import CALLERS

PASSWORD = "contract-suite"


class Embedded:
    """The embedded application on a store of its own."""

    def __init__(self, state: Path) -> None:
        config = embedded_config()
        config.state_directory = state
        config["compute"]["serial_console"] = "true"
        lay_store(state)
        self.app = Jumpgate(config)
        do_not_sync(self.app.store)
        self.app.prepare()

    def settle(self) -> None:
        """Run what is due, and what waits for its time."""
        with self.app.store.write("compute") as connection:
            connection.execute(tasks.update().values(due_at=dt.datetime.now(dt.UTC)))
        while self.app.tasks.run_due():
            pass

    def image_id(self, ctx: Context) -> str:
        """Make a public image to boot from."""
        images = self.app.siblings("RegionOne")["image"].images
        spec = ImageSpec(name="cirros", disk_format="raw", container_format="bare", visibility="public")
        image = images.create(ctx, spec)
        images.upload(ctx, image.id, _Disk())
        identifier: str = image.id
        return identifier

    def caller(self, name: str, *roles: str) -> Context:
        """Make a user and a project, in which the user works."""
        identity, nobody = self.app.siblings("RegionOne")["identity"], CALLERS["admin"]
        user = identity.users.create(nobody, UserSpec(name=name, password=PASSWORD))
        project = identity.projects.create(nobody, ProjectSpec(name=f"{name}s"))
        return Context(
            user_id=user.id,
            user_name=name,
            project_id=project.id,
            project_name=project.name,
            project_domain_id="default",
            roles=roles,
        )

    def cloud(self, service: str, **more: Any) -> Cloud:
        """Return a service on the bench."""
        alice, admin = self.caller("alice", "member", "reader"), self.caller("root", "admin", "member", "reader")
        given = Given(image_id=self.image_id(admin), user_id=alice.user_id, password=PASSWORD)
        return Cloud.of(
            self.app,
            service,
            alice=alice,
            bob=self.caller("bob", "member", "reader"),
            admin=admin,
            **{"given": given, "settle": self.settle, "timeout_s": 20, **more},
        )


class _Disk:
    """A disk of nothing much."""

    def __init__(self) -> None:
        self._left = 4096

    def read(self, size: int, /) -> bytes:
        part = min(size, self._left)
        self._left -= part
        return b"\0" * part

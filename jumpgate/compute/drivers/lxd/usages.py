"""How long servers have run: those that are there by their notes, those that are gone by a key of their LXD project."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import JumpgateError
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.compute.contract.operators import Usages
from jumpgate.compute.drivers.lxd import notes, records
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import Flavor, ServerUsage

# How many servers that are gone a project remembers.
MOST = 200
_GONE = notes.key("used.")


class LxdUsages(Usages):
    """Read off instances and projects."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._session = region.session
        self._projects = region.projects
        self._instances = instances

    def find(self, ctx: Context, project_id: str | None, start: dt.datetime, end: dt.datetime) -> Iterable[ServerUsage]:
        found = [*self._there(project_id), *self._gone(project_id)]
        meant = (usage for usage in found if usage.started_at <= end and (usage.ended_at or end) >= start)
        return sorted(meant, key=lambda usage: (usage.started_at, usage.server_id))

    def _there(self, project_id: str | None) -> Iterator[ServerUsage]:
        ctx = Context(user_id="jumpgate", project_id=project_id)
        for record in self._instances.find(ctx, all_projects=project_id is None):
            server = records.server(record, self._instances.owner(record))
            if server.launched_at is not None:
                yield ServerUsage(
                    server_id=server.id,
                    name=server.name,
                    project_id=server.project_id,
                    flavor=server.flavor,
                    state=server.vm_state,
                    started_at=server.launched_at,
                )

    def _gone(self, project_id: str | None) -> Iterator[ServerUsage]:
        wanted = None if project_id is None else self._projects.name(project_id)
        for record in self._session.find("projects"):
            if self._projects.is_ours(record["name"]) and wanted in (None, record["name"]):
                for key, values in _kept(record["config"]).items():
                    yield _usage(key.removeprefix(_GONE), self._projects.id_of(record["name"]), values)

    def remember(self, record: Record) -> None:
        """Keep how long a server has run that goes now; that it cannot be kept keeps no server from going."""
        server = records.server(record, "")
        if server.launched_at is None:
            return
        times = {"started_at": server.launched_at.isoformat(), "ended_at": utcnow().isoformat()}
        values = {"name": server.name, "flavor": records.flavor_note(server.flavor), **times}
        with contextlib.suppress(JumpgateError):
            kept = _kept(self._session.get("projects", record["project"])["config"])
            oldest = sorted(kept, key=lambda key: str(kept[key]["ended_at"]))[: max(0, len(kept) - MOST + 1)]
            config = {**dict.fromkeys(oldest, ""), _GONE + server.id: orjson.dumps(values).decode()}
            self._projects.configure(record["project"], config)


def _kept(config: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {key: orjson.loads(text) for key, text in config.items() if key.startswith(_GONE)}


def _usage(server_id: str, project_id: str, values: Mapping[str, Any]) -> ServerUsage:
    return ServerUsage(
        server_id=server_id,
        name=values["name"],
        project_id=project_id,
        flavor=Flavor(**values["flavor"]),
        state="terminated",
        started_at=parse_iso(values["started_at"]),
        ended_at=parse_iso(values["ended_at"]),
    )

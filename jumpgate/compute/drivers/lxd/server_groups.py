"""Server groups: keys of their LXD project, and the members of a cluster on which their servers go."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.compute.contract import ServerGroups
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import ServerGroup, ServerGroupSpec

_PREFIX = notes.key("server_group.")
# The note of an instance that says which group it is in.
NOTE = "group"


class LxdServerGroups(ServerGroups):
    """One key of the LXD project for each group."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._session = region.session
        self._projects = region.projects
        self._cluster = region.cluster
        self._instances = instances

    def find(self, ctx: Context, query: Query) -> Iterable[ServerGroup]:
        members = self._members()
        found = self._documents(None if query.all_projects else ctx.project)
        ordered = sorted(found, key=lambda item: (item[1]["created_at"], item[1]["id"]))
        return [_group(values, project_id, members) for project_id, values in ordered]

    def get(self, ctx: Context, resource_id: str) -> ServerGroup:
        for project_id, values in self._documents(None if ctx.is_admin else ctx.project):
            if values["id"] == resource_id:
                return _group(values, project_id, self._members())
        raise NotFound(f"Instance group {resource_id} could not be found.", reason="InstanceGroupNotFound")

    def _documents(self, project_id: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what is noted of the groups of a project, or of all, each with its project."""
        wanted = None if project_id is None else self._projects.name(project_id)
        for record in self._session.find("projects"):
            if self._projects.is_ours(record["name"]) and wanted in (None, record["name"]):
                for key, text in record["config"].items():
                    if key.startswith(_PREFIX):
                        yield self._projects.id_of(record["name"]), orjson.loads(text)

    def _members(self) -> Mapping[str, list[str]]:
        """Return the servers of each group, the oldest first."""
        found: dict[str, list[str]] = {}
        for record in sorted(self._everyone(), key=lambda record: str(record["created_at"])):
            group_id = notes.text(record["config"], NOTE)
            if group_id is not None:
                found.setdefault(group_id, []).append(server_id_of(record))
        return found

    def _everyone(self) -> Iterator[Record]:
        return self._instances.find(Context(user_id="jumpgate"), all_projects=True)

    def create(self, ctx: Context, spec: ServerGroupSpec) -> ServerGroup:
        values = {
            "id": str(uuid.uuid4()),
            "name": spec.name,
            "user_id": ctx.user_id,
            "policy": spec.policy,
            "rules": dict(spec.rules),
            "created_at": utcnow().isoformat(),
        }
        text = orjson.dumps(values).decode()
        self._projects.configure(self._projects.ensure(ctx.project), {f"{_PREFIX}{values['id']}": text})
        return _group(values, ctx.project, {})

    def delete(self, ctx: Context, resource_id: str) -> None:
        group = self.get(ctx, resource_id)
        for record in list(self._everyone()):
            if notes.text(record["config"], NOTE) == group.id:
                self._instances.note(record, **{NOTE: None})
        self._projects.configure(self._projects.name(group.project_id), {_PREFIX + group.id: ""})

    def hosts(self, ctx: Context, group_id: str, count: int) -> list[str | None]:
        """Return where new servers of a group go, None where LXD may choose; raise BadRequest for nowhere."""
        group = self.get(ctx, group_id)
        taken = Counter(
            self._cluster.name_of(record)
            for record in self._everyone()
            if notes.text(record["config"], NOTE) == group_id
        )
        most = int(group.rules.get("max_server_per_host", 1))
        chosen: list[str | None] = []
        for _ in range(count):
            host = place(self._cluster, group.policy, taken, most)
            taken[host] += 1
            chosen.append(host)
        return chosen


def _group(values: Mapping[str, Any], project_id: str, members: Mapping[str, list[str]]) -> ServerGroup:
    known = {name: values[name] for name in ("id", "name", "user_id", "policy", "rules")}
    return ServerGroup(**known, project_id=project_id, members=tuple(members.get(values["id"], ())))


def place(cluster: Cluster, policy: str, taken: Counter[str], most: int) -> str:
    """Return where one more server of a group goes, of which each member of the cluster has `taken` some."""
    open_ones = [member.name for member in cluster.members() if member.is_up and member.is_open]
    together = "anti" not in policy
    here = [name for name in taken if taken[name]] if together else []
    fitting = [name for name in open_ones if name in here or not here] if together else open_ones
    if policy == "anti-affinity":
        fitting = [name for name in open_ones if taken[name] < most]
    if policy.startswith("soft-"):
        fitting = fitting or open_ones
    if not fitting:
        raise BadRequest("No valid host was found. There are not enough hosts available.", reason="NoValidHost")
    return min(fitting, key=lambda name: taken[name])

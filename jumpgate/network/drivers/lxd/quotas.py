"""How much projects may have of LXD's networks: limits kept as notes, usage counted in LXD."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from jumpgate.common.context import Context
from jumpgate.network import limits
from jumpgate.network.contract import Quotas
from jumpgate.network.drivers.lxd.bridges import Bridges, turns
from jumpgate.network.drivers.lxd.group_records import all_groups
from jumpgate.network.drivers.lxd.kept import Kept
from jumpgate.network.drivers.lxd.prefixes import subnet_notes
from jumpgate.network.models import Quota
from jumpgate.network.views.faults import fault

_KINDS = ("network", "subnet", "subnetpool", "port", "security_group", "security_group_rule", "router", "floatingip")
DEFAULTS: Mapping[str, int] = {name: limits.DEFAULTS[name] for name in _KINDS}


class LxdQuotas(Quotas):
    """The limits of a project are a note of its id. LXD's own limits of projects count no networks of others."""

    def __init__(self, bridges: Bridges, notes: Kept, routers: Kept, pools: Kept) -> None:
        self._bridges = bridges
        self._notes = notes
        self._kept = {"router": routers, "subnetpool": pools}
        self._turns = {name: turns(bridges.folder, f"quota-{name}") for name in DEFAULTS}

    def find(self, ctx: Context) -> Iterable[Quota]:
        return [Quota(project_id=note["id"], limits={**DEFAULTS, **note["limits"]}) for note in self._notes.all()]

    def get(self, ctx: Context, project_id: str) -> Quota:
        used = {name: self._used(project_id, name) for name in DEFAULTS}
        return Quota(project_id=project_id, limits=self._limits(project_id), used=used)

    def _limits(self, project_id: str) -> dict[str, int]:
        own = [note["limits"] for note in self._notes.all() if note["id"] == project_id]
        return {**DEFAULTS, **(own[0] if own else {})}

    def defaults(self, ctx: Context) -> Mapping[str, int]:
        return DEFAULTS

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> Quota:
        known = {name: limit for name, limit in limits.items() if name in DEFAULTS}
        self._notes.change(
            project_id, lambda note: {"id": project_id, "limits": {**(note["limits"] if note else {}), **known}}
        )
        return self.get(ctx, project_id)

    def delete(self, ctx: Context, project_id: str) -> None:
        if all(note["id"] != project_id for note in self._notes.all()):
            raise fault("TenantQuotaNotFound", project_id)
        self._notes.change(project_id, lambda _: None)

    @contextmanager
    def spending(self, project_id: str, resource: str, amount: int = 1) -> Iterator[None]:
        """Let the block make more of a resource for a project; raise OverQuota where its limit does not."""
        limit = self._limits(project_id)[resource]
        if limit < 0:
            yield
            return
        with self._turns[resource]:
            if self._used(project_id, resource) + amount > limit:
                raise limits.exceeded(resource)
            yield

    def _used(self, project_id: str, resource: str) -> int:
        return sum(owner == project_id for owner in self._owners(resource))

    def _owners(self, resource: str) -> Iterator[str]:
        """Yield the project of each thing of a kind."""
        if resource in self._kept:
            yield from (str(note["project_id"]) for note in self._kept[resource].all())
        elif resource.startswith("security_group"):
            for group, _ in all_groups(self._bridges.session):
                rules = [rule.project_id for rule in group.rules]
                yield from rules if resource == "security_group_rule" else [group.project_id]
        else:
            for bridge in self._bridges.all():
                notes = {
                    "network": [bridge.note],
                    "subnet": subnet_notes(bridge),
                    "port": bridge.ports,
                    "floatingip": bridge.floating_ips,
                }
                yield from (str(note.get("project_id", "")) for note in notes[resource])

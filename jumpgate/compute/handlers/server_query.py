"""From the query string of a server list to a `Query`: filters, who may use them, states, sort keys and paging.

Source: the API reference, "List Servers" and "List Servers Detailed".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jumpgate.common.errors import BadRequest, Forbidden
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter, ListParameters, Query, boolean
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute
from jumpgate.compute.models.states import states_of
from jumpgate.compute.schemas.parameters import parse_time
from jumpgate.compute.schemas.servers import IGNORED_SORT_KEYS, SORT_KEYS

_ALL_FILTERS = "os_compute_api:servers:allow_all_filters"
_OF_OTHER_TABLES = frozenset(
    {
        "block_device_mapping",
        "services",
        "metadata",
        "system_metadata",
        "info_cache",
        "security_groups",
        "pci_devices",
    }
)


def _flag(text: str) -> bool:
    try:
        return boolean(text)
    except ValueError as error:
        words = "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"
        raise BadRequest(f"Unrecognized value '{text}', acceptable values are: {words}") from error


def _lenient_flag(text: str) -> bool:
    try:
        return boolean(text)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A filter: the attribute, the comparison, how text becomes a value, and since when everybody may use it.

    `since` None: administrators only. `split`: several values stand in one text, with commas.
    """

    attribute: str
    op: str = "regex"
    since: tuple[int, int] | None = None
    read: Callable[[str], Any] = str
    kind: Kind | None = None
    split: bool = False


_ALWAYS = (2, 0)

_FILTERS: Mapping[str, _Parameter] = {
    "name": _Parameter("name", since=_ALWAYS),
    "display_name": _Parameter("name"),
    "image": _Parameter("image_id", "eq", _ALWAYS, kind=Kind.IMAGE),
    "image_ref": _Parameter("image_id", "eq", kind=Kind.IMAGE),
    "flavor": _Parameter("flavor.id", "eq", _ALWAYS, kind=Kind.FLAVOR),
    "reservation_id": _Parameter("reservation_id", since=_ALWAYS),
    "ip": _Parameter("ipv4", "part", _ALWAYS),
    "ip6": _Parameter("ipv6", "part", (2, 5)),
    "tags": _Parameter("tags", "has", (2, 26), split=True),
    "tags-any": _Parameter("tags", "any", (2, 26), split=True),
    "not-tags": _Parameter("tags", "lacks", (2, 26), split=True),
    "not-tags-any": _Parameter("tags", "none", (2, 26), split=True),
    "locked": _Parameter("locked", "eq", (2, 73), _flag),
    "availability_zone": _Parameter("availability_zone", since=(2, 83)),
    "config_drive": _Parameter("config_drive", "eq", (2, 83), _lenient_flag),
    "key_name": _Parameter("key_name", since=(2, 83)),
    "created_at": _Parameter("created_at", since=(2, 83)),
    "launched_at": _Parameter("launched_at", since=(2, 83)),
    "terminated_at": _Parameter("terminated_at", since=(2, 83)),
    "power_state": _Parameter("power_state", since=(2, 83)),
    "task_state": _Parameter("task_state", "eq", (2, 83)),
    "vm_state": _Parameter("vm_state", "eq", (2, 83)),
    "progress": _Parameter("progress", since=(2, 83)),
    "user_id": _Parameter("user_id", "eq", (2, 83), kind=Kind.USER),
    "hostname": _Parameter("hostname", since=(2, 90)),
    "description": _Parameter("description"),
    "display_description": _Parameter("description"),
    "host": _Parameter("host", "eq"),
    "node": _Parameter("hypervisor_hostname"),
    "uuid": _Parameter("id", "eq", kind=Kind.SERVER),
    "launch_index": _Parameter("launch_index"),
    "kernel_id": _Parameter("kernel_id"),
    "ramdisk_id": _Parameter("ramdisk_id"),
    "root_device_name": _Parameter("root_device_name"),
    "access_ip_v4": _Parameter("access_ipv4"),
    "access_ip_v6": _Parameter("access_ipv6"),
    "auto_disk_config": _Parameter("disk_config"),
    "locked_by": _Parameter("locked_by"),
}

KINDS = {item.attribute: item.kind for item in _FILTERS.values() if item.kind is not None}
_SORTED_BY = {
    "access_ip_v4": "access_ipv4",
    "access_ip_v6": "access_ipv6",
    "auto_disk_config": "disk_config",
    "display_description": "description",
    "display_name": "name",
    "image_ref": "image_id",
    "instance_type_id": "flavor.id",
    "node": "hypervisor_hostname",
    "uuid": "id",
}
_LIST = ListParameters(
    sort_keys={"locked": "locked", **{name: _SORTED_BY.get(name, name) for name in SORT_KEYS}},
)
_OPERATORS_SORT_KEYS = frozenset({"host", "node"})


class Nothing(Exception):
    """The query asks for a status that no server can have, which before 2.38 was an empty list."""


def server_query(call: Call[Compute], everywhere: str) -> Query:
    """Return what a list asks for. `everywhere` is the rule for the servers of all projects.

    Raises BadRequest, Forbidden, or Nothing.
    """
    parameters = _allowed(call)
    refused = [name for name in parameters if name in _OF_OTHER_TABLES or name.startswith("_")]
    if refused:
        raise BadRequest(f"Invalid filter field: {refused[0]}.")
    all_projects = "all_tenants" in call.parameters and _all_tenants(call)
    if all_projects:
        call.require(everywhere)
    filters = (
        *_state_filters(call, parameters),
        *_filters(call, parameters),
        *_time_filters(parameters),
        *(_project_filters(parameters) if all_projects else ()),
    )
    sortable = _sortable(call)
    if not {"asc", "desc"} >= set(sortable.get("sort_dir", ())):
        raise BadRequest("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'")
    query = _LIST.query(sortable, all_projects=all_projects)
    return dataclasses.replace(query, filters=filters, marker=_marker(call, query.marker))


def _marker(call: Call[Compute], text: str | None) -> str | None:
    """Return the cloud's id of the server after which the page begins; an empty marker is none."""
    try:
        return call.ids[Kind.SERVER].to_cloud(text) if text else None
    except MalformedId:
        raise BadRequest(f"marker [{text}] not found", reason="MarkerNotFound") from None


def _allowed(call: Call[Compute]) -> Mapping[str, Sequence[str]]:
    """Return the parameters that the caller may use; the others are ignored, as Nova ignores them."""
    if call.may(_ALL_FILTERS):
        return call.parameters
    version = call.version or (2, 0)
    return {name: texts for name, texts in call.parameters.items() if _is_everybodys(name, version)}


_EVERYBODYS = {"status": _ALWAYS, "changes-since": _ALWAYS, "changes-before": (2, 66)}


def _is_everybodys(name: str, version: tuple[int, int]) -> bool:
    parameter = _FILTERS.get(name)
    since = parameter.since if parameter else _EVERYBODYS.get(name)
    return since is not None and version >= since


def _all_tenants(call: Call[Compute]) -> bool:
    text = call.parameter("all_tenants")
    return True if not text else _flag(text)


def _state_filters(call: Call[Compute], parameters: Mapping[str, Sequence[str]]) -> Iterator[Filter]:
    statuses = parameters.get("status")
    vm_states: tuple[str, ...] = ()
    if statuses:
        vm_states, task_states = states_of(statuses)
        if not vm_states:
            if call.at_least("2.38"):
                raise BadRequest("Invalid status value")
            raise Nothing
        yield Filter("vm_state", vm_states)
        if task_states is not None:
            yield Filter("task_state", task_states)
    if vm_states == ("deleted",) or tuple(parameters.get("vm_state", ())) == ("deleted",):
        if not call.ctx.is_admin:
            raise Forbidden("Only administrators may list deleted instances")
        yield Filter("deleted", (True,))
    elif "deleted" in parameters:
        yield Filter("deleted", (_lenient_flag(parameters["deleted"][-1]),))
    elif "changes-since" in parameters or "changes-before" in parameters:
        yield Filter("deleted", (True, False))


def _filters(call: Call[Compute], parameters: Mapping[str, Sequence[str]]) -> Iterator[Filter]:
    replaced = {"vm_state", "task_state"} if "status" in parameters else set()
    for name, texts in parameters.items():
        parameter = _FILTERS.get(name)
        if parameter is None or name in replaced:
            continue
        words = [word for text in texts for word in text.split(",")] if parameter.split else list(texts)
        yield Filter(parameter.attribute, tuple(_value(call, parameter, word) for word in words), parameter.op)


def _value(call: Call[Compute], parameter: _Parameter, text: str) -> Any:
    if parameter.kind is None:
        return parameter.read(text)
    try:
        return call.ids[parameter.kind].to_cloud(text)
    except ValueError:
        # An id of another form is no error of a filter: nothing has it.
        return text


def _time_filters(parameters: Mapping[str, Sequence[str]]) -> Iterator[Filter]:
    since, before = (
        parse_time(parameters[name][-1]) if name in parameters else None for name in ("changes-since", "changes-before")
    )
    if since is not None and before is not None and before < since:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if since is not None:
        yield Filter("updated_at", (since,), "gte")
    if before is not None:
        yield Filter("updated_at", (before,), "lte")


def _project_filters(parameters: Mapping[str, Sequence[str]]) -> Iterator[Filter]:
    """A project can only be chosen among all of them."""
    projects = (*parameters.get("project_id", ()), *parameters.get("tenant_id", ()))
    if projects:
        yield Filter("project_id", tuple(projects))


def _sortable(call: Call[Compute]) -> Mapping[str, Sequence[str]]:
    """Return the parameters without the sort keys that mean nothing, each with its direction."""
    ignored = IGNORED_SORT_KEYS - {"locked"} if call.at_least("2.73") else IGNORED_SORT_KEYS
    keys, directions = call.parameters.get("sort_key", ()), call.parameters.get("sort_dir", ())
    for key in keys:
        if key in _OPERATORS_SORT_KEYS and not call.ctx.is_admin:
            raise Forbidden(f"Only administrators can sort servers by {key}")
    kept = [index for index, key in enumerate(keys) if key not in ignored]
    kept_directions = [directions[index] for index in kept if index < len(directions)] if keys else directions
    paging = {name: call.parameters[name] for name in ("limit", "marker") if name in call.parameters}
    return {**paging, "sort_key": [keys[index].strip() for index in kept], "sort_dir": list(kept_directions)}

"""``POST /servers/{server_id}/action``: every action is a row of one table.

Source: the API reference, "Servers - run an action" and the sections after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.microversion import Microversion, in_window
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers import action_runs as runs
from jumpgate.compute.handlers import consoles, floating_ips
from jumpgate.compute.handlers.gone import gone
from jumpgate.compute.handlers.lookup import get_server, require_unlocked
from jumpgate.compute.models import Server
from jumpgate.compute.models.states import require as require_state
from jumpgate.compute.schemas import actions as schemas
from jumpgate.compute.schemas.consoles import old_console
from jumpgate.compute.schemas.servers import REBUILD

Run = Callable[[Call[Compute], Server, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action: the contract method it needs, its policy rule, its body's schema and what does it.

    `state` is its rule in `states`, None for one that works in any. `locks`: a lock keeps others from doing it.
    """

    capability: str
    policy: str
    schema: Schema
    run: Run
    status: int = 202
    state: str | None = None
    locks: bool = True
    since: str | None = None
    until: str | None = None


_API = "os_compute_api:"

# Before 2.6 each kind of console has an action.
_OLD_CONSOLES = {
    name: Action(
        capability="servers.serial_console",
        policy=_API + "os-remote-consoles",
        schema=old_console(name, *kinds),
        run=consoles.old_console,
        status=200,
        locks=False,
        until="2.5",
    )
    for name, *kinds in (
        ("os-getVNCConsole", "novnc", "xvpvnc"),
        ("os-getSPICEConsole", "spice-html5"),
        ("os-getRDPConsole", "rdp-html5"),
        ("os-getSerialConsole", "serial"),
    )
}

ACTIONS: Mapping[str, Action] = {
    "os-start": Action(
        capability="servers.start",
        policy=_API + "servers:start",
        schema=schemas.bare("os-start"),
        run=runs.plain("start"),
        state="start",
    ),
    "os-stop": Action(
        capability="servers.stop",
        policy=_API + "servers:stop",
        schema=schemas.bare("os-stop"),
        run=runs.plain("stop"),
        state="stop",
    ),
    "reboot": Action(
        capability="servers.reboot",
        policy=_API + "servers:reboot",
        schema=schemas.REBOOT,
        run=runs.reboot,
    ),
    "pause": Action(
        capability="servers.pause",
        policy=_API + "os-pause-server:pause",
        schema=schemas.bare("pause"),
        run=runs.plain("pause"),
        state="pause",
    ),
    "unpause": Action(
        capability="servers.unpause",
        policy=_API + "os-pause-server:unpause",
        schema=schemas.bare("unpause"),
        run=runs.plain("unpause"),
        state="unpause",
    ),
    "suspend": Action(
        capability="servers.suspend",
        policy=_API + "os-suspend-server:suspend",
        schema=schemas.bare("suspend"),
        run=runs.plain("suspend"),
        state="suspend",
    ),
    "resume": Action(
        capability="servers.resume",
        policy=_API + "os-suspend-server:resume",
        schema=schemas.bare("resume"),
        run=runs.plain("resume"),
        state="resume",
    ),
    "lock": Action(
        capability="servers.lock",
        policy=_API + "os-lock-server:lock",
        schema=schemas.LOCK,
        run=runs.lock,
        locks=False,
    ),
    "unlock": Action(
        capability="servers.unlock",
        policy=_API + "os-lock-server:unlock",
        schema=schemas.bare("unlock"),
        run=runs.unlock,
        locks=False,
    ),
    "rebuild": Action(
        capability="servers.rebuild",
        policy=_API + "servers:rebuild",
        schema=REBUILD,
        run=runs.rebuild,
        state="rebuild",
    ),
    "resize": Action(
        capability="servers.resize",
        policy=_API + "servers:resize",
        schema=schemas.RESIZE,
        run=runs.resize,
        state="resize",
    ),
    "confirmResize": Action(
        capability="servers.confirm_resize",
        policy=_API + "servers:confirm_resize",
        schema=schemas.bare("confirmResize"),
        run=runs.plain("confirm_resize"),
        status=204,
        state="confirmResize",
    ),
    "revertResize": Action(
        capability="servers.revert_resize",
        policy=_API + "servers:revert_resize",
        schema=schemas.bare("revertResize"),
        run=runs.plain("revert_resize"),
        state="revertResize",
    ),
    "rescue": Action(
        capability="servers.rescue",
        policy=_API + "os-rescue",
        schema=schemas.RESCUE,
        run=runs.rescue,
        status=200,
        state="rescue",
    ),
    "unrescue": Action(
        capability="servers.unrescue",
        policy=_API + "os-unrescue",
        schema=schemas.bare("unrescue"),
        run=runs.plain("unrescue"),
        state="unrescue",
    ),
    "shelve": Action(
        capability="servers.shelve",
        policy=_API + "os-shelve:shelve",
        schema=schemas.bare("shelve"),
        run=runs.plain("shelve"),
        state="shelve",
    ),
    "shelveOffload": Action(
        capability="servers.shelve_offload",
        policy=_API + "os-shelve:shelve_offload",
        schema=schemas.bare("shelveOffload"),
        run=runs.plain("shelve_offload"),
        state="shelveOffload",
    ),
    "unshelve": Action(
        capability="servers.unshelve",
        policy=_API + "os-shelve:unshelve",
        schema=schemas.UNSHELVE,
        run=runs.unshelve,
        state="unshelve",
    ),
    "changePassword": Action(
        capability="servers.change_password",
        policy=_API + "os-admin-password",
        schema=schemas.CHANGE_PASSWORD,
        run=runs.change_password,
        state="changePassword",
    ),
    "createImage": Action(
        capability="servers.create_image",
        policy=_API + "servers:create_image",
        schema=schemas.CREATE_IMAGE,
        run=runs.create_image,
        state="createImage",
        locks=False,
    ),
    "createBackup": Action(
        capability="servers.create_backup",
        policy=_API + "os-create-backup",
        schema=schemas.CREATE_BACKUP,
        run=runs.create_backup,
        state="createBackup",
        locks=False,
    ),
    "os-getConsoleOutput": Action(
        capability="servers.console_output",
        policy=_API + "os-console-output",
        schema=schemas.CONSOLE_OUTPUT,
        run=runs.console_output,
        status=200,
        locks=False,
    ),
    **_OLD_CONSOLES,
    "os-resetState": Action(
        capability="servers.reset_state",
        policy=_API + "os-admin-actions:reset_state",
        schema=schemas.RESET_STATE,
        run=runs.reset_state,
        locks=False,
    ),
    "addSecurityGroup": Action(
        capability="servers.add_security_group",
        policy=_API + "os-security-groups:add",
        schema=schemas.ADD_SECURITY_GROUP,
        run=runs.add_security_group,
        locks=False,
    ),
    "removeSecurityGroup": Action(
        capability="servers.remove_security_group",
        policy=_API + "os-security-groups:remove",
        schema=schemas.REMOVE_SECURITY_GROUP,
        run=runs.remove_security_group,
        locks=False,
    ),
    # Nova has no soft delete unless it is told to keep deleted servers for a while.
    "forceDelete": Action(
        capability="servers.delete",
        policy=_API + "os-deferred-delete:force",
        schema=schemas.bare("forceDelete"),
        run=runs.plain("delete"),
    ),
    "restore": Action(
        capability="servers.restore",
        policy=_API + "os-deferred-delete:restore",
        schema=schemas.bare("restore"),
        run=runs.plain("restore"),
        state="restore",
    ),
    "migrate": Action(
        capability="servers.migrate",
        policy=_API + "os-migrate-server:migrate",
        schema=schemas.MIGRATE,
        run=runs.migrate,
        state="migrate",
    ),
    "os-migrateLive": Action(
        capability="servers.live_migrate",
        policy=_API + "os-migrate-server:migrate_live",
        schema=schemas.MIGRATE_LIVE,
        run=runs.migrate_live,
        state="os-migrateLive",
    ),
    "evacuate": Action(
        capability="servers.evacuate",
        policy=_API + "os-evacuate",
        schema=schemas.EVACUATE,
        run=runs.evacuate,
        status=200,
        state="evacuate",
        locks=False,
    ),
    "injectNetworkInfo": Action(
        capability="servers.inject_network_info",
        policy=_API + "os-admin-actions:inject_network_info",
        schema=schemas.bare("injectNetworkInfo"),
        run=runs.plain("inject_network_info"),
    ),
    "addFixedIp": Action(
        capability="servers.add_fixed_ip",
        policy=_API + "os-multinic:add",
        schema=schemas.ADD_FIXED_IP,
        run=runs.add_fixed_ip,
        until="2.43",
    ),
    "removeFixedIp": Action(
        capability="servers.remove_fixed_ip",
        policy=_API + "os-multinic:remove",
        schema=schemas.REMOVE_FIXED_IP,
        run=runs.remove_fixed_ip,
        until="2.43",
    ),
    "addFloatingIp": Action(
        capability="servers.get",
        policy=_API + "os-floating-ips:add",
        schema=schemas.ADD_FLOATING_IP,
        run=floating_ips.add,
        until="2.43",
    ),
    "removeFloatingIp": Action(
        capability="servers.get",
        policy=_API + "os-floating-ips:remove",
        schema=schemas.REMOVE_FLOATING_IP,
        run=floating_ips.remove,
        until="2.43",
    ),
}

# Nova's actions that no contract has a method for yet: known, and not served.
_UNSERVED = frozenset(
    {
        "trigger_crash_dump",
    }
)


class ServerActionHandler(Handler[Compute]):
    """``/servers/{server_id}/action``."""

    actions = ACTIONS

    @operation()
    def on_post(self, call: Call[Compute], server_id: str) -> Any:
        body = read_json(call.req)
        action = _action(call, body)
        if not call.service.offers(action.capability):
            raise NotSupported(f"This cloud does not support {action.capability}.")
        action.schema.validate(body, call.version)
        server = get_server(call, server_id, action.policy)
        if action.locks:
            require_unlocked(call, server)
        if action.state is not None:
            require_state(action.state, server)
        call.resp.status = action.status
        return action.run(call, server, next(iter(body.values())))


def _action(call: Call[Compute], body: Any) -> Action:
    if not isinstance(body, dict) or len(body) != 1:
        raise BadRequest("Malformed request body")
    (name,) = body
    action = ACTIONS.get(name)
    if name == "resetNetwork":
        gone()
    if action is None:
        if name in _UNSERVED:
            raise NotSupported(f"This cloud does not support the action {name}.")
        raise BadRequest(f"There is no such action: {name}")
    since, until = (Microversion.parse(text) if text else None for text in (action.since, action.until))
    if call.version is not None and not in_window(call.version, since, until):
        raise NotFound("The resource could not be found.")
    return action

"""The identity service of SoftLayer: its users are users, its accounts projects, API keys passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.clouds.softlayer.accounts import Callers
from jumpgate.clouds.softlayer.session import Session, Settings
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.identity.contract import Identity
from jumpgate.identity.drivers.softlayer.authentication import SoftLayerAuthentication
from jumpgate.identity.drivers.softlayer.domains import SoftLayerDomains
from jumpgate.identity.drivers.softlayer.projects import SoftLayerProjects
from jumpgate.identity.drivers.softlayer.revocations import SoftLayerRevocations
from jumpgate.identity.drivers.softlayer.role_assignments import SoftLayerRoleAssignments
from jumpgate.identity.drivers.softlayer.roles import SoftLayerRoles
from jumpgate.identity.drivers.softlayer.users import SoftLayerUsers
from jumpgate.identity.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the users and accounts of SoftLayer, each by the key that the user brings."""
    session = Session(Settings.of(app.config))
    callers = Callers(session)
    composition = Identity(
        authentication=SoftLayerAuthentication(app.store, callers),
        users=SoftLayerUsers(session, callers),
        projects=SoftLayerProjects(callers),
        domains=SoftLayerDomains(),
        roles=SoftLayerRoles(),
        role_assignments=SoftLayerRoleAssignments(session, callers),
        revocations=SoftLayerRevocations(app.store),
    )
    expose(app, disp, composition)

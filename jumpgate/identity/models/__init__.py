"""What the identity service speaks of, in OpenStack's terms without its JSON."""

from __future__ import annotations

from jumpgate.identity.models.accounts import (
    DEFAULT_DOMAIN_ID,
    Domain,
    DomainSpec,
    Group,
    GroupSpec,
    Project,
    ProjectSpec,
    User,
    UserSpec,
)
from jumpgate.identity.models.catalog import (
    CatalogLink,
    Endpoint,
    EndpointGroup,
    EndpointGroupSpec,
    EndpointSpec,
    Region,
    RegionSpec,
    ServiceEntry,
    ServiceEntrySpec,
)
from jumpgate.identity.models.consumers import Consumer, ConsumerSpec
from jumpgate.identity.models.credentials import (
    AccessRule,
    ApplicationCredential,
    ApplicationCredentialSpec,
    Credential,
    CredentialSpec,
    UserReference,
    Verified,
)
from jumpgate.identity.models.policies import PolicyDocument, PolicyDocumentSpec
from jumpgate.identity.models.roles import (
    SYSTEM,
    UNSCOPED,
    Assignment,
    AssignmentQuery,
    Implication,
    Role,
    RoleSpec,
    Scope,
)
from jumpgate.identity.models.tokens import (
    Payload,
    Session,
)
from jumpgate.identity.models.trusts import Trust, TrustSpec

__all__ = [
    "DEFAULT_DOMAIN_ID",
    "SYSTEM",
    "UNSCOPED",
    "AccessRule",
    "ApplicationCredential",
    "ApplicationCredentialSpec",
    "Assignment",
    "AssignmentQuery",
    "CatalogLink",
    "Consumer",
    "ConsumerSpec",
    "Credential",
    "CredentialSpec",
    "Domain",
    "DomainSpec",
    "Endpoint",
    "EndpointGroup",
    "EndpointGroupSpec",
    "EndpointSpec",
    "Group",
    "GroupSpec",
    "Implication",
    "Payload",
    "PolicyDocument",
    "PolicyDocumentSpec",
    "Project",
    "ProjectSpec",
    "Region",
    "RegionSpec",
    "Role",
    "RoleSpec",
    "Scope",
    "ServiceEntry",
    "ServiceEntrySpec",
    "Session",
    "Trust",
    "TrustSpec",
    "User",
    "UserReference",
    "UserSpec",
    "Verified",
]

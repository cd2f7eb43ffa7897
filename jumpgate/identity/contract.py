"""What a cloud offers for Keystone: one abstract class per resource, composed in `Identity`.

Who may do what is settled by policy before a method is called, so these methods answer for the whole cloud, whoever
asks. Ids of users, projects, domains, groups and roles are any text, and the same on both sides: they are what tokens
hold and every other service sees.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.ids import IdMap, Kind, Opaque
from jumpgate.common.listing import Query
from jumpgate.common.resource import Crud, Resource
from jumpgate.identity.models import (
    AccessRule,
    ApplicationCredential,
    ApplicationCredentialSpec,
    Assignment,
    AssignmentQuery,
    CatalogLink,
    Consumer,
    ConsumerSpec,
    Credential,
    CredentialSpec,
    Domain,
    DomainSpec,
    Endpoint,
    EndpointGroup,
    EndpointGroupSpec,
    EndpointSpec,
    Group,
    GroupSpec,
    Implication,
    PolicyDocument,
    PolicyDocumentSpec,
    Project,
    ProjectSpec,
    Region,
    RegionSpec,
    Role,
    RoleSpec,
    Scope,
    ServiceEntry,
    ServiceEntrySpec,
    Trust,
    TrustSpec,
    User,
    UserReference,
    UserSpec,
    Verified,
)


class Authentication(Resource):
    """Logging in. The tokens themselves are Jumpgate's own.

    While ``revision`` stays the same, a token that was valid still is, with the same roles, and is not looked up again;
    a cloud that cannot tell (None) is asked again every few seconds.
    """

    @abstractmethod
    def verify_password(self, ctx: Context, user: UserReference, password: str) -> Verified:
        """Return the user, or raise Unauthorized: unknown, disabled or expired is told from wrong by nobody.

        It takes as long for an unknown user as for a wrong password.
        """

    @abstractmethod
    def find_roles(self, ctx: Context, user_id: str, scope: Scope) -> Iterable[Role]:
        """Yield the roles that a user holds on a scope in the end: groups, inheritance and implications resolved.

        Empty where the user may not work at all. `ctx` holds the secrets of the token, if any.
        """

    def change_password(self, ctx: Context, user_id: str, original: str, new: str) -> None:
        """Let a user change the password; raise Unauthorized where `original` is wrong. Older tokens become void."""
        raise NotSupported


class Users(Crud[User, UserSpec]):
    """The accounts. Filters: domain_id, enabled, name. Deleting one ends its assignments and memberships."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.USER: Opaque()}


class Projects(Crud[Project, ProjectSpec]):
    """The projects, domains seen as projects among them. Filters: domain_id, enabled, name, parent_id, is_domain.

    ``create`` takes an existing domain and parent. ``delete`` raises Forbidden for a project that has others below it.
    """

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.PROJECT: Opaque()}

    @abstractmethod
    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Project]:
        """Yield the projects on which a user holds any role, directly, through a group or by inheritance."""


class Domains(Crud[Domain, DomainSpec]):
    """The domains. Filters: enabled, name.

    ``delete`` takes all that is in a domain with it, or raises Forbidden for one that is enabled.
    """

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.DOMAIN: Opaque()}

    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Domain]:
        """Yield the domains on which a user holds any role, directly or through a group."""
        return ()


class Groups(Crud[Group, GroupSpec]):
    """The groups and who is in them. Filters: domain_id, name."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.GROUP: Opaque()}

    @abstractmethod
    def find_users(self, ctx: Context, group_id: str) -> Iterable[User]:
        """Yield the members; raise NotFound for an unknown group."""

    @abstractmethod
    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Group]:
        """Yield the groups that a user is in; raise NotFound for an unknown user."""

    def add_user(self, ctx: Context, group_id: str, user_id: str) -> None:
        """Put a user into a group; nothing happens to a member."""
        raise NotSupported

    def remove_user(self, ctx: Context, group_id: str, user_id: str) -> None:
        """Take a user out of a group; raise NotFound for one who is not in it."""
        raise NotSupported

    def has_user(self, ctx: Context, group_id: str, user_id: str) -> bool:
        """Tell whether a user is in a group; raise NotFound where one of them is unknown."""
        return any(user.id == user_id for user in self.find_users(ctx, group_id))


class Roles(Crud[Role, RoleSpec]):
    """The roles and which implies which. Filters: name, domain_id (None: the global ones)."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.ROLE: Opaque()}

    @abstractmethod
    def find_implications(self, ctx: Context) -> Iterable[Implication]:
        """Yield the direct implications."""

    def add_implication(self, ctx: Context, implication: Implication) -> None:
        """Let a role imply another; raise NotFound, Forbidden for one that may not be implied, Conflict if it is."""
        raise NotSupported

    def remove_implication(self, ctx: Context, implication: Implication) -> None:
        """Let a role no longer imply another; raise NotFound."""
        raise NotSupported


class RoleAssignments(Resource):
    """Who holds which role where."""

    @abstractmethod
    def find(self, ctx: Context, query: AssignmentQuery) -> Iterable[Assignment]:
        """Yield the assignments that a query asks for."""

    def create(self, ctx: Context, assignment: Assignment) -> None:
        """Assign a role; nothing happens where it is already assigned. Raise NotFound for what does not exist."""
        raise NotSupported

    def delete(self, ctx: Context, assignment: Assignment) -> None:
        """Take a role away; raise NotFound where it is not assigned."""
        raise NotSupported


class Revocations(Resource):
    """The tokens that were given back before they expired."""

    @abstractmethod
    def create(self, ctx: Context, audit_id: str, until: dt.datetime) -> None:
        """Remember that the tokens with an audit id are void, `until` they have expired anyway."""

    @abstractmethod
    def are_revoked(self, ctx: Context, audit_ids: Iterable[str]) -> bool:
        """Tell whether any of the audit ids is void."""


class ApplicationCredentials(Resource):
    """Credentials that users make for their programs."""

    @abstractmethod
    def verify(self, ctx: Context, credential_id: str, secret: str) -> ApplicationCredential:
        """Return the credential whose secret this is, or raise Unauthorized, in constant time."""

    @abstractmethod
    def find(self, ctx: Context, user_id: str, query: Query) -> Iterable[ApplicationCredential]:
        """Yield a user's credentials."""

    @abstractmethod
    def get(self, ctx: Context, credential_id: str) -> ApplicationCredential:
        """Return one, or raise NotFound."""

    def create(self, ctx: Context, spec: ApplicationCredentialSpec) -> ApplicationCredential:
        """Make one and return it with its secret; raise Conflict for a name that the user has used."""
        raise NotSupported

    def delete(self, ctx: Context, credential_id: str) -> None:
        """Remove one, or raise NotFound. Its tokens become void."""
        raise NotSupported

    def find_access_rules(self, ctx: Context, user_id: str) -> Iterable[AccessRule]:
        """Yield the access rules that a user's credentials have used."""
        raise NotSupported

    def delete_access_rule(self, ctx: Context, user_id: str, rule_id: str) -> None:
        """Forget a rule, or raise NotFound, or Forbidden while a credential uses it."""
        raise NotSupported


class Credentials(Crud[Credential, CredentialSpec]):
    """Secrets that users keep for other services. They are kept so that nobody reads them off a disk.

    Filters: user_id, type. ``create`` raises Conflict for an id that is taken.
    """

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.CREDENTIAL: Opaque()}


class Regions(Crud[Region, RegionSpec]):
    """The regions that an operator has added. Filters: parent_region_id. Deleting one takes those below it along."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.CATALOG: Opaque()}


class Services(Crud[ServiceEntry, ServiceEntrySpec]):
    """The services that an operator has added to the catalog. Filters: name, type. Endpoints go with their service."""


class Endpoints(Crud[Endpoint, EndpointSpec]):
    """The addresses that an operator has added to the catalog. Filters: interface, region_id, service_id."""


class EndpointGroups(Crud[EndpointGroup, EndpointGroupSpec]):
    """The endpoint groups. Filters: name. Deleting one ends its links."""


class CatalogLinks(Resource):
    """Which endpoints the catalogs of which projects are confined to."""

    @abstractmethod
    def find(
        self,
        ctx: Context,
        *,
        project_id: str | None = None,
        endpoint_id: str | None = None,
        endpoint_group_id: str | None = None,
    ) -> Iterable[CatalogLink]:
        """Yield the links of a project, an endpoint or an endpoint group."""

    def create(self, ctx: Context, link: CatalogLink) -> None:
        """Make a link; raise Conflict where it is there already."""
        raise NotSupported

    def delete(self, ctx: Context, link: CatalogLink) -> None:
        """End a link, or raise NotFound."""
        raise NotSupported


class Policies(Crud[PolicyDocument, PolicyDocumentSpec]):
    """The documents that services keep here, to be read by them alone. Filters: type."""


class Consumers(Crud[Consumer, ConsumerSpec]):
    """The programs that are known for OAuth 1.0a. ``create`` returns the secret, nothing else ever does."""


class Trusts(Resource):
    """What users let other users do in their place. Who may, and for how much, is settled before."""

    @abstractmethod
    def find(
        self, ctx: Context, *, trustor_user_id: str | None = None, trustee_user_id: str | None = None
    ) -> Iterable[Trust]:
        """Yield the trusts, of a trustor and of a trustee where they are named; those that have expired too."""

    @abstractmethod
    def get(self, ctx: Context, trust_id: str) -> Trust:
        """Return one, even one that has expired, or raise NotFound."""

    @abstractmethod
    def consume(self, ctx: Context, trust_id: str) -> None:
        """Count one use where uses are counted; raise Unauthorized when there is none left, NotFound."""

    def create(self, ctx: Context, spec: TrustSpec) -> Trust:
        """Make one; raise NotFound for a user who does not exist."""
        raise NotSupported

    def delete(self, ctx: Context, trust_id: str) -> None:
        """End one, and those that were made from it; raise NotFound. Their tokens become void."""
        raise NotSupported


Config = Mapping[str, Mapping[str, Any]]
"""A domain's configuration: the options of the groups ``identity`` and ``ldap``, by group and option."""


class DomainConfigs(Resource):
    """What a domain's own backend is configured with. It is kept; whether anything follows it is the cloud's business.

    Methods take the options as they come, checked already; an unknown domain has none.
    """

    @abstractmethod
    def get(self, ctx: Context, domain_id: str) -> Config:
        """Return all of a domain's options, secret ones too; empty where there are none."""

    def replace(self, ctx: Context, domain_id: str, config: Config) -> None:
        """Give a domain these options and no others; empty takes all of them away. NotFound for an unknown domain."""
        raise NotSupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What one cloud offers for Keystone. None: this cloud has no such thing.

    `regions`, `services` and `endpoints` keep what is in the catalog beside the services that Jumpgate serves; without
    them the catalog can be read only.
    """

    authentication: Authentication
    users: Users
    projects: Projects
    domains: Domains
    roles: Roles
    role_assignments: RoleAssignments
    revocations: Revocations
    groups: Groups | None = None
    application_credentials: ApplicationCredentials | None = None
    credentials: Credentials | None = None
    regions: Regions | None = None
    services: Services | None = None
    endpoints: Endpoints | None = None
    endpoint_groups: EndpointGroups | None = None
    catalog_links: CatalogLinks | None = None
    policies: Policies | None = None
    consumers: Consumers | None = None
    domain_configs: DomainConfigs | None = None
    trusts: Trusts | None = None

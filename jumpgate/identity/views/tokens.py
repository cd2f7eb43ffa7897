"""Tokens and catalogs as Keystone shows them, in v3 and in v2.0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jumpgate.common.catalog import CatalogEndpoint, CatalogService
from jumpgate.common.format import iso_microseconds, iso_microseconds_z, iso_seconds_z
from jumpgate.identity.models import Domain, Project, Session, Trust

Json = dict[str, Any]


def token(session: Session, services: Iterable[CatalogService] | None) -> Json:
    """Render a token as v3 does; `services` None leaves the catalog out, as does an unscoped token."""
    payload, user = session.payload, session.user
    body: Json = {
        "methods": list(payload.methods),
        "user": {
            "domain": _domain(session.user_domain),
            "id": user.id,
            "name": user.name,
            "password_expires_at": iso_microseconds(user.password_expires_at),
        },
        "audit_ids": list(payload.audit_ids),
        "expires_at": iso_microseconds_z(payload.expires_at),
        "issued_at": iso_microseconds_z(payload.issued_at),
        **_scope(session),
    }
    if services is not None and payload.scope:
        body["catalog"] = catalog(services)
    if session.trust is not None:
        body["OS-TRUST:trust"] = _trust(session.trust)
    credential = session.application_credential
    if credential is not None:
        body["application_credential"] = {
            "id": credential.id,
            "name": credential.name,
            "restricted": not credential.unrestricted,
        }
        if credential.access_rules is not None:
            body["application_credential"]["access_rules"] = [
                {"id": rule.id, "service": rule.service, "method": rule.method, "path": rule.path}
                for rule in credential.access_rules
            ]
    return body


def _trust(trust: Trust) -> Json:
    return {
        "id": trust.id,
        "impersonation": trust.impersonation,
        "trustee_user": {"id": trust.trustee_user_id},
        "trustor_user": {"id": trust.trustor_user_id},
    }


def _domain(domain: Domain) -> Json:
    return {"id": domain.id, "name": domain.name}


def _scope(session: Session) -> Json:
    """Render what a token is for and the roles there; nothing without a scope."""
    project, domain = session.project, session.domain
    roles = [{"id": role.id, "name": role.name} for role in session.roles]
    if session.payload.scope.system:
        return {"roles": roles, "system": {"all": True}}
    if domain is None:
        return {}
    if project is None:
        return {"domain": _domain(domain), "roles": roles}
    return {
        "project": {"domain": _domain(domain), "id": project.id, "name": project.name},
        "is_domain": project.is_domain,
        "roles": roles,
    }


def catalog(services: Iterable[CatalogService]) -> list[Json]:
    """Render the catalog as v3 does: each interface is an endpoint of its own."""
    return [
        {
            "endpoints": [
                {
                    "id": endpoint.id,
                    "interface": endpoint.interface,
                    "region_id": endpoint.region,
                    "url": endpoint.url,
                    "region": endpoint.region,
                }
                for endpoint in service.endpoints
            ],
            "id": service.id,
            "type": service.type,
            "name": service.name,
        }
        for service in services
    ]


def access(token_id: str, session: Session, services: Iterable[CatalogService]) -> Json:
    """Render a token as v2.0 did."""
    payload, user = session.payload, session.user
    body: Json = {
        "issued_at": iso_microseconds(payload.issued_at),
        "expires": iso_seconds_z(payload.expires_at),
        "id": token_id,
        "audit_ids": list(payload.audit_ids),
    }
    if session.project is not None:
        body["tenant"] = tenant(session.project)
    return {
        "token": body,
        "serviceCatalog": v2_catalog(services) if session.project is not None else [],
        "user": {
            "username": user.name,
            "roles_links": [],
            "id": user.id,
            "roles": [{"name": role.name} for role in session.roles],
            "name": user.name,
        },
        "metadata": {"is_admin": 0, "roles": [role.id for role in session.roles]},
    }


def tenant(project: Project) -> Json:
    """Render a project as v2.0 did."""
    return {
        "description": project.description or None,
        "enabled": project.enabled,
        "id": project.id,
        "name": project.name,
    }


def v2_catalog(services: Iterable[CatalogService]) -> list[Json]:
    """Render the catalog as v2.0 did: one endpoint for each region, with its three URLs."""
    return [
        {
            "endpoints": [_three_urls(service, region) for region in _regions(service)],
            "endpoints_links": [],
            "type": service.type,
            "name": service.name,
        }
        for service in services
    ]


def v2_endpoints(services: Iterable[CatalogService]) -> list[Json]:
    """Render the endpoints of a token's catalog in one list."""
    return [
        {**_three_urls(service, region), "type": service.type, "name": service.name}
        for service in services
        for region in _regions(service)
    ]


def _regions(service: CatalogService) -> Sequence[str]:
    return list(dict.fromkeys(endpoint.region for endpoint in service.endpoints))


def _three_urls(service: CatalogService, region: str) -> Json:
    here = {endpoint.interface: endpoint for endpoint in service.endpoints if endpoint.region == region}
    urls = {f"{interface}URL": _v2_url(service, endpoint) for interface, endpoint in here.items()}
    return {**urls, "region": region, "id": next(iter(here.values())).id}


def _v2_url(service: CatalogService, endpoint: CatalogEndpoint) -> str:
    """Return an endpoint's URL; the clients of v2.0 do not look for the version of the identity service."""
    return f"{endpoint.url}/v2.0" if service.type == "identity" else endpoint.url

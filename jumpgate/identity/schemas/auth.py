"""The bodies of logins, in v3 and in v2.0."""

from __future__ import annotations

from typing import Any

from jumpgate.common.schema import Schema

_TEXT = {"type": "string"}
_NULLABLE = {"type": ["string", "null"]}
_NAMED = {"anyOf": [{"required": ["id"]}, {"required": ["name"]}]}

_DOMAIN: dict[str, Any] = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT}, **_NAMED}
_USER: dict[str, Any] = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT, "password": _TEXT, "domain": _DOMAIN},
    "anyOf": [{"required": ["id"]}, {"required": ["name", "domain"]}],
}
_PROJECT: dict[str, Any] = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN},
    "anyOf": [{"required": ["id"]}, {"required": ["name", "domain"]}],
}
_SCOPE: dict[str, Any] = {
    # Keystone itself calls for the word "unscoped", keystoneauth sends an object with that key.
    "type": ["object", "string"],
    "properties": {
        "project": _PROJECT,
        "domain": _DOMAIN,
        "system": {"type": "object", "properties": {"all": {"type": ["boolean", "string"]}}, "required": ["all"]},
        "OS-TRUST:trust": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
        "unscoped": {},
    },
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "pattern": "^unscoped$",
}
_METHODS: dict[str, Any] = {
    "password": {"type": "object", "properties": {"user": _USER}, "required": ["user"]},
    "token": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
    "application_credential": {
        "type": "object",
        "properties": {
            "id": _TEXT,
            "name": _TEXT,
            "secret": _TEXT,
            "user": {**_USER, "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN}},
        },
        "required": ["secret"],
        "anyOf": [{"required": ["id"]}, {"required": ["name", "user"]}],
    },
}
_IDENTITY: dict[str, Any] = {
    "type": "object",
    "properties": {"methods": {"type": "array", "items": _TEXT, "minItems": 1}, **_METHODS},
    "required": ["methods"],
    # What a method needs must be there where the method is named.
    "allOf": [
        {
            "if": {"properties": {"methods": {"type": "array", "contains": {"const": method}}}},
            "then": {"required": [method]},
        }
        for method in _METHODS
    ],
}


def _login(*required: str) -> Schema:
    auth = {
        "type": "object",
        "properties": {"identity": _IDENTITY, "scope": _SCOPE},
        "required": list(required),
    }
    return Schema({"type": "object", "properties": {"auth": auth}, "required": ["auth"]})


LOGIN = _login("identity")
# The token in the path stands for the identity.
RESCOPE = _login()

_V2_AUTH: dict[str, Any] = {
    "type": "object",
    "properties": {
        "passwordCredentials": {
            "type": "object",
            "properties": {"username": _NULLABLE, "userId": _NULLABLE, "password": _TEXT},
            "required": ["password"],
            "anyOf": [{"required": ["username"]}, {"required": ["userId"]}],
        },
        "token": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
        "tenantName": _NULLABLE,
        "tenantId": _NULLABLE,
    },
    "anyOf": [{"required": ["passwordCredentials"]}, {"required": ["token"]}],
}
V2_LOGIN = Schema({"type": "object", "properties": {"auth": _V2_AUTH}, "required": ["auth"]})

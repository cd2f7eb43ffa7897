"""How an error looks on the wire: the fault formats of the five services.

A format turns (status, message, reason) into a body and its media type. Which service uses which format is said in the
service's own ``service.py``.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import orjson

from jumpgate.common.errors import JumpgateError

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as it goes to the client."""

    status: int
    message: str
    reason: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The unusual status and headers with which one service answers a word of `jumpgate.common.errors`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = Mapping[type[JumpgateError], Answer]


def fault_of(error: JumpgateError, answers: Answers) -> Fault:
    """Return an error as the client gets it: as `answers` say for its nearest class, else as the error itself says."""
    answer = next((answers[cls] for cls in type(error).__mro__ if cls in answers), Answer(error.status))
    return Fault(answer.status, error.message, error.reason, {**error.headers, **answer.headers})


class FaultFormat(Protocol):
    """Renders a fault: returns the body and its content type. `accept` is the request's Accept header."""

    def render(self, fault: Fault, accept: str) -> tuple[bytes, str]: ...


def title(status: int) -> str:
    """Return the standard phrase of an HTTP status, "Not Found" for 404."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


AUTHENTICATION_REQUIRED = "The request you have made requires authentication."


def _titled(fault: Fault) -> bytes:
    error = {"code": fault.status, "message": fault.message, "title": title(fault.status)}
    return orjson.dumps({"error": error})


class TitledFaults:
    """Keystone's ``{"error": {"code": 404, "message": "...", "title": "Not Found"}}``."""

    def render(self, fault: Fault, accept: str) -> tuple[bytes, str]:
        return _titled(fault), JSON


class KeyedFaults:
    """Nova's and Cinder's ``{"itemNotFound": {"code": 404, "message": "..."}}``.

    The key of each status is that of ``nova.api.openstack.wsgi.Fault``; 401 comes from keystonemiddleware, which
    stands in front of every service and speaks Keystone's format.
    """

    KEYS: Mapping[int, str] = {
        400: "badRequest",
        403: "forbidden",
        404: "itemNotFound",
        405: "badMethod",
        409: "conflictingRequest",
        413: "overLimit",
        415: "badMediaType",
        429: "overLimit",
        501: "notImplemented",
        503: "serviceUnavailable",
    }

    def __init__(self, default_key: str = "computeFault") -> None:
        self._default_key = default_key

    def render(self, fault: Fault, accept: str) -> tuple[bytes, str]:
        if fault.status == 401:
            return _titled(fault), JSON
        body: dict[str, object] = {"code": fault.status, "message": fault.message}
        if "Retry-After" in fault.headers:
            body["retryAfter"] = fault.headers["Retry-After"]
        return orjson.dumps({self.KEYS.get(fault.status, self._default_key): body}), JSON


class NeutronFaults:
    """Neutron's ``{"NeutronError": {"type": "NetworkNotFound", "message": "...", "detail": ""}}``."""

    TYPES: Mapping[int, str] = {
        400: "HTTPBadRequest",
        403: "HTTPForbidden",
        404: "HTTPNotFound",
        405: "HTTPMethodNotAllowed",
        409: "HTTPConflict",
        500: "HTTPInternalServerError",
        501: "HTTPNotImplemented",
        503: "HTTPServiceUnavailable",
    }

    def render(self, fault: Fault, accept: str) -> tuple[bytes, str]:
        if fault.status == 401:
            return _titled(fault), JSON
        kind = fault.reason or self.TYPES.get(fault.status, f"HTTP{title(fault.status).replace(' ', '')}")
        return orjson.dumps({"NeutronError": {"type": kind, "message": fault.message, "detail": ""}}), JSON


class WebobFaults:
    """Glance's faults: WebOb's, HTML or JSON as the Accept header asks (``*/*`` is HTML), else plain text."""

    def render(self, fault: Fault, accept: str) -> tuple[bytes, str]:
        if fault.status == 401:
            return _titled(fault), JSON
        line = f"{fault.status} {title(fault.status)}"
        if "html" in accept or "*/*" in accept or "text/*" in accept:
            text = html.escape(fault.message, quote=False)
            page = (
                f"<html>\n <head>\n  <title>{line}</title>\n </head>\n <body>\n  <h1>{line}</h1>\n"
                f"  {text}<br /><br />\n\n\n\n </body>\n</html>"
            )
            return page.encode(), "text/html; charset=UTF-8"
        if "json" in accept:
            return orjson.dumps({"message": fault.message, "code": line, "title": title(fault.status)}), JSON
        return f"{line}\n\n{fault.message}\n\n".encode(), "text/plain; charset=UTF-8"

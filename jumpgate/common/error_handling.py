"""Answering with an error from a raw handler: ``not_found(resp, "There is no such server."); return``.

Each function sets the response's status and its body, ``{"<type>": {"code": 404, "message": "..."}}``, the form of
Nova and Cinder. The response is then complete and the handler returns. A handler of another service raises a word of
`jumpgate.common.errors` instead, which is answered in the format of the service it belongs to.
"""

from __future__ import annotations

from typing import Any

from jumpgate.common.http import Response


def bad_request(resp: Response, message: str, details: Any = None, code: int = 400) -> None:
    """Answer that the request cannot be understood or is not allowed in this form."""
    error(resp, "badRequest", message, details=details, code=code)


def unauthorized(resp: Response, message: str, details: Any = None, code: int = 401) -> None:
    """Answer that nobody has authenticated, or that the credentials are wrong."""
    error(resp, "unauthorized", message, details=details, code=code)


def not_found(resp: Response, message: str, details: Any = None, code: int = 404) -> None:
    """Answer that the thing does not exist."""
    error(resp, "notFound", message, details=details, code=code)


def duplicate(resp: Response, message: str, details: Any = None, code: int = 409) -> None:
    """Answer that the name is taken."""
    error(resp, "duplicate", message, details=details, code=code)


def compute_fault(resp: Response, message: str, details: Any = None, code: int = 500) -> None:
    """Answer that the compute service failed."""
    error(resp, "computeFault", message, details=details, code=code)


def volume_fault(resp: Response, message: str, details: Any = None, code: int = 500) -> None:
    """Answer that the block storage service failed."""
    error(resp, "volumeFault", message, details=details, code=code)


def not_implemented(resp: Response, message: str, details: Any = None, code: int = 501) -> None:
    """Answer that this cloud has no such operation."""
    error(resp, "notImplemented", message, details=details, code=code)


def error(resp: Response, error_type: str, message: str, details: Any = None, code: int = 500) -> None:
    """Answer with an error of any type. `details` is left out of the body where there are none."""
    content = {"code": code, "message": message}
    if details:
        content["details"] = details
    resp.status = code
    resp.body = {error_type: content}

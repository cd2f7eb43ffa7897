"""Asking each endpoint that can be read without knowing an id, over HTTP, in process."""

from __future__ import annotations

from collections.abc import Iterator

from jumpgate.check.finding import REFUSED, WORKS, WRONG, Finding
from jumpgate.check.login import Session
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.endpoints import Endpoint, fields, fill

_REFUSALS = frozenset({501, 503})


def read(session: Session, disp: Dispatcher) -> Iterator[Finding]:
    """Yield what each endpoint of a service answers to GET."""
    for endpoint in disp:
        path = _path(endpoint, session.project_id)
        handler = disp.get_handler(endpoint.name)
        answers = hasattr(handler, "on_get") if handler is not None else disp.fallback is not None
        if path is not None and answers:
            yield from _asked(session, disp, endpoint, path)


def _path(endpoint: Endpoint, project_id: str | None) -> str | None:
    """Return a path of an endpoint that needs no id but the project's, None where each does."""
    known = {"tenant_id": project_id} if project_id else {}
    for template in endpoint.templates:
        if all(field in known for field in fields(template)):
            return fill(template, known) or "/"
    return None


def _asked(session: Session, disp: Dispatcher, endpoint: Endpoint, path: str) -> Iterator[Finding]:
    """Ask at the lowest microversion, and at the newest for what only that has. What OpenStack itself has given up
    (410) is no finding."""
    answer = session.request(disp, "GET", path)
    if answer.status_code == 404:
        answer = session.request(disp, "GET", path, newest=True)
    status = answer.status_code
    if status == 410:
        return
    verdict = WORKS if status < 400 else WRONG if status >= 500 and status not in _REFUSALS else REFUSED
    detail = "" if verdict == WORKS else f"{status} {' '.join(answer.text.split())[:160]}"
    yield Finding(
        service=disp.service.name,
        region=disp.region,
        subject=f"GET {path} ({endpoint.name})",
        verdict=verdict,
        detail=detail,
    )

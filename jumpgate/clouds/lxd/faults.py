"""What LXD's errors mean: a table from its HTTP statuses and texts to the words of `jumpgate.common.errors`.

LXD answers many different refusals with 400 or 500, and an operation that failed has a text alone: texts count first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

from jumpgate.clouds.lxd.sdk import ClientConnectionFailed, LXDAPIException
from jumpgate.common.errors import (
    BadRequest,
    CloudError,
    CloudTimeout,
    CloudUnreachable,
    Conflict,
    Forbidden,
    JumpgateError,
    NotFound,
    OverQuota,
)


class Stranger(CloudUnreachable):
    """LXD does not trust the certificate that Jumpgate shows."""

    def __init__(self, message: str = "") -> None:
        super().__init__("LXD does not trust Jumpgate's client_cert: `lxc config trust add` makes it known there.")


class Lost(CloudError):
    """LXD was restarted while it worked on an operation, or has forgotten the operation, which it soon does."""


class Absent(CloudUnreachable):
    """The member of the cluster that has the thing is down."""

    def __init__(self, message: str = "") -> None:
        super().__init__("The member of LXD's cluster that this is on does not answer; try again later.")


class Incomplete(CloudUnreachable):
    """Some member of the cluster is down, and the change is one of all members."""

    def __init__(self, message: str = "") -> None:
        super().__init__("LXD changes networks only while all members of its cluster are up; try again later.")


class FilesUnreachable(CloudUnreachable):
    """The process by which LXD reads and writes an instance's files ended when it was asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__("LXD does not get at the instance's files at the moment; try again later.")


class FullDisk(OverQuota):
    """There is no room for LXD's own notes of an instance, which it writes beside what the guest writes."""

    def __init__(self, message: str = "") -> None:
        super().__init__("The disk is full, and LXD can change nothing of it: make room in the guest first.")


# Tried in order.
TEXTS: tuple[tuple[re.Pattern[str], type[JumpgateError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"^not authorized$", Stranger),
        (r"forkfile\.sock", FilesUnreachable),
        (r"missing event connection|unable to connect to", Absent),
        (r"peer \w+ \S+ is down", Incomplete),
        (r"daemon is shutting down|not ready|database is locked|driver: bad connection", CloudUnreachable),
        (r"(instance|image|network|volume|project|pool|profile|operation|acl|forward)s? .*not found", NotFound),
        (r"is not supported on this server", BadRequest),
        (r"no such object|doesn't exist|does not exist", NotFound),
        (r"backup.*disk quota exceeded", FullDisk),
        (r"reached maximum|project.*limit|disk quota exceeded|no space left", OverQuota),
        (r"already (exists|in use|running|stopped|defined|been)|in use|currently (running|used)", Conflict),
        (r"more than one disk device uses the same path", Conflict),
        (r"is busy|matching non-reusable", Conflict),
        (r"(is|isn't|not) running|is frozen|isn't frozen|already frozen|precondition|etag", Conflict),
    )
)
# What says that LXD does something else with the same thing, and that the same call may be taken a moment later.
BUSY = re.compile(r"is busy|matching non-reusable", re.IGNORECASE)
STATUSES: Mapping[int, type[JumpgateError]] = {
    400: BadRequest,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    423: Conflict,
    502: CloudUnreachable,
    503: CloudUnreachable,
}


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what the client library raises inside into a word of Jumpgate's, the cause kept; `what` names the call."""
    try:
        yield
    except LXDAPIException as error:
        raise word(str(error), what, status=error.response.status_code) from error
    except requests.ReadTimeout as error:
        # Who only reads may ask again; of what was to be changed nobody knows whether it is.
        late = CloudUnreachable if what.startswith("GET ") else CloudTimeout
        raise late(f"LXD did not answer {what} in time.") from error
    except (ClientConnectionFailed, requests.RequestException, OSError) as error:
        raise CloudUnreachable(_silence(error)) from error
    except ValueError as error:
        raise CloudError(f"LXD's answer to {what} cannot be used.") from error


def _silence(error: Exception) -> str:
    """Say why there is no answer from LXD."""
    if "ingerprints did not match" in str(error):
        return "LXD's certificate is not the one of server_cert."
    return "LXD does not answer; try again later."


def word(text: str, what: str, *, status: int | None = None) -> JumpgateError:
    """Return the error that a refusal means; `status` is None for an operation that failed after it was taken."""
    by_text = next((kind for pattern, kind in TEXTS if pattern.search(text)), None)
    kind = by_text or STATUSES.get(status or 0)
    return kind(sentence(text)) if kind is not None else CloudError(f"LXD failed at {what}: {sentence(text)}")


def sentence(text: str) -> str:
    """Return LXD's text with the full stop that it lacks."""
    stripped = text.strip() or "LXD refused the request without saying why."
    return stripped if stripped[-1] in ".!?" else f"{stripped}."

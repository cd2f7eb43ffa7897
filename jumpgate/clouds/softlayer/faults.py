"""What SoftLayer's faults mean: a table from its fault codes and texts to the words of `jumpgate.common.errors`.

The codes are strings (``SoftLayer_Exception_ObjectNotFound``) or, where the transport made them, HTTP statuses. Many
different refusals share ``SoftLayer_Exception`` and ``SoftLayer_Exception_Public``, and only their text tells them
apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from xml.parsers.expat import ExpatError

import requests

from jumpgate.clouds.softlayer.sdk import SoftLayerAPIError, SoftLayerError, TransportError
from jumpgate.common.errors import (
    BadRequest,
    CloudError,
    CloudTimeout,
    CloudUnreachable,
    Conflict,
    Forbidden,
    JumpgateError,
    NotFound,
    NotSupported,
    OverQuota,
    RateLimited,
    Unauthorized,
)

# The faults whose text is worth more than their code, tried in order.
TEXTS: tuple[tuple[re.Pattern[str], type[JumpgateError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"invalid api token|access denied|invalid login|not authenticated", Unauthorized),
        (r"rate limit", RateLimited),
        (r"unable to find object|does not exist|not find", NotFound),
        (r"permission|not authorized", Forbidden),
        (r"maximum|exceeds? (your|the) .*(limit|quota)|limit reached", OverQuota),
        (r"active transaction|already|in use|not (currently )?(available|running|halted|paused)|must be", Conflict),
    )
)

CODES: Mapping[str, type[JumpgateError]] = {
    "401": Unauthorized,
    "403": Forbidden,
    "404": NotSupported,
    "429": RateLimited,
    "Client": BadRequest,
    "SoftLayer_Exception_AccessDenied": Forbidden,
    "SoftLayer_Exception_ActiveTransaction": Conflict,
    "SoftLayer_Exception_InvalidLegacyToken": Unauthorized,
    "SoftLayer_Exception_InvalidParameters": BadRequest,
    "SoftLayer_Exception_InvalidValue": BadRequest,
    "SoftLayer_Exception_MissingCreationProperty": BadRequest,
    "SoftLayer_Exception_NotFound": NotFound,
    "SoftLayer_Exception_NotReady": Conflict,
    "SoftLayer_Exception_ObjectNotFound": NotFound,
    "SoftLayer_Exception_Order_InvalidLocation": BadRequest,
    "SoftLayer_Exception_Order_Item_Invalid": BadRequest,
    "SoftLayer_Exception_PermissionDenied": Forbidden,
    "SoftLayer_Exception_WebService_RateLimitExceeded": RateLimited,
}
# Prefixes of codes; the families that are not worth listing one by one.
FAMILIES: tuple[tuple[str, type[JumpgateError]], ...] = (
    ("SoftLayer_Exception_Order", BadRequest),
    ("SoftLayer_Exception_User_Customer", Unauthorized),
)
_PUBLIC = ("SoftLayer_Exception", "SoftLayer_Exception_Public")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what the SDK raises inside into a word of Jumpgate's, the cause kept; `what` names the call."""
    try:
        yield
    except OverflowError as error:
        # XML-RPC has integers of 32 bits, and so have SoftLayer's objects.
        raise NotFound("Nothing in SoftLayer has so large a number.") from error
    except SoftLayerAPIError as error:
        raise word(error, what) from error
    except SoftLayerError as error:
        # The SDK's managers raise the bare class for what they do not order; what cannot be read is one of its own.
        if type(error) is SoftLayerError:
            raise BadRequest(_sentence(str(error))) from error
        raise CloudError(f"SoftLayer's answer to {what} cannot be used ({type(error).__name__}).") from error
    except (ExpatError, requests.RequestException) as error:
        raise CloudError(f"SoftLayer's answer to {what} cannot be used ({type(error).__name__}).") from error
    except ValueError as error:
        # The SDK's managers say so that nothing is sold of this size or in this place.
        raise BadRequest(_sentence(str(error))) from error


def word(error: SoftLayerAPIError, what: str) -> JumpgateError:
    """Return the error that a fault means."""
    text = str(error.faultString)
    if isinstance(error, TransportError):
        return _transport(error, what)
    code = str(error.faultCode)
    kind = CODES.get(code) or _by_text(text, code) or _by_family(code)
    if kind is None:
        return CloudError(f"SoftLayer failed at {what}: {text}")
    return kind(_sentence(text))


def _by_text(text: str, code: str) -> type[JumpgateError] | None:
    found = next((kind for pattern, kind in TEXTS if pattern.search(text)), None)
    return found or (BadRequest if code in _PUBLIC else None)


def _by_family(code: str) -> type[JumpgateError] | None:
    return next((kind for prefix, kind in FAMILIES if code.startswith(prefix)), None)


def _transport(error: TransportError, what: str) -> JumpgateError:
    """Return what a failure below XML-RPC means: the SDK gives the HTTP status, or 0 where there was no answer."""
    if isinstance(error.__context__, requests.ReadTimeout):
        return CloudTimeout(f"SoftLayer did not answer {what} in time.")
    status = str(error.faultCode)
    if status == "429":
        return RateLimited("SoftLayer asks to slow down.", retry_after_s=_retry_after(error))
    if status == "401":
        return Unauthorized("SoftLayer does not accept the user name and API key.")
    if status in ("0", "502", "503", "504"):
        return CloudUnreachable("SoftLayer's API does not answer; try again later.")
    return CloudError(f"SoftLayer's API answered {what} with HTTP status {status}.")


def _retry_after(error: TransportError) -> int:
    cause = error.__context__
    response = cause.response if isinstance(cause, requests.HTTPError) else None
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return int(text) if text.isdigit() else 1


def _sentence(text: str) -> str:
    stripped = text.strip() or "SoftLayer refused the request without saying why."
    return stripped if stripped[-1] in ".!?" else f"{stripped}."

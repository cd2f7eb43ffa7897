"""The words in which a driver says that something went wrong; each service renders them in its own fault format.

| word | status | | word | status |
|---|---|---|---|---|
| BadRequest | 400 | | RateLimited | 429, with Retry-After |
| Unauthorized | 401 | | NotSupported | 501 |
| Forbidden, OverQuota | 403 | | CloudError | 502 |
| NotFound | 404 | | CloudUnreachable | 503 |
| Conflict | 409 | | CloudTimeout | 504 |
| | | | anything else | 500 |

The remaining classes are raised by Jumpgate itself while it reads a request; a driver has no use for them.
"""

from __future__ import annotations

from typing import ClassVar


class JumpgateError(Exception):
    """A problem with a known answer. The message is shown to the client and says what to change."""

    status: ClassVar[int] = 500

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        """`reason` is the service's own name for the error where its fault format has one (Neutron's ``type``)."""
        super().__init__(message)
        self.message = message
        self.reason = reason

    @property
    def headers(self) -> dict[str, str]:
        """The response headers that belong to this error."""
        return {}


class BadRequest(JumpgateError):
    """The request cannot be understood or is not allowed in this form."""

    status = 400


class Unauthorized(JumpgateError):
    """Nobody has authenticated, or the credentials are wrong."""

    status = 401


class Forbidden(JumpgateError):
    """The caller is known and may not do this."""

    status = 403


class OverQuota(Forbidden):
    """The project has used up what it may have; the message names the resource, the request and the limit."""


class NotFound(JumpgateError):
    """The thing does not exist, or belongs to somebody else, which a caller cannot tell apart."""

    status = 404


class Conflict(JumpgateError):
    """The thing is in a state that does not allow this, or a name is taken."""

    status = 409


class NoFreeAddress(Conflict):
    """A network or subnet has no address left."""


class RateLimited(JumpgateError):
    """The cloud asks to slow down."""

    status = 429

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_s)}


class NotSupported(JumpgateError):
    """This cloud has no such operation. It is what a contract method that a driver does not override raises."""

    status = 501

    def __init__(self, message: str = "This cloud does not support the operation.") -> None:
        super().__init__(message)


class CloudError(JumpgateError):
    """The cloud behind the driver failed or answered something that nobody can use."""

    status = 502


class CloudUnreachable(JumpgateError):
    """The cloud behind the driver does not answer. Without `retry_after_s` a client is not told to try again."""

    status = 503

    def __init__(self, message: str, *, retry_after_s: int | None = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


class CloudTimeout(JumpgateError):
    """The cloud took a request and did not answer in time, so nobody knows whether it did the work."""

    status = 504


class MethodNotAllowed(JumpgateError):
    """The endpoint exists and does not take this HTTP method."""

    status = 405


class NotAcceptable(JumpgateError):
    """The client asks for a microversion that is not served."""

    status = 406


class RequestTimeout(JumpgateError):
    """The request did not come in time."""

    status = 408


class Gone(JumpgateError):
    """The operation existed once and no longer does (Nova's ``410``)."""

    status = 410


class TooLarge(JumpgateError):
    """The request body is larger than the service takes."""

    status = 413


class UnsupportedMediaType(JumpgateError):
    """The request body is in a format that the endpoint does not read."""

    status = 415


class RangeNotSatisfiable(JumpgateError):
    """The byte range lies outside the data."""

    status = 416


class ConfigError(Exception):
    """`jumpgate.conf`, an option or a driver's module is wrong. The message is one line and says what to change."""


class WrongDriver(ConfigError):
    """A driver's class breaks a rule of its contract. The message names the class, the method and the rule."""

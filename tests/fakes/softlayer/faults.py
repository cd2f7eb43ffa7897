"""The faults that SoftLayer answers with."""

from __future__ import annotations

from xmlrpc.client import Fault


class Refusal(Fault):
    """A fault with a code that is text, as all of SoftLayer's are."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)  # type: ignore[arg-type]


def invalid(text: str) -> Refusal:
    return Refusal("SoftLayer_Exception_Public", text)


def not_found(identifier: object) -> Refusal:
    return Refusal("SoftLayer_Exception_ObjectNotFound", f"Unable to find object with id of '{identifier}'.")


def bad_key() -> Refusal:
    return Refusal("SoftLayer_Exception", "Invalid API token.")


def forbidden(what: str) -> Refusal:
    return Refusal("SoftLayer_Exception_PermissionDenied", f"You do not have permission to {what}.")


def busy() -> Refusal:
    return Refusal(
        "SoftLayer_Exception_Public",
        "This action is not allowed because the virtual guest has an active transaction.",
    )


def missing(name: str) -> Refusal:
    return Refusal("SoftLayer_Exception_MissingCreationProperty", f"Property '{name}' must be set to create an object.")


def rate_limited() -> Refusal:
    return Refusal("SoftLayer_Exception_WebService_RateLimitExceeded", "API call rate limit exceeded.")


def no_method(service: str, method: str) -> Refusal:
    return Refusal("Client", f'Function ("{method}") is not a valid method for this service ({service}).')


def broken() -> Refusal:
    return Refusal("Server", "An internal error has occurred.")

"""Microversions: how a client asks for one, what is answered, and how tables are cut to one.

Source: the API guide's "Microversions" and the API SIG's "Microversion Specification".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from jumpgate.common.errors import BadRequest, NotAcceptable

_FORM = re.compile(r"([1-9]\d*)\.([1-9]\d*|0)")


class Microversion(NamedTuple):
    """A microversion, ordered: 2.9 comes before 2.10."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @classmethod
    def parse(cls, text: str) -> Microversion:
        """Read "2.53"; raise BadRequest for anything else."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise BadRequest(
                f"API Version String '{text}' is of invalid format. It must be of format 'MajorNum.MinorNum'."
            )
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class Microversions:
    """The range that one service serves and the headers that choose in it.

    `service_type` is the word in ``OpenStack-API-Version: compute 2.53``; `legacy_header` a header that carries the
    number alone (``X-OpenStack-Nova-API-Version``); `root` the path below which versions are negotiated. Older APIs of
    the same service (``/v2``) always get `older`, the minimum where that is None.
    """

    service_type: str
    minimum: Microversion
    maximum: Microversion
    root: str
    legacy_header: str | None = None
    older: Microversion | None = None

    def applies_to(self, template: str) -> bool:
        """Tell whether the path template belongs to the API that is versioned."""
        return template == self.root or template.startswith(self.root + "/")

    def negotiate(self, header: Callable[[str], str | None]) -> Microversion:
        """Return the version a request asks for, the minimum if it does not say; raise BadRequest or NotAcceptable."""
        version = self.asked(header)
        self.require(version)
        return version

    def asked(self, header: Callable[[str], str | None]) -> Microversion:
        """Return the version a request asks for, served or not, the minimum if it does not say; raise BadRequest."""
        wanted = self._wanted(header)
        if wanted is None:
            return self.minimum
        return self.maximum if wanted == "latest" else Microversion.parse(wanted)

    def require(self, version: Microversion) -> None:
        """Raise NotAcceptable for a version that is not served."""
        if not self.minimum <= version <= self.maximum:
            raise NotAcceptable(
                f"Version {version} is not supported by the API. "
                f"Minimum is {self.minimum} and maximum is {self.maximum}."
            )

    def _wanted(self, header: Callable[[str], str | None]) -> str | None:
        text = header("OpenStack-API-Version")
        for item in text.split(",") if text else ():
            service, _, version = item.strip().partition(" ")
            if service.lower() == self.service_type and version:
                return version.strip()
        return header(self.legacy_header) if self.legacy_header else None

    def headers(self, version: Microversion) -> Mapping[str, str]:
        """Return the response headers that tell which version was used."""
        return _headers(self.service_type, self.legacy_header, version)


@functools.lru_cache(maxsize=512)
def _headers(service_type: str, legacy_header: str | None, version: Microversion) -> Mapping[str, str]:
    answer = {"OpenStack-API-Version": f"{service_type} {version}", "Vary": "OpenStack-API-Version"}
    if legacy_header:
        answer[legacy_header] = str(version)
        answer["Vary"] = f"OpenStack-API-Version, {legacy_header}"
    return answer


def in_window(version: Microversion | None, since: Microversion | None, until: Microversion | None) -> bool:
    """Tell whether `version` lies in ``[since, until]``; a service without microversions serves everything current."""
    if version is None:
        return until is None
    return (since is None or since <= version) and (until is None or version <= until)

"""The request and response that handlers see: Falcon's, with the guide's ``resp.body`` and a bounded ``req.stream``."""

from __future__ import annotations

from typing import Any

import falcon
import falcon.media
import orjson


class _Unreadable:
    """Stands in for a body whose end the WSGI server does not tell: it sent no length and decodes no chunks."""

    def read(self, size: int | None = None) -> bytes:
        raise falcon.HTTPLengthRequired(description="Send the body with a Content-Length.")


class Request(falcon.Request):
    """Falcon's request, whose stream ends where the body ends under every WSGI server."""

    def __init__(self, env: dict[str, Any], options: falcon.RequestOptions | None = None) -> None:
        super().__init__(env, options=options)
        if "HTTP_TRANSFER_ENCODING" not in env:
            self.stream = self.bounded_stream
        elif not env.get("wsgi.input_terminated"):
            self.stream = _Unreadable()

    @property
    def tenant_id(self) -> str | None:
        """The project that URLs of this request are made for: ``env["tenant_id"]``, else the one in its path."""
        tenant: str | None = self.env.get("tenant_id")
        return tenant


class Response(falcon.Response):
    """Falcon's response with the one attribute that the guide's drivers assign: `body`.

    A str or bytes is sent as it is, None sends nothing, anything else (a dict, as a rule) is JSON-encoded.
    `typeless` leaves the Content-Type away where nobody has set one, instead of saying application/json.
    """

    typeless = False

    @property
    def body(self) -> Any:
        for content in (self.text, self.data, self.media):
            if content is not None:
                return content
        return None

    @body.setter
    def body(self, value: Any) -> None:
        self.text = self.data = self.media = None
        self._drop_stream()
        if isinstance(value, str):
            self.text = value
        elif isinstance(value, bytes):
            self.data = value
        else:
            self.media = value

    def _drop_stream(self) -> None:
        """Let go of a stream that the new body takes the place of, with the length that belonged to it."""
        stream, self.stream = self.stream, None
        if stream is not None:
            self.delete_header("Content-Length")
            getattr(stream, "close", lambda: None)()

    def encode(self) -> None:
        """Turn a body that is JSON into bytes; raise TypeError for what has no JSON form."""
        if self.media is not None:
            self.data, self.media = dumps(self.media), None

    def _wsgi_headers(self, media_type: str | None = None) -> list[tuple[str, str]]:
        return super()._wsgi_headers(None if self.typeless else media_type)


def _encode_other(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dumps(value: object) -> bytes:
    """Encode as JSON. Beyond the standard types: dataclasses, datetimes, UUIDs, enums, sets and integer keys."""
    return orjson.dumps(value, default=_encode_other, option=orjson.OPT_NON_STR_KEYS)


def json_handlers() -> falcon.media.Handlers:
    """Return Falcon's media handlers with `dumps` as the JSON encoder."""
    handler = falcon.media.JSONHandler(dumps=dumps, loads=orjson.loads)
    return falcon.media.Handlers({falcon.MEDIA_JSON: handler})

"""Takes in the body of a request, as far as it may be large, and has it decoded."""

from __future__ import annotations

import re

from starlette.requests import Request

from drakkar.apiserver import beside, errors
from drakkar.apiserver.wire.body import JSON, LARGEST, Body, cost, decode

_PARAMETER = re.compile(r"\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*=\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+|\"[^\"]*\")\s*")


def media_type(request: Request) -> str:
    """The body's media type without parameters; JSON when the client names none. Nothing where a parameter is none."""
    media, *parameters = request.headers.get("content-type", JSON).split(";")
    if parameters and not parameters[-1].strip():
        del parameters[-1]
    if not all(_PARAMETER.fullmatch(one) for one in parameters):
        return ""
    return media.strip().lower() or JSON


async def read(request: Request, accepted: tuple[str, ...]) -> Body:
    """The body, decoded; raises StatusError 400, 413 or 415."""
    media = media_type(request)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST:
            raise errors.StatusError(413, "RequestEntityTooLarge", f"limit is {LARGEST}")
    if media not in accepted:
        if not raw and JSON in accepted:
            return Body(media, None)
        raise errors.unsupported_media_type(request.method, media)
    return await beside.call(cost(media, len(raw)), decode, media, bytes(raw))

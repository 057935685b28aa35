"""Asks clients for a certificate and takes whichever they show, to be told of later whether it is good.

A handshake that fails says nothing a client could understand; Kubernetes answers 401. Python's `ssl` can only fail the
handshake, so the callback that decides is set in OpenSSL itself, and its verdict read there again. Where this is not
to be had (another Python, OpenSSL built in without its names) a bad certificate still fails the handshake.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import ssl
import sys
from typing import Any

from drakkar.apiserver.access.authentication import Peer

_VERIFY_PEER = 1
# Where CPython keeps OpenSSL's own object: first in a context, after one reference in a connection.
_HEAD = object.__basicsize__
_POINTER = ctypes.sizeof(ctypes.c_void_p)
_NAMES = (
    "SSL_CTX_get_verify_mode",
    "SSL_CTX_set_verify",
    "SSL_get_SSL_CTX",
    "SSL_get_verify_result",
    "X509_verify_cert_error_string",
)
_Decision = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


# Kept for as long as the process lives, because OpenSSL only has its address.
_GO_ON = _Decision(lambda verified, context: 1)


@functools.cache
def _openssl() -> Any:
    """The OpenSSL that `ssl` itself uses, or None."""
    if sys.implementation.name != "cpython":
        return None
    import _ssl

    library = ctypes.CDLL(getattr(_ssl, "__file__", None))
    if not all(hasattr(library, name) for name in _NAMES):
        return None
    library.SSL_CTX_set_verify.argtypes = [ctypes.c_void_p, ctypes.c_int, _Decision]
    library.SSL_CTX_set_verify.restype = None
    library.SSL_CTX_get_verify_mode.argtypes = [ctypes.c_void_p]
    library.SSL_get_SSL_CTX.argtypes = [ctypes.c_void_p]
    library.SSL_get_SSL_CTX.restype = ctypes.c_void_p
    library.SSL_get_verify_result.argtypes = [ctypes.c_void_p]
    library.SSL_get_verify_result.restype = ctypes.c_long
    library.X509_verify_cert_error_string.argtypes = [ctypes.c_long]
    library.X509_verify_cert_error_string.restype = ctypes.c_char_p
    return library


def _inside(obj: object, offset: int) -> int:
    return ctypes.c_void_p.from_address(id(obj) + offset).value or 0


def ask(context: ssl.SSLContext) -> None:
    """Have a server's context ask for a certificate and go on with any; or with good ones only, see above."""
    context.verify_mode = ssl.CERT_OPTIONAL
    library = _openssl()
    if library is None:
        return
    inner = _inside(context, _HEAD)
    if inner and library.SSL_CTX_get_verify_mode(inner) == _VERIFY_PEER:
        library.SSL_CTX_set_verify(inner, _VERIFY_PEER, _GO_ON)


def peer(connection: ssl.SSLObject) -> Peer | None:
    """The certificate that the other side of a connection showed, and whether OpenSSL finds it good."""
    try:
        encoded = connection.getpeercert(binary_form=True)
        if not encoded:
            return None
        shown: dict[str, Any] = connection.getpeercert() or {}
    except (ssl.SSLError, ValueError) as failure:
        return Peer((), "", f"the client's certificate cannot be read: {failure}")
    return Peer(shown.get("subject", ()), hashlib.sha256(encoded).hexdigest(), _problem(connection))


def _problem(connection: ssl.SSLObject) -> str:
    library = _openssl()
    if library is None:
        # Such a connection would not have come this far with a bad one.
        return ""
    inner = _inside(connection._sslobj, _HEAD + _POINTER)  # type: ignore[attr-defined]
    if not inner or library.SSL_get_SSL_CTX(inner) != _inside(connection.context, _HEAD):
        return "this Python does not tell whether the client's certificate is good"
    code = library.SSL_get_verify_result(inner)
    if code == 0:
        return ""
    return (
        f"verifying the client's certificate failed: {library.X509_verify_cert_error_string(code).decode()}"
    )

"""Shopify's signature: base64 of the HMAC-SHA-256 of the raw body, keyed with the app's client secret.

It covers the body only: a shop's name in a header proves nothing, so the secret must be that shop's own.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable


def sign(secret: bytes, body: bytes) -> bytes:
    """What `X-Shopify-Hmac-Sha256` should say."""
    return b64encode(hmac.digest(secret, body, "sha256"))


def is_signed(body: bytes, signature: bytes, secrets: Iterable[bytes]) -> bool:
    """Whether any of `secrets` made `signature`; compared in constant time, each of them."""
    good = False
    for secret in secrets:
        good |= hmac.compare_digest(sign(secret, body), signature)
    return good

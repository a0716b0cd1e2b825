"""Signatures as Shopify makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhook_gateway.signature import is_signed, sign

VECTORS = Path(__file__).parents[4] / "shared" / "reference" / "shopify" / "hmac-vectors.json"


def vectors(kind: str) -> list[dict[str, Any]]:
    if not VECTORS.exists():
        pytest.skip("left out: the reference vectors are not at hand (../shared/reference)")
    return [each for each in json.loads(VECTORS.read_text()) if each["kind"] == kind]


def test_published_signatures_are_accepted_and_made_alike() -> None:
    good = vectors("webhook_b64")
    assert good
    for each in good:
        secret, message, expected = each["secret"].encode(), each["message"].encode(), each["expected"].encode()
        assert is_signed(message, expected, [secret])
        assert is_signed(message, expected, [b"another", secret])
        assert not is_signed(message, expected, [b"another"])
        assert sign(secret, message) == expected


def test_published_forgeries_are_refused() -> None:
    bad = vectors("webhook_b64_negative")
    assert bad
    for each in bad:
        assert not is_signed(each["message"].encode(), each["expected"].encode(), [each["secret"].encode()])


@given(body=st.binary(min_size=1, max_size=200), position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_body_is_noticed(body: bytes, position: int, bit: int) -> None:
    changed = bytearray(body)
    changed[position % len(body)] ^= 1 << bit
    assert is_signed(body, sign(b"hush", body), [b"hush"])
    assert not is_signed(bytes(changed), sign(b"hush", body), [b"hush"])


@given(signature=st.binary(max_size=60))
def test_no_made_up_signature_is_accepted_or_breaks_anything(signature: bytes) -> None:
    assert not is_signed(b"body", signature, [b"hush"])


def test_without_secrets_nothing_is_signed() -> None:
    assert not is_signed(b"body", sign(b"", b"body"), [])

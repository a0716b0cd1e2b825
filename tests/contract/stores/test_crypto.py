"""The key of the stores' secrets: a missing or bad one is told with the way to make one."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from libs.common.errors import ConfigurationError
from libs.common.stores.crypto import Crypto


@pytest.mark.parametrize("keys", [None, "", "  ", ",", "short", "é" * 44])
def test_without_a_usable_key_nothing_starts(keys: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"TANDEM_SECRET_KEY.*Fernet\.generate_key"):
        Crypto.from_keys(keys)


def test_every_bad_key_is_named_and_none_is_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Crypto.from_keys(f"bad-one,{Fernet.generate_key().decode()},bad-two")
    assert [problem.partition(" of ")[0] for problem in caught.value.problems] == ["key 1", "key 3"]
    assert "bad-" not in str(caught.value)


def test_what_is_encrypted_is_read_again_and_differs_each_time() -> None:
    crypto = Crypto.from_keys(Fernet.generate_key().decode())
    first, second = crypto.encrypt("geheim ü"), crypto.encrypt("geheim ü")
    assert first != second
    assert (crypto.decrypt(first), crypto.decrypt(second)) == ("geheim ü", "geheim ü")


def test_a_changed_cipher_text_is_refused() -> None:
    crypto = Crypto.from_keys(Fernet.generate_key().decode())
    token = crypto.encrypt("secret")
    with pytest.raises(ConfigurationError):
        crypto.decrypt(token[:20] + ("A" if token[20] != "A" else "B") + token[21:])

"""Secrets at rest: Fernet (AES-128-CBC with HMAC-SHA-256), keys from the environment.

Several keys may be given, parted by commas: the first encrypts, all decrypt. To rotate, put the new key in
front, save each store once, then take the old key away.
"""

from __future__ import annotations

from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from libs.common.errors import ConfigurationError

VARIABLE = "TANDEM_SECRET_KEY"

HOW_TO_MAKE_ONE = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'

UNREADABLE = (
    f"A stored secret cannot be read with {VARIABLE}: give the key it was encrypted with "
    "(after the new one and a comma, when the key was changed)."
)


class Crypto:
    """Encrypts and decrypts short texts; the cipher text is ASCII."""

    def __init__(self, fernet: MultiFernet) -> None:
        self._fernet = fernet

    @classmethod
    def from_keys(cls, keys: str | None) -> Self:
        """`keys` is the value of `TANDEM_SECRET_KEY`. Raises `ConfigurationError` naming how to make one."""
        given = [key.strip() for key in (keys or "").split(",") if key.strip()]
        if not given:
            raise ConfigurationError(
                [f"{VARIABLE} is not set: the secrets of the stores are encrypted with it. Make one: {HOW_TO_MAKE_ONE}"]
            )
        fernets, problems = [], []
        for number, key in enumerate(given, start=1):
            try:
                fernets.append(Fernet(key))
            except ValueError:
                which = f"key {number} of {VARIABLE}" if len(given) > 1 else VARIABLE
                problems.append(
                    f"{which} is no key: it takes 32 bytes in URL-safe base64 (44 characters). "
                    f"Make one: {HOW_TO_MAKE_ONE}"
                )
        if problems:
            raise ConfigurationError(problems)
        return cls(MultiFernet(fernets))

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Raises `ConfigurationError` when none of the keys made it, or it was tampered with."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise ConfigurationError([UNREADABLE]) from None

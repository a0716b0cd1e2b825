"""What can go wrong, and what to do about it: the class says which.

    TandemError
    ├── ConfigurationError      the operator must change a setting; nothing starts before that
    ├── LedgerUnavailable       the ledger cannot be reached; nothing was acknowledged
    ├── BrokerUnavailable       a message could not be handed over; the sweeper will
    └── Failure                 a record could not be synced
        ├── Transient           again after a back-off; held after the last attempt
        ├── RateLimited         again when the other side says; not counted as an attempt
        ├── Outage              that side of that store is down; its breaker opens; not counted
        │   └── CredentialsRefused   likewise, until somebody renews the key
        ├── Ambiguous           the outcome is unknown; looked up before it is done again
        ├── Rejected            held at once, with the other side's words
        └── NeedsFirst          waits for the record it names

A failure carries `side` (`shopify` or `odoo`), so that a breaker knows what to open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["shopify", "odoo"]


class TandemError(Exception):
    """Base of every error this project raises on purpose."""


class ConfigurationError(TandemError):
    """Settings that cannot work; `problems` lists all of them, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class LedgerUnavailable(TandemError):
    """MongoDB did not take or give what was asked in time."""


class BrokerUnavailable(TandemError):
    """RabbitMQ did not confirm in time; what was not sent is the sweeper's."""


@dataclass(eq=False)
class Failure(TandemError):
    """A record could not be synced: what happened, and what a person can do."""

    message: str
    side: Side | None = None
    code: str = "failed"
    hint: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def __str__(self) -> str:
        where = f"{self.side}: " if self.side else ""
        return f"{where}{self.message}" + (f" ({self.hint})" if self.hint else "")


@dataclass(eq=False)
class Transient(Failure):
    """May well work the next time: a reset connection, a 502, a lost race."""

    code: str = "transient"


@dataclass(eq=False)
class RateLimited(Failure):
    """The other side asks for patience: `after_seconds` from now."""

    code: str = "rate_limited"
    after_seconds: float = 1.0


@dataclass(eq=False)
class Outage(Failure):
    """The other side is down as a whole; no single record is to blame."""

    code: str = "outage"


@dataclass(eq=False)
class CredentialsRefused(Outage):
    """The key is revoked, expired or wrong; nothing of this side works until it is renewed."""

    code: str = "credentials_refused"


@dataclass(eq=False)
class Ambiguous(Failure):
    """A write whose answer never came: it may have been applied."""

    code: str = "ambiguous"


@dataclass(eq=False)
class Rejected(Failure):
    """The other side understood and refused; trying again changes nothing."""

    code: str = "rejected"


@dataclass(eq=False)
class NeedsFirst(Failure):
    """Waits for another record (`record_id`, a ledger id) to be synced."""

    code: str = "needs_first"
    record_id: str = ""

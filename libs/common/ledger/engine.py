"""What is particular to MongoDB as an engine: which of its errors mean that it is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    WriteConcernError,
    WTimeoutError,
)

from libs.common.errors import LedgerUnavailable

DUPLICATE_KEY = 11000

_AWAY_CODES = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        50,  # MaxTimeMSExpired
        64,  # WriteConcernFailed
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        189,  # PrimarySteppedDown
        262,  # ExceededTimeLimit
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11602,  # InterruptedDueToReplStateChange
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
    }
)
"""Server errors that a healthy replica set would not give (MongoDB manual, error codes)."""

_AWAY = (ConnectionFailure, AutoReconnect, ExecutionTimeout, WTimeoutError, WriteConcernError)


@contextmanager
def reaching_ledger() -> Iterator[None]:
    """Network errors, time-outs and a missing primary become `LedgerUnavailable`; everything else stays itself."""
    try:
        yield
    except _AWAY as error:
        raise LedgerUnavailable(_sentence(error)) from error
    except BulkWriteError as error:
        details = error.details or {}
        codes = {entry.get("code") for entry in details.get("writeErrors", [])}
        if details.get("writeConcernErrors") or codes & _AWAY_CODES:
            raise LedgerUnavailable(_sentence(error)) from error
        raise
    except OperationFailure as error:
        if error.code in _AWAY_CODES:
            raise LedgerUnavailable(_sentence(error)) from error
        raise


def duplicates(error: BulkWriteError) -> list[int]:
    """Positions of the operations that hit a unique index; any other fault in the batch is raised on."""
    details = error.details or {}
    failed = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(entry.get("code") != DUPLICATE_KEY for entry in failed):
        raise error
    return [int(entry["index"]) for entry in failed]


def _sentence(error: Exception) -> str:
    return f"the ledger (MongoDB) did not answer in time: {str(error).splitlines()[0][:300]}"

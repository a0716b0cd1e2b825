"""Which errors of the driver mean that the ledger is away, and which are somebody's mistake."""

from __future__ import annotations

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
    WTimeoutError,
)

from libs.common.errors import ConfigurationError, LedgerUnavailable
from libs.common.ledger.connect import connect
from libs.common.ledger.engine import duplicates, reaching_ledger


def _bulk(*codes: int, concern: bool = False) -> BulkWriteError:
    entries = [{"index": index, "code": code} for index, code in enumerate(codes)]
    return BulkWriteError({"writeErrors": entries, "writeConcernErrors": [{"code": 64}] if concern else []})


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("reset"),
        NetworkTimeout("late"),
        ServerSelectionTimeoutError("nobody"),
        NotPrimaryError("stepped down"),
        WTimeoutError("no majority", 64),
        WriteConcernError("no majority", 100),
        OperationFailure("shutting down", 91),
        OperationFailure("stepped down", 189),
        _bulk(11000, concern=True),
        _bulk(11600),
    ],
)
def test_a_database_that_is_away_is_one_error(error: PyMongoError) -> None:
    with pytest.raises(LedgerUnavailable, match="did not answer in time") as caught, reaching_ledger():
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [OperationFailure("bad filter", 2), DuplicateKeyError("E11000"), _bulk(2), KeyError()]
)
def test_a_mistake_stays_itself(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, reaching_ledger():
        raise error
    assert caught.value is error


def test_only_duplicates_are_told_by_position() -> None:
    assert duplicates(_bulk(11000, 11000)) == [0, 1]
    with pytest.raises(BulkWriteError):
        duplicates(_bulk(11000, 2))
    with pytest.raises(BulkWriteError):
        duplicates(_bulk(11000, concern=True))


@pytest.mark.parametrize("url", ["http://localhost", "mongodb://", "nonsense", "mongodb://host:port/"])
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="address is not usable"):
        connect(url, "tandem")

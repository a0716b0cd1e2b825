"""A worker whose entity does nothing: what is left is the ledger, the broker and our own code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from libs.common.domain.outcomes import Nothing
from libs.common.errors import Failure
from libs.common.ledger.model import Record
from services.workers import __main__ as service
from services.workers import bootstrap
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read


class NoOp:
    """Finds every record as it should be."""

    name = "order"

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [Read(record.wanted.version, record.source_id) for record in batch]

    def plan(self, situation: str, store: StoreContext) -> Nothing:
        return Nothing(situation)

    def carry_out(self, changes: Sequence[Any], store: StoreContext) -> list[Outcome | Failure]:
        raise AssertionError("nothing is planned")


if __name__ == "__main__":
    bootstrap.ROOMS = {"orders": NoOp}  # the same process as any worker's, but for the room
    sys.exit(service.main(["orders"]))

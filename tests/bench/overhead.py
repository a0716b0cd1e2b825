"""What the ledger and the broker cost: records a second through hint, nudge, claim and settle, nothing else done."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from libs.common.broker.interface import group_nudges
from libs.common.ledger.model import Hint
from tests.bench.orders import bench_rig
from tests.rig import SLUG

RECORDS = 6000
PART = 60


def overhead(mongodb_url: str, rabbitmq_url: str) -> float:
    """Records a second, from the first hint to the last outcome, with one worker process."""
    with bench_rig(mongodb_url, rabbitmq_url) as rig:
        rig.start_service("tests.bench.noop_worker", worker_threads=2, worker_lease_seconds=120)
        now = datetime.now(UTC)
        warm = [Hint(SLUG, "order", str(n), version=now, why="bench") for n in range(100)]
        rig.ledger.record_hints(warm)
        rig.publisher.publish_nudges(group_nudges(warm))
        rig.wait_settled([hint.id for hint in warm], seconds=30)
        hints = [
            Hint(SLUG, "order", str(n), version=now, why="bench", delivery_id=f"delivery-{n}")
            for n in range(1000, 1000 + RECORDS)
        ]
        started = time.monotonic()
        for start in range(0, len(hints), PART):
            part = hints[start : start + PART]
            rig.ledger.record_hints(part)
            rig.publisher.publish_nudges(group_nudges(part))
            rig.ledger.mark_nudged([hint.id for hint in part])
        rig.wait_settled([hint.id for hint in hints], seconds=60, poll_seconds=0.1)
        return RECORDS / (time.monotonic() - started)

"""What the scheduler counts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector


class Metrics:
    """Each scheduler has a registry of its own, so several may live in one process."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        if registry is None:
            ProcessCollector(registry=self.registry)
        self.acting = Gauge("tandem_scheduler_acting", "1 while this one holds the lease", registry=self.registry)
        self.nudged = Counter("tandem_scheduler_nudged", "Records nudged by the sweeper", registry=self.registry)
        self.outstanding = Gauge(
            "tandem_scheduler_outstanding", "Records on their way through the broker", registry=self.registry
        )
        self.lag_seconds = Gauge(
            "tandem_scheduler_lag_seconds",
            "How long the longest waiting record found by the last sweep had been due",
            registry=self.registry,
        )
        self.failures = Counter(
            "tandem_scheduler_failures", "Rounds given up, by what was away", ["cause"], registry=self.registry
        )
        self.records = Gauge(
            "tandem_records",
            "Records by store, entity and state: due is the backlog",
            ["store", "entity", "state"],
            registry=self.registry,
        )
        self.polled = Counter(
            "tandem_scheduler_polled", "Changes found in a store's Odoo", ["store"], registry=self.registry
        )
        self.swept_at = Gauge(
            "tandem_scheduler_swept_timestamp_seconds", "When the last sweep ended well", registry=self.registry
        )

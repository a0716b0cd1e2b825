"""What the gateway counts. Each application has a registry of its own, so several may live in one process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

WRITE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Metrics:
    """Labels are of few values: no shop, no record id."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        if registry is None:
            ProcessCollector(registry=self.registry)
        self.webhooks = Counter(
            "tandem_gateway_webhooks",
            "Webhooks by outcome: recorded, duplicate, stale, unhandled, or why refused",
            ["outcome"],
            registry=self.registry,
        )
        self.unhandled = Counter(
            "tandem_gateway_unhandled_topics",
            "Signed webhooks of topics nobody here works on",
            ["topic"],
            registry=self.registry,
        )
        self.batch_hints = Histogram(
            "tandem_gateway_batch_hints", "Hints in one ledger write", buckets=BATCH_BUCKETS, registry=self.registry
        )
        self.write_seconds = Histogram(
            "tandem_gateway_write_seconds", "One ledger write", buckets=WRITE_BUCKETS, registry=self.registry
        )
        self.nudges = Counter(
            "tandem_gateway_nudges",
            "Nudges by outcome: sent, dropped (buffer full; the sweeper sends them), failed (tried again)",
            ["outcome"],
            registry=self.registry,
        )
        self.nudges_waiting = Gauge(
            "tandem_gateway_nudges_waiting", "Recorded, but not yet handed to the broker", registry=self.registry
        )

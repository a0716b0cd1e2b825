"""`make bench`: every figure with its target, as a table and in build/bench.json; exit 1 when one is missed.

Ratios are taken within one run, because machines differ and are noisy. `python -m tests.bench calls drain` runs
only those parts.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog
from rich.console import Console
from rich.table import Table

from tests import engines
from tests.bench.gateway import measure_gateway
from tests.bench.orders import FEW_ORDERS, MANY_ORDERS, count_calls, drain, memory
from tests.bench.overhead import overhead
from tests.bench.products import VARIANTS, link_catalogue, products_to_odoo
from tests.bench.stock import BOUND_PAIRS, PAIRS, READ_PAIRS, count_stock_calls

RESULTS = Path("build/bench.json")


@dataclass(frozen=True)
class Row:
    """One figure. `target` is a sentence; a figure that only explains another has none and is always ok."""

    name: str
    value: float
    unit: str
    target: str = ""
    ok: bool = True


def at_least(name: str, value: float, unit: str, target: float) -> Row:
    return Row(name, round(value, 3), unit, f"at least {target:g}", value >= target)


def at_most(name: str, value: float, unit: str, target: float) -> Row:
    return Row(name, round(value, 3), unit, f"at most {target:g}", value <= target)


def calls_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    counts = count_calls(mongodb, rabbitmq)
    yield at_most("one order alone: GraphQL requests", counts["alone_shopify"], "calls", 1)
    yield at_most("one order alone: Odoo calls", counts["alone_odoo"], "calls", 8)
    yield at_most("a batch of 20 orders: GraphQL requests", counts["batch_shopify"], "calls", 2)
    yield at_most("a batch of 20 orders: Odoo calls", counts["batch_odoo"], "calls", 10)


def paid_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    counts = count_calls(mongodb, rabbitmq, paid=True)
    assert counts["payments"] == 22, "each of the 22 orders is paid once"
    yield at_most("one paid order, to invoice and payment: Odoo calls", counts["alone_odoo"], "calls", 14)
    yield at_most("20 paid orders: Odoo calls, one for each payment among them", counts["batch_odoo"], "calls", 16 + 20)
    yield at_most("20 orders that changed in nothing: Odoo calls", counts["again_odoo"], "calls", 0)
    yield at_most("20 orders that changed in nothing: Odoo writes", counts["again_writes"], "writes", 0)


def drain_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    rates = drain(mongodb, rabbitmq)
    yield Row("orders drained in batches of 20", round(rates["batched"], 1), "orders/s")
    yield Row("orders drained one by one", round(rates["singly"], 1), "orders/s")
    yield at_least("a backlog of 500 in batches, against one by one", rates["ratio"], "times", 4)


def overhead_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    yield at_least("ledger and broker, an entity that does nothing", overhead(mongodb, rabbitmq), "records/s", 400)


def gateway_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    figures = measure_gateway(mongodb, rabbitmq)
    yield Row("gateway: verify and parse only", round(figures["null_per_second"], 1), "requests/s")
    yield Row("gateway: durable accepts", round(figures["durable_per_second"], 1), "requests/s")
    yield at_least("gateway: durable against verify and parse only", figures["ratio"], "times", 0.4)
    yield at_most("gateway: p99 at half that load", figures["p99_ms"], "ms", 50)
    yield at_most("gateway: requests refused or failed", figures["refused"], "requests", 0)


def stock_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    counts = count_stock_calls(mongodb, rabbitmq)
    yield at_most(f"{PAIRS} changed pairs: mutations", counts["all_mutations"], "calls", PAIRS / 250)
    yield at_most(f"{PAIRS} changed pairs: Odoo calls, the poll's among them", counts["all_odoo"], "calls", 30)
    yield Row(f"{PAIRS} changed pairs: GraphQL points", counts["all_points"], "points")
    yield Row(f"{PAIRS} changed pairs: from the poll to the last figure", round(counts["all_seconds"], 1), "s")
    yield Row(
        f"{PAIRS} changed pairs: into Shopify, points in plenty", round(PAIRS / counts["all_worked_seconds"]), "pairs/s"
    )
    yield Row(f"{BOUND_PAIRS} changed pairs: points that they take", counts["bound_points"], "points")
    scarce = counts["bound_seconds"] / counts["bound_budget_seconds"]
    yield at_most(f"{BOUND_PAIRS} changed pairs: time for each second that scarce points take", scarce, "s", 1.5)
    yield Row(f"{READ_PAIRS} pairs that are read first: points that they take", counts["read_points"], "points")
    read = counts["read_seconds"] / counts["read_budget_seconds"]
    yield at_most(
        f"{READ_PAIRS} pairs that are read first: time for each second that scarce points take", read, "s", 1.5
    )
    yield at_most("one changed pair: mutations", counts["one_mutations"], "calls", 1)
    yield at_most("one changed pair: Odoo calls, the poll's among them", counts["one_odoo"], "calls", 2)


def memory_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    sizes = memory(mongodb, rabbitmq)
    yield Row(f"worker memory after {FEW_ORDERS} orders", round(sizes["few"], 1), "MB")
    yield Row(f"worker memory after {MANY_ORDERS} orders", round(sizes["many"], 1), "MB")
    yield at_most("worker memory, many orders against few", sizes["many"] / sizes["few"], "times", 1.1)


def products_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    made = products_to_odoo(mongodb, rabbitmq)
    yield at_most("1,000 products of 3 variants into Odoo: calls", made["calls"], "calls", 60)
    yield Row("products into Odoo, a hundred at a time", round(made["per_second"], 1), "products/s")


def link_rows(mongodb: str, rabbitmq: str) -> Iterator[Row]:
    figures = link_catalogue(mongodb, rabbitmq)
    name = f"linking {VARIANTS:,} variants"
    yield at_most(f"{name}: GraphQL requests", figures["many_shopify"], "requests", VARIANTS / 250)
    yield at_most(f"{name}: Odoo calls", figures["many_odoo"], "calls", VARIANTS / 500)
    yield Row(f"{name}: memory at most", round(figures["many_kilobytes"] / 1024, 1), "MB")
    ratio = figures["many_kilobytes"] / figures["few_kilobytes"]
    yield at_most(f"{name}: memory, against a tenth of them", ratio, "times", 1.1)


PARTS: dict[str, Callable[[str, str], Iterator[Row]]] = {
    "calls": calls_rows,
    "paid": paid_rows,
    "drain": drain_rows,
    "overhead": overhead_rows,
    "gateway": gateway_rows,
    "memory": memory_rows,
    "stock": stock_rows,
    "products": products_rows,
    "link": link_rows,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"only these: {', '.join(PARTS)}")
    parts = parser.parse_args(arguments).parts or list(PARTS)
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console(stderr=True)
    rows: list[Row] = []
    try:
        with engines.mongodb() as mongodb, engines.rabbitmq() as rabbitmq:
            for part in parts:
                console.print(f"measuring {part} ...")
                vhost = rabbitmq.new_vhost()
                rows += PARTS[part](mongodb.url, vhost)
                rabbitmq.drop_vhost(vhost)
    except engines.EngineMissing as missing:
        console.print(f"The benchmark needs real engines: {missing}")
        return 2
    _write(rows)
    _show(rows)
    return 0 if all(row.ok for row in rows) else 1


def _write(rows: list[Row]) -> None:
    """Whole or not at all: a half-written file would be read as a result."""
    RESULTS.parent.mkdir(exist_ok=True)
    with NamedTemporaryFile("w", dir=RESULTS.parent, delete=False) as file:
        json.dump([asdict(row) for row in rows], file, indent=1)
    Path(file.name).replace(RESULTS)


def _show(rows: list[Row]) -> None:
    table = Table("what", "figure", "unit", "target", "")
    for row in rows:
        mark = ("ok" if row.ok else "MISSED") if row.target else ""
        table.add_row(row.name, f"{row.value:g}", row.unit, row.target, mark, style=None if row.ok else "bold red")
    Console(width=None if sys.stdout.isatty() else 110).print(table)


if __name__ == "__main__":
    sys.exit(main())

"""`tandem store`: add, list and check the stores."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from libs.common.errors import ConfigurationError
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import State
from libs.common.stores.interface import Stores
from libs.common.stores.loader import load_store
from libs.common.stores.model import Store
from services.console.desk import desk, environment
from services.console.plain import fail, plainly, tell
from services.console.record_views import dump
from services.console.words import number, output, teaching

app = typer.Typer(no_args_is_help=True, help="Add, list and check stores: a Shopify shop linked to an Odoo company.")

EXAMPLE = "store_example.yaml"


@app.command(
    "example",
    help=teaching(
        "Print a store's file with every key explained, to begin with.",
        "tandem store example > acme.yaml",
    ),
)
@plainly
def example() -> None:
    typer.echo(files("services.console").joinpath(EXAMPLE).read_text(encoding="utf-8"), nl=False)


@app.command(
    "add",
    help=teaching(
        "Add the store of FILE, or update the one of the same slug. All faults of the file are told at once. "
        "Its secrets are kept encrypted with TANDEM_SECRET_KEY.",
        "tandem store example > acme.yaml    # to begin with",
        "tandem store add acme.yaml",
        "tandem store check acme",
    ),
)
@plainly
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="see `tandem store example`")],
) -> None:
    problems: list[str] = []
    store = None
    try:
        store = load_store(file, environment())
    except ConfigurationError as error:
        problems += error.problems
    try:
        with desk(context) as at:
            if store is not None:
                at.prepare()
                typer.echo(save(at.stores, store))
    except ConfigurationError as error:
        # The faults of the file and those of the settings are mended in one go.
        problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    assert store is not None  # noqa: S101 - it is one or the other
    tell(f"Next: tandem store check {store.slug}")


def save(stores: Stores, store: Store) -> str:
    """Add or update by slug; what was done, as a sentence. Raises StoreChanged when somebody else was faster."""
    present = stores.get(store.slug)
    where = f"{store.shopify.shop} with {store.odoo.base_url}, database {store.odoo.database}"
    if present is None:
        stores.save(store)
        return f"Store {store.slug} added: {where}, company {store.odoo.company_id}."
    store = store.model_copy(update={"version": present.version})
    changed = differing(present.model_dump(), store.model_dump())
    if not changed:
        return f"Store {store.slug} is as the file says already; nothing was changed."
    saved = stores.save(store)
    return f"Store {store.slug} updated (version {saved.version}): {', '.join(changed)}."


def differing(before: Any, after: Any, where: str = "") -> list[str]:
    """The keys whose values differ: `odoo.url`, `rules.missing_product`. Never a value: it may be a secret."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = dict.fromkeys([*before, *after])
        return [
            found
            for key in keys
            for found in differing(before.get(key), after.get(key), f"{where}.{key}" if where else str(key))
        ]
    return [] if before == after else [where]


@app.command(
    "list",
    help=teaching(
        "All stores, and how many of their records are where. Never a secret.",
        "tandem store list",
        "tandem store list --json | jq -r '.[].slug'",
    ),
)
@plainly
def list_stores(
    context: typer.Context, *, json: Annotated[bool, typer.Option("--json", help="for machines")] = False
) -> None:
    with desk(context) as at:
        stores = at.stores.all()
        counts = _counts(at.ledger)
    if json:
        typer.echo(dump([_as_json(store, counts) for store in stores]))
        return
    if not stores:
        tell("There is no store yet. Begin with: tandem store example > acme.yaml")
        return
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("store", "shop", "Odoo", "database", "company", "records"):
        rows.add_column(title, overflow="fold")
    for store in stores:
        held = counts[store.slug, State.HELD]
        told = ", ".join(f"{counts[store.slug, state]} {state}" for state in State if counts[store.slug, state])
        cells = (store.slug, store.shopify.shop, store.odoo.base_url, store.odoo.database, str(store.odoo.company_id))
        rows.add_row(*map(Text, cells), Text(told or "none", style="red" if held else ""))
    output().print(rows)


def _counts(ledger: Ledger) -> Counter[tuple[str, State]]:
    """Records by store and state; links that are only looked up are no work, and are left out."""
    counts: Counter[tuple[str, State]] = Counter()
    for (store, entity, state), count in ledger.counts().items():
        if entity != "variant" and not (entity in {"customer", "company"} and state is State.SYNCED):
            counts[store, state] += count
    return counts


def _as_json(store: Store, counts: Counter[tuple[str, State]]) -> dict[str, Any]:
    return {
        "slug": store.slug,
        "shop": store.shopify.shop,
        "odoo": {
            "url": store.odoo.base_url,
            "database": store.odoo.database,
            "login": store.odoo.login,
            "company_id": store.odoo.company_id,
        },
        "rules": store.rules.model_dump(mode="json"),
        "version": store.version,
        "records": {state.value: counts[store.slug, state] for state in State},
    }


@app.command(
    "check",
    help=teaching(
        "Look at both sides of a store: reachable, credentials, company, rights, scopes, versions. "
        "Each is a line with a tick, or the reason and what to do.",
        "tandem store check acme",
    ),
)
@plainly
def check(
    context: typer.Context, slug: Annotated[str, typer.Argument(metavar="SLUG", help="the store's short name")]
) -> None:
    from services.console.checking import check_store  # noqa: PLC0415 - gql alone takes half a second to import

    with desk(context) as at:
        store = at.store(slug)
        console = output()
        failed = 0
        for line in check_store(store, at.budgets):
            mark, style = ("✓", "green") if line.ok else ("✗", "red")
            console.print(Text.assemble((mark, style), f" {line.what}", (f"  {line.detail}", "dim" if line.ok else "")))
            if not line.ok:
                failed += 1
                console.print(Text(f"    to do: {line.to_do}"))
    if failed:
        fail(f"{number(failed, 'thing')} of store {slug} to be put right.")
    tell(f"Store {slug} is ready.")

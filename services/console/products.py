"""`tandem products`: which variants of the shop are which of Odoo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from libs.common.domain.rules_products import Lead
from services.console.link_command import OPEN, Asking, CsvFile, DryRun, Json, Slug, run_link
from services.console.plain import plainly
from services.console.words import teaching

if TYPE_CHECKING:
    from libs.common.stores.model import Store
    from services.console.linking import Linking

app = typer.Typer(no_args_is_help=True, help="Products: link the catalogue of a shop with Odoo's.")

ASKING = Asking(
    thing="variant",
    keys={"sku": "SKU", "barcode": "barcode"},
    beside={"duplicate_skus": "SKUs that several variants in Shopify share"},
    questions=OPEN,
    open="question",
)


@app.command(
    "link",
    help=teaching(
        "Go through the whole catalogue of SLUG and find each variant in Odoo: by link, then barcode, then SKU. None "
        "or several is a question to you, never a guess. Exit code 1 when there are questions.",
        "tandem products link acme --dry-run                      # look first",
        "tandem products link acme --dry-run --csv questions.csv  # all of them",
        "tandem products link acme                                # record links",
    ),
)
@plainly
def link(
    context: typer.Context,
    slug: Slug,
    *,
    dry_run: DryRun = False,
    file: CsvFile = None,
    json: Json = False,
) -> None:
    run_link(context, slug, ASKING, _linking, dry_run=dry_run, file=file, json=json)


def _linking(store: Store, given: Mapping[str, Any]) -> Linking:
    from services.console.linking_products import LinkingProducts  # noqa: PLC0415 - gql takes half a second to import

    return LinkingProducts(**given, ask=store.rules.products.lead is Lead.LINK)

"""`tandem customers`: which customers of the shop are which contacts of Odoo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from libs.common.domain.linking import Found
from services.console.link_command import Asking, CsvFile, DryRun, Json, Slug, run_link
from services.console.plain import plainly
from services.console.words import teaching

if TYPE_CHECKING:
    from libs.common.stores.model import Store
    from services.console.linking import Linking

app = typer.Typer(no_args_is_help=True, help="Customers: link those of a shop with Odoo's contacts.")

ASKING = Asking(
    thing="customer",
    keys={"email": "e-mail", "phone": "phone"},
    beside={
        "duplicate_emails": "e-mail addresses that several contacts in Odoo share",
        "only_in_odoo": "customers in Odoo that the shop does not have",
    },
    # One that Odoo does not have is no question: syncing makes it.
    questions=(Found.AMBIGUOUS,),
    open="customer",
)


@app.command(
    "link",
    help=teaching(
        "The first run over a shop and an Odoo that both have customers: goes through all of them and finds each "
        "customer in Odoo, by link, then e-mail, then phone, as syncing would. A doubt is a question to you, never a "
        "guess. Nothing is made on either side. Exit code 1 when there are questions.",
        "tandem customers link acme --dry-run                      # look first",
        "tandem customers link acme --dry-run --csv questions.csv  # all that is open, for a spreadsheet",
        "tandem customers link acme                                # record what matched",
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
    from libs.common.odoo.fields import read_fields  # noqa: PLC0415 - gql takes half a second to import
    from services.console.linking_customers import LinkingCustomers  # noqa: PLC0415 - as above

    rule = store.rules.customers.same_phone
    return LinkingCustomers(**given, fields=read_fields(given["odoo"]), rule=rule)

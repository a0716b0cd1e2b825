"""`python -m services.webhook_gateway`: takes Shopify's webhooks. Configured by TANDEM_ variables: see .env.example.

Ends with 0 after a clean stop, with 2 for a fault of the configuration.
"""

from __future__ import annotations

import sys

from services.webhook_gateway.bootstrap import main

if __name__ == "__main__":
    sys.exit(main())

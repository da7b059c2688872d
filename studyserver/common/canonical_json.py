"""The one text that equal JSON values share."""

import json


def canonical_json(value: object) -> str:
    """Return a value as JSON, keys sorted, without blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

"""One engine's share of the benchmark, in a process of its own: `python -m bench.engine update bulk`.

The database is made for it and removed afterwards; the figures go to standard output as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

SIZES = {"update": (25, 100), "bulk": (5, 100_000), "pieces": (5, 20_000)}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("names", nargs="+", choices=SIZES)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    options = parser.parse_args(arguments)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    json.dump(_measure(options.names, quick=options.quick), sys.stdout)


def _measure(names: list[str], *, quick: bool) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        if connection.vendor == "postgresql":
            call_command("pgtrigger", "install", verbosity=0)
        return {"server": server_of(connection), "measures": {name: _seconds(name, quick) for name in names}}
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def _seconds(name: str, quick: bool) -> dict[str, Any]:
    from bench import measures

    rounds, size = SIZES[name]
    size = size // 10 if quick else size
    results = getattr(measures, name)(rounds, size)
    return {"rounds": rounds, "size": size, "seconds": {r.name: r.seconds for r in results.values()}}


def server_of(connection: Any) -> str:
    query = "SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return f"{connection.display_name} {cursor.fetchone()[0]}"


if __name__ == "__main__":
    main(sys.argv[1:])

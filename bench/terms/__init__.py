"""Acceptances: what importing many costs, and whether pages answer as fast with a million as with ten thousand.

`./console bench terms`. Two databases of the same kind, a process for each, asked by turns through the whole stack of
the console, without a network between. In one 10,000 acceptances, in the other a million, and that in two ways: the
same 10,000 employees in many rounds, and one round of many employees.
"""

from __future__ import annotations

FEW, MANY = 10_000, 1_000_000
IMPORTED, IMPORT_ROUNDS, ROUNDS = 100_000, 3, 9
EMPLOYEES = 10_000  # those who accept in many rounds
OWE = 10  # one in so many has not accepted the version in force
DECIDING = 60  # who decide between one counting and the next
ROUNDS_GROW, PEOPLE_GROW, IMPORTS = "rounds", "people", "imports"
PLAIN, CONSOLE, COPIED = "plain bulk_create", "import_acceptances", "plain COPY"

POLICY, API = "/admin/terms/termspolicy/{policy}/", "/api/v1/tenants/{tenant}/terms/{policy}/"
PAGES = {
    "progress, page": f"{POLICY}change/",
    "progress, API": f"{API}progress/",
    "outstanding, page": f"{POLICY}outstanding/",
    "outstanding, API": f"{API}outstanding/",
    "outstanding, API, further on": f"{API}outstanding/",
    "the log, page": "/admin/terms/acceptance/?policy__id__exact={policy}",
    "the log, API": f"{API}acceptances/",
}
WITHOUT_GOAL = {
    f"progress, API, {DECIDING} decided since": f"{API}progress/",
    "over time, page": f"{POLICY}course/",
    "over time, API": f"{API}progress-over-time/",
}
"""Those are counted who decided since everybody was; the course reads the whole log. Asked in few rounds."""

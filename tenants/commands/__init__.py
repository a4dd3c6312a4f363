"""What all commands share."""

from tenants.commands.base import ConsoleCommand, Error
from tenants.commands.errors import one_line, readable
from tenants.commands.progress import Progress
from tenants.commands.results import Row, as_json, as_text
from tenants.commands.values import day, moment

__all__ = [
    "ConsoleCommand",
    "Error",
    "Progress",
    "Row",
    "as_json",
    "as_text",
    "day",
    "moment",
    "one_line",
    "readable",
]

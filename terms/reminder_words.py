"""What a reminder says, in English and in German."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

LANGUAGES = ("en", "de")
DAYS = {"en": "%-d %B %Y", "de": "%d.%m.%Y"}

WORDS: dict[str, tuple[str, str]] = {
    "subject": (
        "{tenant}: please read and decide: {title}",
        "{tenant}: bitte lesen und entscheiden: {title}",
    ),
    "asked": (
        "Hello {name},\n\n{tenant} asks you to read “{title}”, and to accept or decline it. You have not decided yet.",
        (
            "Guten Tag {name},\n\n{tenant} bittet Sie, „{title}“ zu lesen und anzunehmen oder abzulehnen. Sie haben "
            "noch nicht entschieden."
        ),
    ),
    "grace": (
        "What you accepted before counts until {day}.",
        "Was Sie zuvor angenommen haben, gilt bis zum {day}.",
    ),
    "link": (
        "You find it here, after signing in with your work e-mail address:\n{link}",
        "Sie finden es hier, nachdem Sie sich mit Ihrer dienstlichen E-Mail-Adresse angemeldet haben:\n{link}",
    ),
    "end": (
        "--\nThis is reminder no. {number}. There are none any more once you have decided.",
        "--\nDies ist Erinnerung Nr. {number}. Sobald Sie entschieden haben, kommt keine mehr.",
    ),
}


def say(language: str, key: str, **values: object) -> str:
    """The sentence in the language, with the values put in. Raises KeyError for a sentence that is not there."""
    return WORDS[key][LANGUAGES.index(language)].format(**values)


def day(language: str, at: datetime) -> str:
    return timezone.localtime(at).strftime(DAYS[language])

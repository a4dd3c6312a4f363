"""What stands on every page, and where nothing else does."""

from __future__ import annotations

WORDS = {
    # --- On every page ---
    "portal": ("Privacy portal", "Datenschutzportal"),
    "skip": ("Skip to the content", "Zum Inhalt springen"),
    "pages": ("Pages", "Seiten"),
    "language": ("Language", "Sprache"),
    "sign_out": ("Sign out", "Abmelden"),
    "signed_in_as": ("Signed in as {name}", "Angemeldet als {name}"),
    "to_home": ("To the first page", "Zur ersten Seite"),
    # --- Errors ---
    "not_found": ("There is nothing here", "Hier ist nichts"),
    "not_found_how": (
        (
            "The address may be mistyped, or what it named is not for you. Links in e-mails may have been cut: copy the "
            "whole of it."
        ),
        (
            "Vielleicht ist die Adresse falsch geschrieben, oder was sie nennt, ist nicht für Sie. Links in E-Mails können "
            "abgeschnitten sein: Kopieren Sie den ganzen."
        ),
    ),
    "stale_form": ("This page was open for too long", "Diese Seite war zu lange offen"),
    "stale_form_how": (
        "Nothing was done. Go back, reload the page, and try again; cookies have to be allowed for it.",
        (
            "Es ist nichts geschehen. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal; Cookies "
            "müssen dafür erlaubt sein."
        ),
    ),
}

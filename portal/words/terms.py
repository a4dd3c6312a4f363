"""Terms to read and decide."""

from __future__ import annotations

WORDS = {
    "outstanding": ("To decide", "Zu entscheiden"),
    "outstanding_title": ("Terms for you to decide", "Bedingungen, über die Sie entscheiden"),
    "nothing_waits": (
        "There is nothing for you to decide.",
        "Es gibt nichts, worüber Sie entscheiden müssten.",
    ),
    "nothing_waits_then": (
        "When your organisation publishes new terms, you find them here.",
        "Wenn Ihre Organisation neue Bedingungen veröffentlicht, finden Sie sie hier.",
    ),
    "asked_since": ("Asked since {at}", "Zu entscheiden seit {at}"),
    "due": ("Please decide until {at}", "Bitte entscheiden Sie bis {at}"),
    "you_declined": (
        "You have declined these terms. You can still accept them.",
        "Sie haben diese Bedingungen abgelehnt. Sie können sie noch annehmen.",
    ),
    "you_accepted_older": ("You accepted an earlier version.", "Sie haben eine frühere Fassung angenommen."),
    "version": ("Version {number}", "Fassung {number}"),
    "revision": ("corrected, revision {number}", "berichtigt, Revision {number}"),
    "read_in": ("Read it in:", "Lesen Sie es auf:"),
    "not_in_your_language": (
        "These terms are not there in your language. You read them in: {name}.",
        "Diese Bedingungen gibt es nicht in Ihrer Sprache. Sie lesen sie auf: {name}.",
    ),
    "what_accepting_means": ("What accepting means", "Was Annehmen bedeutet"),
    "the_terms": ("The terms", "Die Bedingungen"),
    "privacy_statement": ("Privacy statement", "Datenschutzerklärung"),
    "your_decision": ("Your decision", "Ihre Entscheidung"),
    "accept": ("I accept", "Ich nehme an"),
    "decline": ("I decline", "Ich lehne ab"),
    "shown_again": ("Please read again", "Bitte lesen Sie noch einmal"),
    "again_stale": (
        (
            "Nothing was recorded: the terms have changed since you opened them, or the page was open for too long. These "
            "are the words that hold now."
        ),
        (
            "Es wurde nichts festgehalten: Die Bedingungen haben sich geändert, seit Sie sie geöffnet haben, oder die "
            "Seite war zu lange offen. Das sind die Worte, die jetzt gelten."
        ),
    ),
    "again_forged": (
        "Nothing was recorded: the form did not come from this page. Decide here.",
        "Es wurde nichts festgehalten: Das Formular kam nicht von dieser Seite. Entscheiden Sie hier.",
    ),
    "decline_title": ("Decline these terms?", "Diese Bedingungen ablehnen?"),
    "decline_follows": (
        (
            "Your organisation learns that you declined. It may be that you cannot enrol a device, or use work data on it, "
            "until you accept. You can accept later."
        ),
        (
            "Ihre Organisation erfährt, dass Sie abgelehnt haben. Es kann sein, dass Sie kein Gerät anmelden oder keine "
            "dienstlichen Daten darauf nutzen können, bis Sie annehmen. Sie können später annehmen."
        ),
    ),
    "decline_surely": ("Yes, I decline", "Ja, ich lehne ab"),
    "decline_back": ("Back to the terms", "Zurück zu den Bedingungen"),
}

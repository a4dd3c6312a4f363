"""What is collected, whom it is shared with, and whom to ask."""

from __future__ import annotations

WORDS = {
    # --- What is collected ---
    "collected": ("About me", "Über mich"),
    "collected_title": ("What is collected about me", "Was über mich erfasst wird"),
    "collected_how": (
        (
            "This is what the device management collects for your organisation, by how your device is managed. The names "
            "of the data are in English, as in its documentation."
        ),
        (
            "Das erfasst die Geräteverwaltung für Ihre Organisation, je nachdem, wie Ihr Gerät verwaltet wird. Die Namen "
            "der Daten sind englisch wie in deren Dokumentation."
        ),
    ),
    "my_situation": ("My situation", "Meine Lage"),
    "management": ("What is managed", "Was wird verwaltet?"),
    "management_full": ("The whole device", "Das ganze Gerät"),
    "management_apps": ("Work apps only (MAM)", "Nur dienstliche Apps (MAM)"),
    "device": ("Whose device it is", "Wem gehört das Gerät?"),
    "device_corporate": ("The organisation’s", "Der Organisation"),
    "device_personal": ("My own", "Mir"),
    "show": ("Show", "Anzeigen"),
    "required": ("Always collected", "Wird immer erfasst"),
    "elected": ("Switched on by your organisation", "Von Ihrer Organisation eingeschaltet"),
    "not_elected": ("Not switched on", "Nicht eingeschaltet"),
    "never": ("Never collected", "Wird nie erfasst"),
    "required_about": (
        "Without these data the service cannot work.",
        "Ohne diese Daten kann der Dienst nicht arbeiten.",
    ),
    "elected_about": (
        (
            "The service works without these data. Your organisation has switched on the features that collect them, so "
            "they are collected now."
        ),
        (
            "Ohne diese Daten arbeitet der Dienst auch. Ihre Organisation hat die Funktionen eingeschaltet, die sie "
            "erfassen; darum werden sie jetzt erfasst."
        ),
    ),
    "elected_since": ("switched on since {at}", "eingeschaltet seit {at}"),
    "elected_with": ("Collected by:", "Erfasst durch:"),
    "not_elected_about": (
        "These would be collected if your organisation switched them on. It has not, so they are not collected now.",
        (
            "Diese Daten würden erfasst, wenn Ihre Organisation es einschaltete. Das hat sie nicht; darum werden sie jetzt "
            "nicht erfasst."
        ),
    ),
    "never_about": (
        "The service collects none of this, whatever is switched on.",
        "Davon erfasst der Dienst nichts, was auch eingeschaltet ist.",
    ),
    "nothing_here": ("Nothing.", "Nichts."),
    "counted": ("{count} in all", "{count} insgesamt"),
    "personal": ("personal data", "personenbezogen"),
    "only_if": ("Condition:", "Bedingung:"),
    "example": ("For example:", "Zum Beispiel:"),
    "ahead_title": ("What will change", "Was sich ändern wird"),
    "ahead_about": (
        "Your organisation has decided this already; it does not hold yet.",
        "Das hat Ihre Organisation schon beschlossen; es gilt noch nicht.",
    ),
    "ahead_from": ("From {at} on", "Ab {at}"),
    "ahead_on": ("will be switched on", "wird eingeschaltet"),
    "ahead_off": ("will be switched off", "wird ausgeschaltet"),
    "ahead_starts": ("Collected from then on ({count})", "Wird dann auch erfasst ({count})"),
    "ahead_stops": ("No longer collected from then on ({count})", "Wird dann nicht mehr erfasst ({count})"),
    "shared_title": ("Who it is shared with", "Mit wem es geteilt wird"),
    "shared_about": (
        "Your organisation has agreed that data is shared with these companies now.",
        "Ihre Organisation hat zugestimmt, dass Daten jetzt mit diesen Unternehmen geteilt werden.",
    ),
    "shared_nothing": (
        "Your organisation has no consent in force to share data with other companies through the device management.",
        (
            "Für Ihre Organisation gilt keine Einwilligung, über die Geräteverwaltung Daten mit anderen Unternehmen zu "
            "teilen."
        ),
    ),
    "shared_since": ("Consent in force since {at}", "Einwilligung gilt seit {at}"),
    "shared_until": ("It ends on {at}", "Sie endet am {at}"),
    "shared_record": ("Consent", "Einwilligung"),
    "shared_out": ("Goes there ({count})", "Geht dorthin ({count})"),
    "shared_back": ("Comes from there ({count})", "Kommt von dort ({count})"),
    # --- My data ---
    "my_data": ("Ask for my data", "Meine Daten verlangen"),
    "my_data_rights": (
        "You may ask what is held about you, have it corrected or deleted, take it with you, or object to its use.",
        (
            "Sie können verlangen zu erfahren, was über Sie gespeichert ist, es berichtigen oder löschen lassen, es "
            "mitnehmen oder seiner Nutzung widersprechen."
        ),
    ),
    "my_data_how": (
        (
            "Write to your privacy officer and say what you want; you need give no reason. You then get a form in which you "
            "say it in detail."
        ),
        (
            "Schreiben Sie Ihrer Datenschutzstelle, was Sie möchten; einen Grund brauchen Sie nicht zu nennen. Sie "
            "bekommen dann ein Formular, in dem Sie es genauer sagen."
        ),
    ),
    "my_data_whom": ("Whom to write to", "An wen Sie schreiben"),
    "my_data_nobody": (
        "No address is given here. Ask your IT or human resources department who the privacy officer is.",
        "Hier ist keine Adresse angegeben. Fragen Sie Ihre IT- oder Personalabteilung nach der Datenschutzstelle.",
    ),
    "my_data_correct": (
        "What is wrong in your name or address is corrected in the directory: tell your IT department.",
        (
            "Was an Ihrem Namen oder Ihrer Adresse falsch ist, wird im Verzeichnis berichtigt: Sagen Sie es Ihrer "
            "IT-Abteilung."
        ),
    ),
}

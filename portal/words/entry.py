"""Signing in: by a link, by the provider, and why not."""

from __future__ import annotations

WORDS = {
    "sign_in": ("Sign in", "Anmelden"),
    "sign_in_how": (
        (
            "Give your work e-mail address. You get a link that signs you in; it works once and for {minutes} minutes. "
            "You need no password."
        ),
        (
            "Geben Sie Ihre dienstliche E-Mail-Adresse an. Sie erhalten einen Link, mit dem Sie sich anmelden; er gilt "
            "einmal und {minutes} Minuten lang. Ein Passwort brauchen Sie nicht."
        ),
    ),
    "address": ("Work e-mail address", "Dienstliche E-Mail-Adresse"),
    "address_wrong": ("Write your e-mail address here.", "Schreiben Sie hier Ihre E-Mail-Adresse."),
    "send_link": ("Send me the link", "Link zusenden"),
    "by_provider": ("Sign in with your work account", "Mit dem Dienstkonto anmelden"),
    "or_by_link": ("Or by e-mail", "Oder per E-Mail"),
    "provider_problem": ("You are not signed in", "Sie sind nicht angemeldet"),
    "provider_cancelled": (
        "You broke off at the sign-in with your work account. Nothing was done.",
        "Sie haben die Anmeldung mit dem Dienstkonto abgebrochen. Es ist nichts geschehen.",
    ),
    "provider_stale": (
        (
            "The sign-in with your work account took too long, was begun in another window, or its address was used "
            "before. Try it once more from here; cookies have to be allowed for it."
        ),
        (
            "Die Anmeldung mit dem Dienstkonto hat zu lange gedauert, wurde in einem anderen Fenster begonnen, oder ihre "
            "Adresse wurde schon benutzt. Versuchen Sie es von hier noch einmal; Cookies müssen dafür erlaubt sein."
        ),
    ),
    "provider_refused": (
        (
            "What came back from the sign-in with your work account is not valid. Try it once more; if it stays so, tell "
            "your IT department."
        ),
        (
            "Was von der Anmeldung mit dem Dienstkonto zurückkam, ist nicht gültig. Versuchen Sie es noch einmal; bleibt es "
            "so, sagen Sie es Ihrer IT-Abteilung."
        ),
    ),
    "provider_unreachable": (
        "The sign-in with your work account cannot be reached now. Try it in a few minutes, or use the e-mail link.",
        (
            "Die Anmeldung mit dem Dienstkonto ist gerade nicht erreichbar. Versuchen Sie es in einigen Minuten, oder nehmen "
            "Sie den Link per E-Mail."
        ),
    ),
    "provider_unknown": (
        (
            "Your work account is fine, but {tenant} does not have you in the list of its employees here. Your IT "
            "department can add you."
        ),
        (
            "Ihr Dienstkonto ist in Ordnung, aber {tenant} führt Sie hier nicht in der Liste der Beschäftigten. Ihre "
            "IT-Abteilung kann Sie aufnehmen."
        ),
    ),
    "provider_left": (
        (
            "{tenant} has you in the list of its employees here as somebody who has left. If that is wrong, your IT "
            "department can correct it."
        ),
        (
            "{tenant} führt Sie hier als jemanden, der nicht mehr dort arbeitet. Wenn das falsch ist, kann Ihre IT-Abteilung "
            "es berichtigen."
        ),
    ),
    "session_ended": (
        (
            "You have been signed out: you did nothing here for a while, or have been signed in for a long time. "
            "Nothing that you decided is lost."
        ),
        (
            "Sie wurden abgemeldet: Sie haben hier eine Weile nichts getan oder waren lange angemeldet. Nichts von dem, "
            "was Sie entschieden haben, geht verloren."
        ),
    ),
    "link_sent": ("Look into your mail", "Sehen Sie in Ihr Postfach"),
    "link_sent_how": (
        "If we know the address, a link is on its way to it. It works once and for {minutes} minutes.",
        "Wenn wir die Adresse kennen, ist ein Link an sie unterwegs. Er gilt einmal und {minutes} Minuten lang.",
    ),
    "link_sent_not": (
        (
            "Nothing came? Look among the unwanted mail, check the address, and ask for only a few links in an hour. "
            "If that does not help, your IT department can say which address it has of you."
        ),
        (
            "Nichts gekommen? Sehen Sie unter den unerwünschten Nachrichten nach, prüfen Sie die Adresse und fordern Sie "
            "nur wenige Links in einer Stunde an. Hilft das nicht, sagt Ihnen Ihre IT-Abteilung, welche Adresse sie hat."
        ),
    ),
    "ask_again": ("Ask for a new link", "Einen neuen Link anfordern"),
    "too_many": ("Too many links", "Zu viele Links"),
    "too_many_how": (
        "Very many links were asked for from your network in the last hour. Try again in an hour.",
        (
            "Aus Ihrem Netz wurden in der letzten Stunde sehr viele Links angefordert. Versuchen Sie es in einer Stunde "
            "wieder."
        ),
    ),
    "enter": ("Sign in to {tenant}", "Bei {tenant} anmelden"),
    "enter_how": (
        "The link is good. Press the button to sign in as {name}.",
        "Der Link gilt. Drücken Sie den Knopf, um sich als {name} anzumelden.",
    ),
    "link_over": ("This link is used up", "Dieser Link ist verbraucht"),
    "link_over_how": (
        "A link works once and for a short time. This one has been used, or is too old.",
        "Ein Link gilt einmal und für kurze Zeit. Dieser wurde schon benutzt oder ist zu alt.",
    ),
    "mail_subject": ("Your link to sign in at {tenant}", "Ihr Link zur Anmeldung bei {tenant}"),
    "mail_body": (
        (
            "Hello,\n\nwith this link you sign in to the privacy portal of {tenant} as {name}:\n\n{link}\n\n"
            "It works once and for {minutes} minutes. If you did not ask for it, you need do nothing: without the link "
            "nobody gets in. Do not pass it on.\n"
        ),
        (
            "Guten Tag,\n\nmit diesem Link melden Sie sich am Datenschutzportal von {tenant} als {name} an:\n\n{link}\n\n"
            "Er gilt einmal und {minutes} Minuten lang. Wenn Sie ihn nicht angefordert haben, müssen Sie nichts tun: ohne "
            "den Link kommt niemand hinein. Geben Sie ihn nicht weiter.\n"
        ),
    ),
}

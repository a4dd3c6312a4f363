"""Every sentence of the pages, in English and in German."""

from __future__ import annotations

LANGUAGES = ("en", "de")
NAMES = {"en": "English", "de": "Deutsch"}
TIMES = {"en": "j F Y, H:i T", "de": "j. F Y, H:i T"}


def say(language: str, key: str, **values: object) -> str:
    """The sentence in the language, with the values put in. Raises KeyError for a sentence that is not there."""
    return WORDS[key][LANGUAGES.index(language)].format(**values)


def time_format(language: str) -> str:
    return TIMES[language]


WORDS: dict[str, tuple[str, str]] = {
    # --- On every page ---
    "portal": ("Privacy portal", "Datenschutzportal"),
    "skip": ("Skip to the content", "Zum Inhalt springen"),
    "pages": ("Pages", "Seiten"),
    "language": ("Language", "Sprache"),
    "sign_out": ("Sign out", "Abmelden"),
    "signed_in_as": ("Signed in as {name}", "Angemeldet als {name}"),
    "to_home": ("To the first page", "Zur ersten Seite"),
    # --- Signing in ---
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
    # --- Terms to decide ---
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
    # --- Decisions ---
    "decisions": ("My decisions", "Meine Entscheidungen"),
    "decisions_title": ("What I have accepted", "Was ich angenommen habe"),
    "no_decisions": (
        "You have not accepted or declined anything yet.",
        "Sie haben noch nichts angenommen oder abgelehnt.",
    ),
    "accepted": ("Accepted", "Angenommen"),
    "declined": ("Declined", "Abgelehnt"),
    "terms_without_words": ("Terms, version {number}", "Bedingungen, Fassung {number}"),
    "words_not_known": (
        "This was not decided in this portal, so the words that you saw are not kept here.",
        "Das wurde nicht in diesem Portal entschieden; die Worte, die Sie sahen, sind hier nicht aufbewahrt.",
    ),
    "words_of_then": (
        "These are exactly the words that you saw when you decided.",
        "Das sind genau die Worte, die Sie sahen, als Sie entschieden.",
    ),
    "shown_at": ("Shown", "Angezeigt"),
    "valid_until": ("Holds until", "Gilt bis"),
    "button": ("You pressed", "Sie drückten"),
    "text_sha256": ("SHA-256 of the words", "SHA-256 der Worte"),
    "the_receipt": ("Receipt", "Beleg"),
    "receipt_download": ("Download the receipt (JSON)", "Beleg herunterladen (JSON)"),
    "receipt_how": ("How a receipt is checked", "Wie ein Beleg geprüft wird"),
    "receipt_about": (
        (
            "The receipt says what you decided, when, and about which words. It is signed, so that nobody can change it: "
            "neither you nor your organisation."
        ),
        (
            "Der Beleg sagt, was Sie wann über welche Worte entschieden haben. Er ist unterschrieben, sodass ihn niemand "
            "ändern kann: Sie nicht und Ihre Organisation nicht."
        ),
    ),
    "verify_key": (
        "The key that checks our receipts (Ed25519, base64)",
        "Der Schlüssel, der unsere Belege prüft (Ed25519, Base64)",
    ),
    "verify_key_id": (
        "Its name, which stands in each receipt as key_id",
        "Sein Name, der in jedem Beleg als key_id steht",
    ),
    "verify_steps": ("Step by step", "Schritt für Schritt"),
    "verify_1": (
        "Keep the file as it is. Write this key down, too, or print this page.",
        "Bewahren Sie die Datei auf, wie sie ist. Notieren Sie auch diesen Schlüssel, oder drucken Sie die Seite.",
    ),
    "verify_2": (
        "Take “signature” out of the file, sort the other names, and write them as JSON in UTF-8 without spaces.",
        (
            "Nehmen Sie „signature“ aus der Datei, sortieren Sie die übrigen Namen und schreiben Sie sie als JSON in UTF-8 "
            "ohne Leerzeichen."
        ),
    ),
    "verify_3": (
        "Any program for Ed25519 (RFC 8032) then says whether the signature is the key’s over exactly these bytes.",
        (
            "Jedes Programm für Ed25519 (RFC 8032) sagt dann, ob die Unterschrift die des Schlüssels über genau diese "
            "Bytes ist."
        ),
    ),
    "verify_4": (
        "“text_sha256” names the words: it is the SHA-256 that stands beside your decision here.",
        "„text_sha256“ benennt die Worte: Es ist der SHA-256, der hier bei Ihrer Entscheidung steht.",
    ),
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

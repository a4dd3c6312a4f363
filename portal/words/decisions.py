"""What was decided, and the receipts."""

from __future__ import annotations

WORDS = {
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
}

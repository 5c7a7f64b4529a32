"""Judges mails with programs that know nothing of ours: Python's email parser by the strict policy,
dkimpy for the signatures, and RFC 5322 line by line.

check_mails.py FOLDER: reads FOLDER/*.eml and FOLDER/records.json (DNS name -> TXT), prints one line
for each fault and at the end how many mails it read and how many signatures hold."""

import email
import email.policy
import json
import pathlib
import re
import sys

try:
    import dkim
except ImportError:
    dkim = None

folder = pathlib.Path(sys.argv[1])
records = json.loads((folder / "records.json").read_text())
faults, read, held = [], 0, 0


def look_up(name, timeout=5):
    return records.get(name.decode().rstrip("."), "").encode() or None


def check(name, mail):
    def fault(what):
        faults.append(f"{name}: {what}")

    head, _, body = mail.partition(b"\r\n\r\n")
    if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", mail):
        fault("a bare line end or a NUL")
    if any(998 < len(line) for line in mail.split(b"\r\n")):
        fault("a line above 998 bytes")
    # A word that cannot be folded may be longer than the 78 that are asked for.
    for line in head.split(b"\r\n"):
        if 78 < len(line) and b" " in line.strip().partition(b":")[2].strip():
            fault(f"a header line of {len(line)} bytes that could be folded: {line[:60]!r}")
    if any(line and not line.strip() for line in head.split(b"\r\n")):
        fault("a header line of blanks")
    if re.search(rb"^X-", head, re.M | re.I):
        fault("an X- header")
    if not mail.isascii() and "utf8" not in name:
        fault("bytes above 127")
    policy = email.policy.strict if mail.isascii() else email.policy.SMTPUTF8.clone(raise_on_defect=True)
    message = email.message_from_bytes(mail, policy=policy)
    for part in message.walk():
        if part.defects:
            fault(part.defects)
    for key, value in message.items():
        # The parser knows no letters beyond ASCII in an address (RFC 6532).
        if key == "To" and not mail.isascii():
            continue
        if getattr(value, "defects", ()):
            fault((key, value.defects))
    for key in ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
                "List-Id", "List-Unsubscribe", "Auto-Submitted", "Precedence", "Feedback-ID"]:
        if len(message.get_all(key, [])) != 1:
            fault(f"{key} occurs {len(message.get_all(key, []))} times")
    if message.get_content_type() != "multipart/alternative":
        fault(message.get_content_type())
    kinds = [part.get_content_type() for part in message.iter_parts()]
    if kinds != ["text/plain", "text/html"]:
        fault(f"parts {kinds}")
    for part in message.iter_parts():
        if part.get_content_charset() != "utf-8":
            fault(f"charset {part.get_content_charset()}")
        if part["Content-Transfer-Encoding"] not in ("7bit", "quoted-printable", "base64"):
            fault(f"encoding {part['Content-Transfer-Encoding']}")
        if not part.get_content().strip():
            fault("an empty part")
    if not re.fullmatch(r"<[^<>@\s]+@[a-z0-9.-]+>", message["Message-ID"]):
        fault(f"Message-ID {message['Message-ID']}")
    if message["Date"].datetime is None or message["Date"].datetime.tzinfo is None:
        fault("no date")
    if not re.fullmatch(r"<[a-z0-9.-]+>", message["List-Id"]):
        fault(f"List-Id {message['List-Id']}")
    ways = re.findall(r"<([^<>\s]+)>", message["List-Unsubscribe"])
    if not any(way.startswith("mailto:") for way in ways):
        fault(f"no mailto in {ways}")
    one_click = any(way.startswith("https:") for way in ways)
    if one_click != (message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"):
        fault("List-Unsubscribe-Post without an https link, or the other way round")
    if message["Auto-Submitted"] != "auto-generated" or message["Precedence"] != "bulk":
        fault("not marked as automatic")
    if not re.fullmatch(r"[a-z]+:sanctionwatch", message["Feedback-ID"]):
        fault(f"Feedback-ID {message['Feedback-ID']}")
    if message["References"] != message["In-Reply-To"]:
        fault("References and In-Reply-To differ")


def verified(mail):
    return dkim.verify(mail, dnsfunc=look_up)


def check_signature(name, mail):
    if not verified(mail):
        return faults.append(f"{name}: the signature does not hold")
    # What a relay may do, and what a forger would.
    harmless = [
        mail.replace(b"Subject: ", b"SUBJECT:  "),
        b"Received: from relay\r\n" + mail,
        mail + b"\r\n\r\n",
    ]
    forged = [
        mail.replace(b"\r\n\r\n", b"\r\n\r\nP.S. ", 1),
        mail.replace(b"\r\nSubject: ", b"\r\nSubject: Re: ", 1),
        *(f"{field}: forged\r\n".encode() + mail
          for field in ["From", "To", "Cc", "Subject", "Date", "Reply-To", "Message-ID",
                        "List-Unsubscribe", "List-Unsubscribe-Post", "Content-Type"]),
    ]
    for changed in harmless:
        if not verified(changed):
            faults.append(f"{name}: a harmless change breaks the signature")
    for changed in forged:
        if verified(changed):
            faults.append(f"{name}: a forgery passes: {changed[:80]!r}")


for path in sorted(folder.glob("*.eml")):
    mail = path.read_bytes()
    read += 1
    try:
        check(path.name, mail)
        if dkim and mail.startswith(b"DKIM-Signature:"):
            check_signature(path.name, mail)
            held += 1
    except Exception as error:
        faults.append(f"{path.name}: {error!r}")
print(*faults, sep="\n")
print(f"{read} read, {held if dkim else 'no'} signatures checked")

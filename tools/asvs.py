#!/usr/bin/env python3
"""Writes docs/reference/asvs.md from docs/reference/asvs.tsv: what of OWASP ASVS is met, and which tests prove it.

`tools/asvs.py` writes; `tools/asvs.py --check` writes nothing and ends with 1 when a row is malformed, doubled or missing, or
when the page is not what would be written. That the tests exist is looked at by apps/shouhu/tests/threats.rs.
"""

import sys
from pathlib import Path

VERSION = "5.0.0"
READ_ON = "2026-11-22"
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
TABLE, PAGE = FOLDER / "asvs.tsv", FOLDER / "asvs.md"
HEADINGS = ["id", "level", "about", "state", "proof", "note"]
STATES = ["met", "partly", "open", "not_applicable"]
ABOUT_WORDS = range(3, 9)

CHAPTERS = {
    1: "Text that other programs read",
    2: "Input and the order of acts",
    3: "The browser",
    4: "Requests and answers",
    5: "Files",
    6: "Who somebody is",
    7: "Sessions",
    8: "Who may do what",
    9: "Tokens that carry their own content",
    10: "Sign-in by others (OAuth, OIDC)",
    11: "Cryptography",
    12: "The way between machines",
    13: "Setting up",
    14: "Data to be protected",
    15: "Code and libraries",
    16: "Logs and errors",
    17: "Live sound and pictures (WebRTC)",
}

# The levels of the requirements of each section in their order, so that a row that is missing or has another level is noticed.
SECTIONS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}

REQUIRED = {f"{section}.{at}": level for section, levels in SECTIONS.items() for at, level in enumerate(levels, 1)}


def what_is_wrong(row: dict[str, str]) -> list[str]:
    wrong = []
    if row["level"] != REQUIRED.get(row["id"]):
        wrong.append(f"level {row['level']!r} should be {REQUIRED.get(row['id'])!r}")
    if len(row["about"].split()) not in ABOUT_WORDS:
        wrong.append(f"about has not {ABOUT_WORDS.start} to {ABOUT_WORDS.stop - 1} words")
    if row["state"] not in STATES:
        wrong.append(f"state {row['state']!r} is none of {', '.join(STATES)}")
    if row["state"] == "met" and not row["proof"]:
        wrong.append("met without a proof")
    if row["state"] in ("open", "not_applicable") and row["proof"]:
        wrong.append(f"{row['state']} with a proof")
    if not row["note"]:
        wrong.append("no note")
    if any(name != name.strip() or not name for name in row["proof"].split(",") if row["proof"]):
        wrong.append("names in proof are parted by one comma and nothing else")
    if any("|" in cell or "`" in cell for cell in row.values()):
        wrong.append("a cell may hold neither | nor `")
    return wrong


def read() -> tuple[list[dict[str, str]], list[str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    wrong, rows, seen = [], [], set()
    if not lines or lines[0].split("\t") != HEADINGS:
        return [], [f"line 1 should name {', '.join(HEADINGS)}"]
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(HEADINGS):
            wrong.append(f"line {number} has {len(cells)} cells")
            continue
        row = dict(zip(HEADINGS, cells))
        if row["id"] not in REQUIRED:
            wrong.append(f"line {number}: {row['id']!r} is no requirement")
            continue
        if row["id"] in seen:
            wrong.append(f"line {number}: {row['id']} stands twice")
        seen.add(row["id"])
        wrong += [f"line {number}, {row['id']}: {what}" for what in what_is_wrong(row)]
        rows.append(row)
    wrong += [f"{each} is missing" for each in REQUIRED if each not in seen]
    order = {each: place for place, each in enumerate(REQUIRED)}
    return sorted(rows, key=lambda row: order[row["id"]]), wrong


def said(state: str) -> str:
    return state.replace("_", " ")


def counts(rows: list[dict[str, str]], name: str) -> str:
    each = [sum(row["state"] == state for row in rows) for state in STATES]
    return f"| {name} | {' | '.join(str(n) for n in each)} | {len(rows)} |"


def page(rows: list[dict[str, str]]) -> str:
    lines = [
        "# What of OWASP ASVS is met",
        "",
        f"The Application Security Verification Standard of OWASP, version {VERSION} (repository `OWASP/ASVS`, folder `5.0`), asks for",
        f"{len(REQUIRED)} things; this page, as of {READ_ON}, says of each how this tree stands and which tests would fail if it were not so. The column",
        "*about* only recalls a requirement; what counts is the standard's own text under the number.",
        "",
        "`tools/asvs.py` writes this page from `asvs.tsv`; change that file. `make test` fails when a test that is named here does not exist",
        "(`apps/shouhu/tests/threats.rs`).",
        "",
        "**met**: the tests named prove it. **partly**: something is there; what lacks, be it only a test, is said. **open**: no control worth the name, or",
        "nobody has looked. **not applicable**: the thing that it is about does not exist here.",
        "",
        "| level | " + " | ".join(said(state) for state in STATES) + " | all |",
        "|---|" + "---|" * (len(STATES) + 1),
    ]
    lines += [counts([row for row in rows if row["level"] == level], level) for level in "123"]
    lines.append(counts(rows, "all"))
    for chapter, title in CHAPTERS.items():
        inside = [row for row in rows if row["id"].split(".")[0] == str(chapter)]
        lines += ["", f"## V{chapter} {title}", "", "| # | level | about | state | proof | note |", "|---|---|---|---|---|---|"]
        for row in inside:
            proof = ", ".join(f"`{name}`" for name in row["proof"].split(",") if name)
            lines.append(f"| {row['id']} | {row['level']} | {row['about']} | {said(row['state'])} | {proof} | {row['note']} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    rows, wrong = read()
    for what in wrong:
        print(f"{TABLE.name}: {what}", file=sys.stderr)
    if wrong:
        return 1
    written = page(rows)
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != written:
            print(f"{PAGE.name} is old: run tools/asvs.py and read the diff", file=sys.stderr)
            return 1
        return 0
    if sys.argv[1:]:
        print("usage: tools/asvs.py [--check]", file=sys.stderr)
        return 2
    PAGE.write_text(written, encoding="utf-8")
    print("\n".join(line for line in written.splitlines() if line.startswith(("| level", "| 1 ", "| 2 ", "| 3 ", "| all"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

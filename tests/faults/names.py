"""515 nasty names: of pictures, in shards and pages made of them, in messages, and of outputs."""

import html.parser
import os
import re
import shutil

from cases import Case, chance
from harness import message_complaint

COUNT = 515
EVIL = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "' onmouseover='alert(1)", "</title>",
    "</script><script>alert(1)</script>", "<svg onload=alert(1)>", "&lt;b&gt;", "&#60;script&#62;", "<!--", "-->", "]]>", "{{7*7}}",
    "${HOME}", "$(touch hacked)", "`touch hacked`", "; touch hacked", "| touch hacked", "&& touch hacked", "*", "?", "[a-z]", "~",
    "-rf", "--help", "-o", "--", "-", "@file", "%s%n%x", "%00", "%2e%2e%2f", "..%2f", "\\", "\\n", "\\x00", "'", '"', "`", "''", '""',
    "a b", " leading", "trailing ", "a  b", "a\tb", "a\nb", "\n", "a\rb", "a\vb", "a\fb", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
    "\x1b[2J", "\x07", "\x08\x08\x08", "\x01", "\x1f", "\x7f", "\x80", "\x9b31m", "\u200b", "\u202egnp.live", "\u2028", "\u2029",
    "\ufeff", "\ufffd", "\ufffe", "\u0000f"[1:], "e\u0301", "\u00e9", "\u212b", "\u00c5", "ſ", "İ", "ß", "ﬀ", "田中さん", "مرحبا",
    "שלום", "👩‍👩‍👧", "🇩🇪", "Z͑ͫA̴L̵G̴O̷", "Ω≈ç√∫˜µ≤≥÷", "﷽", "𝕿𝖍𝖊", "CON", "NUL", "AUX.txt", "COM1", "null", "undefined", "NaN", "Infinity",
    "true", "0", "-1", "1e999", "0x7fffffff", "1/0".replace("/", "∕"), "' OR 1=1 --", "DROP TABLE", "=1+1", "+1", "@SUM(A1)", ",", ";",
    ":", "a,b", "a;b", '"a","b"', "a=b", "#comment", "//", "/*".replace("/", "⁄"), "image", "names", "label", "mask", "patches",
    "Thumbs.db", "desktop.ini", "file:", "http:", "..a", "a..", "...", "a.", ".a b", "a" * 240, "ä" * 110, "\U0001f600" * 55,
]  # fmt: skip


def nasty_names(seed):
    """Byte strings that a folder can hold: the list above, bytes that are no UTF-8, and random ones; no two alike."""
    dice, names = chance("names", seed), {}
    for text in EVIL:
        names[text.replace("/", "∕").encode("utf-8", "surrogatepass")[:240]] = None
    for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe4", b"a\xffb", b"\xfe\xff", b"\xc3\x28"):
        names[bad] = None
    names = {name.replace(b"/", b"\\"): None for name in names}
    while len(names) < COUNT:
        alphabet = dice.choice((range(1, 256), range(1, 32), range(128, 256), b"<>&\"'`=\\%$;|", range(32, 127)))
        name = bytes(dice.choice(list(alphabet)) for _ in range(dice.choice((1, 2, 5, 30, 200))))
        names[name.replace(b"/", b"\\")] = None
    return list(names)


def cases(laboratory, tier):
    yield Case(f"names/pictures/{tier.seed}", lambda: pictures(laboratory, f"names/pictures/{tier.seed}"))
    step = 1 if tier.is_long else 20
    for start in range(0, COUNT, 40 * step):
        for kind, work in (("missing", missing), ("outputs", outputs)):
            name = f"names/{kind}/{tier.seed}-{start}-{step}"
            yield Case(name, lambda w=work, n=name: w(laboratory, n))


def single(laboratory, _, parts):
    work = {"pictures": pictures, "missing": missing, "outputs": outputs}[parts[1]]
    return work(laboratory, "/".join(parts))


class Page(html.parser.HTMLParser):
    """Collects what a name could have smuggled into a page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.handlers = {}, []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for key, value in attrs:
            if key.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.handlers.append((tag, key, value))


def pictures(laboratory, name):
    """A folder of pictures with such names, through every tool that repeats names."""
    folder = laboratory.sandbox()
    strange, plain = folder / "strange", folder / "plain"
    names = nasty_names(name.split("/")[2])
    for place, endings in ((strange, names), (plain, [b"%d" % n for n in range(len(names))])):
        place.mkdir()
        for number, ending in enumerate(endings):
            os.link(folder / "sky.png", os.fsencode(place) + b"/" + b"%d" % number + ending[:245] + b".png")
    problems = []

    def do(*line, codes=(0,)):
        outcome = laboratory.run(folder, list(line))
        if outcome.code not in codes:
            problems.append(f"{line[0]}: exit code {outcome.code}: {outcome.errors[-300:]}")
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", outcome.errors):
            problems.append(f"{line[0]}: control characters in its messages")
        if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", outcome.output):
            problems.append(f"{line[0]}: control characters in its results")
        return outcome

    for place in ("strange", "plain"):
        do("mae-patchify", place, "-o", f"{place}.h5", "--image-size", "64", "-v")
        do("mae-reconstruct", "--model", "mae.safetensors", f"{place}.h5", "-o", f"{place}.html", "-q")
    do("mae-encode", "--model", "mae.safetensors", "strange.h5", "-o", "f.h5", "-q")
    do("mae-mask", "strange.h5", "-o", "m.h5", "-q")
    do("mae-reconstruct", "--model", "mae.safetensors", "strange.h5", "-o", "pictures/", "-q")
    do("mae-info", "--check", "strange.h5", "f.h5", "m.h5")
    do("mae-info", "--json", "--history", "strange.h5")
    if not problems:
        problems += page_complaints(folder)
        count = len(list((folder / "pictures").iterdir()))
        if count < COUNT:
            problems.append(f"{count} pictures of {COUNT} samples")
    if (folder / "hacked").exists() or (folder.parent / "hacked").exists():
        problems.append("a name was executed")
    shutil.rmtree(folder)
    return {"names": len(names)}, [f"{name}: {problem}" for problem in problems]


def page_complaints(folder):
    pages = {}
    for place in ("strange", "plain"):
        pages[place] = Page()
        pages[place].feed((folder / f"{place}.html").read_text("utf-8"))
    if pages["strange"].tags != pages["plain"].tags:
        yield f"the page has other elements: {pages['strange'].tags}, expected {pages['plain'].tags}"
    if pages["strange"].tags.get("script", 0) or pages["strange"].handlers:
        yield f"the page has scripts: {pages['strange'].handlers}"


def chosen(name):
    seed, start, step = name.split("/")[2].split("-")
    return nasty_names(seed)[int(start) :: int(step)][:40]


def missing(laboratory, name):
    """A missing input of such a name is one line that a terminal can show."""
    folder, findings = laboratory.sandbox(), []
    for ending in chosen(name):
        outcome = laboratory.run(folder, ["mae-info", "--", b"missing" + ending])
        problem = f"exit code {outcome.code}" if outcome.code != 3 else message_complaint(outcome.errors)
        if problem:
            findings.append(f"{name}: {ending!r}: {problem}")
    shutil.rmtree(folder)
    return {"names": len(chosen(name))}, findings


def outputs(laboratory, name):
    """An output of such a name is made under exactly this name, and nothing else is."""
    folder, findings = laboratory.sandbox(), []
    for ending in chosen(name):
        wanted = b"o" + ending[:240] + b".h5"
        outcome = laboratory.run(folder, ["mae-patchify", "sky.png", "--image-size", "16", "-q", "-o", wanted])
        made = [os.fsencode(file) for file in outcome.files]
        if outcome.code != 0 or made != [wanted]:
            findings.append(f"{name}: {ending!r}: exit code {outcome.code}, made {made}: {outcome.errors}")
        for file in made:
            os.unlink(os.fsencode(folder) + b"/" + file)
    shutil.rmtree(folder)
    return {"names": len(chosen(name))}, findings

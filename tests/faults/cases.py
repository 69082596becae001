"""What a section of the tests consists of, and the ledger that remembers what was done."""

import collections
import dataclasses
import json
import pathlib
import random
import threading
import typing


@dataclasses.dataclass
class Case:
    """A piece of work that is done or not: its name is enough to repeat it.

    name   SECTION/ROW/..., for example injections/mask/ENOSPC/1
    work   called without arguments; returns counts (word -> number) and findings (each one line that begins with a case name)
    """

    name: str
    work: typing.Callable

    @property
    def row(self):
        return tuple(self.name.split("/")[:2])


def chance(*parts):
    """A generator of random numbers that depends on nothing but the parts."""
    return random.Random("/".join(map(str, parts)))


def verdict(name, problem, **counts):
    """Counts and findings of a case that has one verdict."""
    return counts, [f"{name}: {problem}"] if problem else []


class Ledger:
    """Counts of finished cases, in a file of JSON lines so that an interrupted session goes on where it stopped."""

    def __init__(self, path=None):
        self.path, self.lock = pathlib.Path(path) if path else None, threading.Lock()
        self.entries = {}
        if self.path and self.path.exists():
            for line in self.path.read_text().splitlines():
                entry = json.loads(line)
                self.entries[entry["case"]] = entry

    def is_done(self, name):
        return name in self.entries

    def add(self, name, counts, findings):
        entry = {"case": name, "counts": counts, "findings": findings}
        with self.lock:
            self.entries[name] = entry
            if self.path:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(entry) + "\n")

    def findings(self):
        return [finding for entry in self.entries.values() for finding in entry["findings"]]

    def table(self):
        """Lines: a section with its words, a row for each command or kind of file, and sums."""
        rows = collections.defaultdict(collections.Counter)
        for name, entry in self.entries.items():
            section, row = (name.split("/") + [""])[:2]
            rows[section, row].update(entry["counts"])
            rows[section, row]["findings"] += len(entry["findings"])
        lines = []
        for section in dict.fromkeys(key[0] for key in rows):
            members = {row: counts for (of, row), counts in rows.items() if of == section}
            words = list(dict.fromkeys(word for counts in members.values() for word in counts if word != "findings"))
            words.append("findings")
            total = sum(members.values(), collections.Counter())
            lines.append("\t".join([section, *words]))
            for row, counts in [*members.items(), ("together", total)]:
                lines.append("\t".join([row, *(str(counts[word]) for word in words)]))
            lines.append("")
        return lines

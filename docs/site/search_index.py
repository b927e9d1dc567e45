"""Makes the index of the site's search box: search_index.py SITE_FOLDER

An entry is a section of a page, with its text, or a name of the reference. Written as a script, since pages from the file
system may not read other files.
"""

import html.parser
import json
import re
import sys
from pathlib import Path


class Sections(html.parser.HTMLParser):
    """The parts of <main> between headings: [title, anchor, text]."""

    def __init__(self):
        super().__init__()
        self.inside = self.heading = self.skipped = False
        self.sections = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "main":
            self.inside = True
        elif self.inside and tag in ("h1", "h2", "h3"):
            self.sections.append(["", attributes.get("id", ""), ""])
            self.heading = True
        elif tag == "a" and attributes.get("class") == "headerlink" or tag == "p" and attributes.get("class") == "turn":
            self.skipped = True

    def handle_endtag(self, tag):
        if tag == "main":
            self.inside = False
        elif tag in ("h1", "h2", "h3"):
            self.heading = False
        elif tag in ("a", "p") and self.skipped:
            self.skipped = False

    def handle_data(self, text):
        if self.inside and self.sections and not self.skipped:
            self.sections[-1][0 if self.heading else 2] += text


def main():
    site = Path(sys.argv[1])
    entries = []
    for page in sorted(site.rglob("*.html")):
        where = page.relative_to(site)
        if where.parts[0] in ("reference", "slides"):
            continue
        parser = Sections()
        parser.feed(page.read_text(encoding="utf-8"))
        top = parser.sections[0][0].strip() if parser.sections else ""
        for title, anchor, text in parser.sections:
            title = " ".join(title.split())
            name = title if title == top or not top else f"{title} · {top}"
            entries.append([name, f"{where.as_posix()}{'#' + anchor if anchor else ''}", " ".join(text.split())])
    pages = len(entries)
    # Doxygen's own index: name, then place and scope of each thing that has it.
    for part in sorted((site / "reference" / "search").glob("all_*.js")):
        for name, places in re.findall(r"\['[^']*',\['([^']+)',(.*?)\]\]", part.read_text(encoding="utf-8")):
            for place, scope in re.findall(r"\['\.\./([^']+)',\d+,'([^']*)'\]", places + "]"):
                clean = lambda text: re.sub(r"&lt;.*|<.*", "", text.replace("&#160;", " ")).strip()
                scope = clean(scope)
                entries.append([clean(name) if scope.endswith(clean(name)) or not scope else f"{clean(name)} · {scope}", "reference/" + place, ""])
    unique = {(title, url): text for title, url, text in entries if title}
    index = [[title, url, text] for (title, url), text in unique.items()]
    (site / "search-index.js").write_text("window.searchIndex = " + json.dumps(index, ensure_ascii=False, separators=(",", ":")) + ";\n", encoding="utf-8")
    print(f"{pages} sections and {len(index) - pages} names can be searched")


if __name__ == "__main__":
    main()
